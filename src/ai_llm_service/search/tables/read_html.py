"""Rows out of the tables of an HTML page."""

from collections.abc import Iterator
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ai_llm_service.search.extract.decode import decode
from ai_llm_service.search.tables.raw import RawTable, Row

MAX_SPAN = 100
LEAST_ROWS, LEAST_COLUMNS = 2, 2


def html_tables(path: Path) -> list[RawTable]:
    """Return the tables that hold data: those around other tables only lay out the page."""
    tree = LexborHTMLParser(decode(path.read_bytes()).text)
    tables = []
    for number, node in enumerate(tree.css("table"), 1):
        if len(node.css("table")) > 1:
            continue
        rows = list(_rows(node))
        if len(rows) >= LEAST_ROWS and max(map(len, rows)) >= LEAST_COLUMNS:
            caption = node.css_first("caption")
            label = " ".join(caption.text().split()) if caption else f"table_{number}"
            tables.append(RawTable(label, rows))
    return tables


def _rows(table: LexborNode) -> Iterator[Row]:
    """Write a cell over several columns or rows into each of them."""
    open_cells: dict[int, tuple[str, int]] = {}
    for line in table.css("tr"):
        row: Row = []
        for cell in line.css("td, th"):
            _fill(row, open_cells)
            _put(row, cell, open_cells)
        _fill(row, open_cells)
        if row:
            yield row


def _put(row: Row, cell: LexborNode, open_cells: dict[int, tuple[str, int]]) -> None:
    text = " ".join(cell.text(separator=" ").split())
    down = _span(cell, "rowspan")
    for _ in range(_span(cell, "colspan")):
        if down > 1:
            open_cells[len(row)] = (text, down - 1)
        row.append(text)


def _fill(row: Row, open_cells: dict[int, tuple[str, int]]) -> None:
    while len(row) in open_cells:
        place = len(row)
        text, left = open_cells.pop(place)
        if left > 1:
            open_cells[place] = (text, left - 1)
        row.append(text)


def _span(cell: LexborNode, name: str) -> int:
    value = cell.attributes.get(name) or "1"
    return min(int(value), MAX_SPAN) if value.isdigit() and int(value) > 0 else 1
