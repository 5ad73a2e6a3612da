"""Where the rows of a table begin, and what its columns are called."""

import re
from collections import Counter
from dataclasses import dataclass

from ai_llm_service.search.tables.forms import is_value
from ai_llm_service.search.tables.raw import Row

MAX_TITLE_ROWS = 20
MAX_NAME_CHARACTERS = 120
FIRST_YEAR, LAST_YEAR = 1800, 2100
RESERVED_NAME, RESERVED_END = "_row", "(as written)"
# Of the columns that are named, so many must hold values below two rows of words.
LEAST_VALUED = 0.3


@dataclass(frozen=True, slots=True)
class Header:
    """The names of the columns, how many rows stand before the data, and what was assumed."""

    names: tuple[str, ...]
    skip: int
    assumptions: tuple[str, ...] = ()


def find_header(rows: list[Row]) -> Header:
    """Look at the first rows of a table."""
    notes: list[str] = []
    widths = Counter(used for row in rows if (used := _used_width(row)))
    width = max(widths, key=lambda used: (widths[used], used), default=0)
    start = _first_row(rows, width)
    # A stray cell too many makes no column; a name does.
    width = max([width, *(_used_width(row) for row in rows[start : start + 1])])
    if any(any(cell.strip() for cell in row) for row in rows[:start]):
        notes.append(f"The first {start} lines are a title or comments and were left out.")
    padded = [(row + [""] * width)[:width] for row in rows[start:]]
    if not padded or not _is_header(padded[0], padded[1:]):
        notes.append("The table has no header: its columns are called column_1, column_2 …")
        return Header(tuple(f"column_{n}" for n in range(1, width + 1)), start, tuple(notes))
    cells, taken = padded[0], 1
    if len(padded) > 2 and _has_second(padded):
        cells, taken = _joined(padded[0], padded[1]), 2
        notes.append("Two header rows were joined into one name for each column.")
    names, renamed = unique_names(cells)
    return Header(names, start + taken, (*notes, *renamed))


def unique_names(cells: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Make the names different from each other, in any case of letters; what was changed."""
    names: list[str] = []
    seen: set[str] = set()
    doubled: list[str] = []
    unnamed = 0
    for position, cell in enumerate(cells, 1):
        plain = " ".join(cell.replace("\ufeff", "").split())[:MAX_NAME_CHARACTERS]
        unnamed += not plain
        name = base = plain or f"column_{position}"
        count = 1
        while name.lower() in seen or _is_reserved(name):
            count += 1
            name = f"{base} ({count})"
        if name != base:
            doubled.append(name)
        seen.add(name.lower())
        names.append(name)
    notes = []
    if doubled:
        notes.append(f"Columns of the same name were numbered: {', '.join(doubled[:10])}.")
    if unnamed:
        notes.append(f"Columns without a name, {unnamed}, are called after their place.")
    return tuple(names), tuple(notes)


def _used_width(row: Row) -> int:
    return max((place for place, cell in enumerate(row, 1) if cell.strip()), default=0)


def _is_reserved(name: str) -> bool:
    return name.lower() == RESERVED_NAME or name.lower().endswith(RESERVED_END)


def _first_row(rows: list[Row], width: int) -> int:
    """Pass over blank lines, comments and titles, which fill at most one cell of many."""
    for position, row in enumerate(rows[:MAX_TITLE_ROWS]):
        filled = sum(bool(cell.strip()) for cell in row)
        is_comment = row and row[0].lstrip().startswith(("#", "//")) and filled < width
        if filled == 0 or is_comment or (filled == 1 and width > 2 and _widens(rows, position)):
            continue
        return position
    return 0


def _widens(rows: list[Row], position: int) -> bool:
    following = [sum(bool(cell.strip()) for cell in row) for row in rows[position + 1 :][:10]]
    return bool(following) and sorted(following)[len(following) // 2] > 2


def _is_header(first: Row, body: list[Row]) -> bool:
    """A row like those below it is no header: names stand over values, values under names."""
    filled = [cell for cell in first if cell.strip()]
    if not filled or not body:
        return bool(filled) and not any(is_value(cell) for cell in filled)
    named, like = 0, 0
    for position, cell in enumerate(first):
        below = [row[position] for row in body if row[position].strip()]
        if not cell.strip() or not _holds_values(below):
            continue
        # Years may be names, where the cells below them are none.
        is_name = _is_year(cell) and sum(map(_is_year, below)) <= len(below) / 2
        named += is_name or not is_value(cell)
        like += not is_name and is_value(cell)
    if named or like:
        return named >= like
    return any(not is_value(cell) for cell in filled)


def _is_year(cell: str) -> bool:
    plain = cell.strip()
    return bool(re.fullmatch(r"\d{4}", plain)) and FIRST_YEAR <= int(plain) <= LAST_YEAR


def _has_second(rows: list[Row]) -> bool:
    """A second header row stands below groups: names that repeat or leave cells open."""
    first, second, body = rows[0], rows[1], rows[2:]
    named = [cell.strip() for cell in first]
    counts = Counter(name for name in named if name)
    if all(named) and max(counts.values(), default=0) < 2:
        return False
    below = [cell for cell in second if cell.strip()]
    if len(below) < 2 or len(set(below)) < 2:
        return False
    if any(is_value(cell) for cell in below) and not _is_of_years(first, second, body):
        return False
    valued = sum(
        _holds_values([row[at] for row in body]) for at, cell in enumerate(second) if cell.strip()
    )
    return valued >= max(1, LEAST_VALUED * len(below))


def _is_of_years(first: Row, second: Row, body: list[Row]) -> bool:
    """Years below the names of groups, with nothing below the names of other columns."""
    years = [at for at, cell in enumerate(second) if cell.strip()]
    if not all(_is_year(second[at]) for at in years) or not any(
        first[at].strip() and not second[at].strip() for at in range(len(first))
    ):
        return False
    cells = [row[at] for row in body for at in years if row[at].strip()]
    return sum(map(_is_year, cells)) <= len(cells) / 2


def _holds_values(cells: list[str]) -> bool:
    filled = [cell for cell in cells if cell.strip()]
    return bool(filled) and sum(map(is_value, filled)) >= 0.6 * len(filled)


def _joined(first: Row, second: Row) -> list[str]:
    group, names = "", []
    for above, below in zip(first, second, strict=True):
        group = above.strip() or group
        own = below.strip()
        names.append(f"{group} {own}".strip() if own and own != group else above.strip() or group)
    return names
