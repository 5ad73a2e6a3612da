"""Which row of a table names its columns."""

import re
from collections.abc import Sequence

SEARCHED_ROWS = 10
MIN_FILLED = 0.6
MAX_NAME_CHARACTERS = 100
# Numbers, sums of money, dates and times are values, not names.
_VALUE = re.compile(r"[\W\d_]*|[A-Za-z]{0,3}[\s$€£₹]*[\d.,\-/: ]+\s*[%A-Za-z]{0,3}")


def header_row(rows: Sequence[Sequence[str]]) -> int | None:
    """The index of the first full row of distinct names, if there are rows after it."""
    searched = [(at, row) for at, row in enumerate(rows[:SEARCHED_ROWS]) if any(row)]
    width = max((len(_filled(row)) for row in rows[: 5 * SEARCHED_ROWS]), default=0)
    for at, row in searched:
        names = _filled(row)
        is_full = len(names) >= max(1, MIN_FILLED * width)
        if is_full and all(map(_is_name, names)) and len(set(names)) == len(names):
            return at if any(any(later) for later in rows[at + 1 :]) else None
        if is_full:
            return None
    return None


def _filled(row: Sequence[str]) -> list[str]:
    return [cell.strip() for cell in row if cell.strip()]


def _is_name(cell: str) -> bool:
    return len(cell) <= MAX_NAME_CHARACTERS and not _VALUE.fullmatch(cell)
