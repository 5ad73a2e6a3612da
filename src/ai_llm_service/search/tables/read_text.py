"""Rows out of separated text: CSV, TSV and their kin, in any encoding, streamed."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from ai_llm_service.search.extract.decode import decode
from ai_llm_service.search.tables.dialect import Dialect, find_dialect, sample_rows
from ai_llm_service.search.tables.raw import RawTable, Row

HEAD_BYTES = 512 * 1024
# A cell over this many lines is a quote that was never closed.
MOST_LINES_OF_A_CELL = 500


def head_of(path: Path) -> tuple[str, str]:
    """Return the decoded beginning of a file, and its encoding."""
    with path.open("rb") as file:
        data = file.read(HEAD_BYTES)
    if len(data) == HEAD_BYTES:
        data = data[: data.rfind(b"\n") + 1] or data
    decoded = decode(data)
    return decoded.text.removeprefix("\ufeff"), decoded.encoding


def find_text_dialect(path: Path, *, is_named_table: bool) -> Dialect | None:
    """Return how the file separates its cells, or None when it is no table."""
    head, _ = head_of(path)
    dialect = find_dialect(head, is_named_table=is_named_table)
    is_whole = path.stat().st_size < HEAD_BYTES
    if dialect and _has_open_quote(head, dialect, is_whole=is_whole):
        return Dialect(dialect.delimiter, quoted=False)
    return dialect


def text_table(path: Path, label: str, dialect: Dialect) -> RawTable:
    """Stream the rows of a separated text."""
    notes = () if dialect.quoted else ("A quote is never closed: quotes were read as characters.",)
    return RawTable(label, _rows(path, dialect), assumptions=notes)


def _rows(path: Path, dialect: Dialect) -> Iterator[Row]:
    _, encoding = head_of(path)
    # A mark at the beginning would become part of the first name.
    name = "utf-8-sig" if encoding in {"utf-8", "ascii"} else encoding
    with path.open(encoding=name, errors="replace", newline="") as file:
        lines = (line.replace("\0", "") for line in file)
        reader = csv.reader(lines, delimiter=dialect.delimiter, quoting=dialect.quoting)
        yield from reader


def _has_open_quote(head: str, dialect: Dialect, *, is_whole: bool) -> bool:
    """Tell whether a quote runs to the end of the text, or over more lines than a cell has."""
    rows = sample_rows(head, dialect)
    if any(cell.count("\n") > MOST_LINES_OF_A_CELL for row in rows for cell in row):
        return True
    lines = io.StringIO(head, newline="")
    try:
        for _ in csv.reader(lines, delimiter=dialect.delimiter, strict=True):
            pass
    except csv.Error as error:
        return is_whole and "unexpected end" in str(error)
    return False
