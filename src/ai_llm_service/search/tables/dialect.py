"""How a text separates its cells, and whether it is a table at all."""

import csv
import io
import statistics
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from ai_llm_service.search.tables.forms import is_value

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
MAX_SAMPLE_ROWS = 500
MAX_CELL_CHARACTERS = 16 * 1024 * 1024
# What has the name of a table is one though a fifth of its lines be ragged; other text must prove.
LEAST_AGREEMENT_OF_A_TABLE, LEAST_AGREEMENT_OF_TEXT = 0.5, 0.95
LEAST_ROWS_OF_TEXT = 3
MAX_HEADER_CHARACTERS = 60
MOST_TITLE_ROWS = 5

csv.field_size_limit(MAX_CELL_CHARACTERS)


@dataclass(frozen=True, slots=True)
class Dialect:
    """How cells are separated; without `quoted` a quote is a character like others."""

    delimiter: str
    quoted: bool = True

    @property
    def quoting(self) -> Literal[0, 3]:
        return csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE


def find_dialect(head: str, *, is_named_table: bool) -> Dialect | None:
    """Return how the text's beginning separates cells; None: it is no table."""
    best: tuple[float, Dialect] | None = None
    for delimiter in DELIMITERS:
        dialect = Dialect(delimiter)
        rows = sample_rows(head, dialect)
        if not is_named_table:
            rows = _without_title(rows)
        score = _agreement(rows)
        least = LEAST_AGREEMENT_OF_A_TABLE if is_named_table else LEAST_AGREEMENT_OF_TEXT
        if score < least or not (is_named_table or _proves_itself(rows)):
            continue
        width = statistics.median(len(row) for row in rows if row)
        rank = score + min(width, 20) / 100
        if best is None or rank > best[0]:
            best = (rank, dialect)
    if best is None:
        return Dialect(",") if is_named_table and head.strip() else None
    return best[1]


def sample_rows(head: str, dialect: Dialect) -> list[list[str]]:
    """Read the rows of a text's beginning; the last one may be cut and is left out."""
    reader = csv.reader(
        io.StringIO(head, newline=""), delimiter=dialect.delimiter, quoting=dialect.quoting
    )
    rows = []
    try:
        for row in reader:
            rows.append(row)
            if len(rows) > MAX_SAMPLE_ROWS:
                break
    except csv.Error:
        return []
    is_whole = head.endswith("\n") or len(rows) <= LEAST_ROWS_OF_TEXT
    return rows if is_whole else rows[:-1]


def _agreement(rows: list[list[str]]) -> float:
    """Measure the share of rows that are as wide as most are, if that is more than one cell."""
    widths = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
    if not widths:
        return 0.0
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    return count / widths.total() if width > 1 else 0.0


def _without_title(rows: list[list[str]]) -> list[list[str]]:
    """Pass over a few lines above a table: they have no separators, all that follow have some."""
    for at, row in enumerate(rows[: MOST_TITLE_ROWS + 1]):
        if sum(bool(cell.strip()) for cell in row) > 1:
            return rows[at:]
    return rows


def _proves_itself(rows: list[list[str]]) -> bool:
    """Text under any name is a table when it has a header and columns of values below it."""
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    if len(rows) < LEAST_ROWS_OF_TEXT:
        return False
    header, body = rows[0], rows[1:]
    named = all(0 < len(cell.strip()) <= MAX_HEADER_CHARACTERS for cell in header)
    if not named or any(is_value(cell) for cell in header) or len(set(header)) < len(header):
        return False
    columns = zip(*(row for row in body if len(row) == len(header)), strict=False)
    valued = sum(_is_of_values(column) for column in columns)
    return valued > 0 or len(header) > 2


def _is_of_values(column: tuple[str, ...]) -> bool:
    filled = [cell for cell in column if cell.strip()]
    return bool(filled) and sum(is_value(cell) for cell in filled) >= 0.8 * len(filled)
