"""A table as the rules see it: its cells as written, their words and numbers."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from ai_llm_service.domain import ColumnType, TableColumn
from ai_llm_service.search.tables.forms import find_form
from ai_llm_service.search.tables.rules.words import fold, stem, stems_of
from ai_llm_service.search.tables.sqltext import name_of

NUMBERS = frozenset((ColumnType.INTEGER, ColumnType.NUMBER))
TIMES = frozenset((ColumnType.DATE, ColumnType.TIMESTAMP))
LEAST_NUMBERS = 0.7
_MONTH = r"(?!jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
_LOOSE = re.compile(
    rf"^\s*[~≈+$£€₹]?\s*([-−]?\d[\d,]*(?:\.\d+)?)(?:\s*[%*†+]*|\s*[(\[/].*|"
    rf"\s*{_MONTH}[a-z²³.]+\*?(?:\s*[(\[/].*)?)$",
    re.IGNORECASE | re.DOTALL,
)
# A time that was taken: `1:56.32`, `2:01:15`, `+1:02`.
_TAKEN = re.compile(
    r"^\s*\+?(?:(\d{1,3}):)?(\d{1,3}):(\d{2}(?:\.\d+)?)(?!\d|\s*[ap]\.?m)", re.IGNORECASE
)
_TAKEN_SQL = r"^\s*[+]?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)"
LEAST_TAKEN = 0.6
LOOKED_AT = 200
# Of a large table a row is looked at for each cell of columns that have no more than these.
MOST_CELLS_LOOKED_AT = 200
_ISO_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d")
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_RANK_NAMES = frozenset(("rank", "pos", "posit", "place", "finish", "stand", "no", "#", "rk"))
# Numbers that name a thing: nobody adds them up.
_ID_NAMES = frozenset(("id", "uuid", "guid", "code", "phone", "mobil", "zip", "postcod", "pincod"))
_CODE = re.compile(r"0\d+|\d{19,}")
_UNIT = re.compile(r"^[^a-z]*\d[\d.,]*\s*([a-z²³]+)", re.IGNORECASE)
_ENDS_OF_ORDINALS = frozenset(("st", "nd", "rd", "th"))
_SCALES = frozenset(
    ("k", "m", "mn", "mio", "b", "bn", "thousand", "million", "billion", "lakh", "crore", "cr")
)
_COUNT_OF = re.compile(r"\s*(?:no\.?|number|#) of\b", re.IGNORECASE)
YES, NO = frozenset(("yes", "true", "y")), frozenset(("no", "false", "n"))
_TOTAL = frozenset(("total", "totals", "overall", "sum", "grand total", "all"))


@dataclass(frozen=True)
class Column:
    """A column with its cells in the order of the rows; an empty cell is the empty text."""

    info: TableColumn
    cells: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.info.name

    @property
    def sql(self) -> str:
        return name_of(self.info.name)

    @property
    def written(self) -> str:
        """Return the SQL of its cells as they were written."""
        return name_of(self.info.name + " (as written)") if self.info.is_rewritten else self.sql

    @cached_property
    def stems(self) -> tuple[str, ...]:
        # A number in brackets tells columns of one name apart.
        bare = re.sub(r"\((?!\d+\))[^)]*\)|\[[^\]]*\]", " ", self.name)
        return stems_of(bare) or stems_of(self.name)

    @cached_property
    def is_duration(self) -> bool:
        """Tell whether most cells are times that something took."""
        if self.info.type is not ColumnType.TEXT or not self.filled:
            return False
        known = sum(bool(_TAKEN.match(cell)) for cell in self.cells)
        return known >= LEAST_TAKEN * self.filled

    @cached_property
    def numbers(self) -> tuple[float | None, ...]:
        if self.is_duration:
            return tuple(seconds_of(cell) for cell in self.cells)
        return tuple(loose_number(cell) for cell in self.cells)

    @cached_property
    def filled(self) -> int:
        return sum(bool(cell) for cell in self.cells)

    @cached_property
    def is_numeric(self) -> bool:
        """Tell whether its cells are numbers, or text that begins with one."""
        if self.info.type in NUMBERS or self.is_duration:
            return True
        if self.info.type is not ColumnType.TEXT or not self.filled:
            return False
        known = sum(
            number is not None or not any(map(str.isdigit, cell))
            for number, cell in zip(self.numbers, self.cells, strict=True)
            if cell
        )
        count = sum(number is not None for number in self.numbers)
        if self.is_of_codes or not self.is_of_one_unit:
            return False
        return count >= LEAST_NUMBERS * self.filled and known == self.filled

    @cached_property
    def is_of_codes(self) -> bool:
        """Tell whether its digits are names: zeros in front, or more than amounts have."""
        return any(_CODE.fullmatch(cell) for cell in self.cells)

    @cached_property
    def is_of_one_unit(self) -> bool:
        """Tell whether the numbers of its cells can be compared: 20 m and 1.5 km can't."""
        found = {match[1].lower() for cell in self.cells if (match := _UNIT.match(cell))}
        units = {stem(unit) for unit in found - _ENDS_OF_ORDINALS}
        bare = any(cell and not _UNIT.match(cell) and cell[-1].isdigit() for cell in self.cells)
        return len(units) < 2 and not (bare and units & _SCALES)

    @cached_property
    def is_id(self) -> bool:
        """Tell whether its numbers name the rows or other things."""
        return bool(self.stems) and self.stems[-1] in _ID_NAMES

    @cached_property
    def is_time(self) -> bool:
        return self.info.type in TIMES or self.is_year or bool({"date", "year"} & set(self.stems))

    @cached_property
    def is_year(self) -> bool:
        hits = sum(bool(_YEAR.match(cell)) and len(cell) <= 9 for cell in self.cells)
        return self.filled > 0 and hits >= 0.8 * self.filled

    @cached_property
    def is_rank(self) -> bool:
        if _COUNT_OF.match(self.name):
            return False
        return bool(_RANK_NAMES & set(self.stems)) or self.name.strip().endswith(("#", "№", "№."))

    @cached_property
    def is_measure(self) -> bool:
        return self.is_numeric and not (self.is_year or self.is_rank or self.is_id)

    @cached_property
    def yes(self) -> str | None:
        """Return the cell that means yes, in a column of yes and no."""
        cells = {cell for cell in self.cells if cell}
        if not cells or not {cell.lower() for cell in cells} <= YES | NO:
            return None
        return next((cell for cell in cells if cell.lower() in YES), None)

    @cached_property
    def formats(self) -> tuple[str, ...]:
        """Return how its dates are written."""
        return find_form([cell for cell in self.cells if cell][:LOOKED_AT]).formats

    @cached_property
    def dates(self) -> tuple[tuple[int, int, int] | None, ...]:
        """Return year, month and day of each cell of a column of dates."""
        return tuple(_date_of(cell, (*self.formats, *_ISO_FORMATS)) for cell in self.cells)

    @cached_property
    def distinct(self) -> int:
        return len(set(self.cells))

    @cached_property
    def cell_stems(self) -> dict[str, tuple[str, ...]]:
        """Return the stems of each different cell."""
        return {cell: stems_of(cell) for cell in dict.fromkeys(self.cells) if cell}

    @cached_property
    def places(self) -> dict[str, list[int]]:
        """Return where each cell, in small letters, stands."""
        found: dict[str, list[int]] = {}
        for row, cell in enumerate(self.cells):
            found.setdefault(fold(cell), []).append(row)
        return found

    @property
    def number_sql(self) -> str:
        """Return the SQL of its values as numbers."""
        if self.info.type in NUMBERS:
            return self.sql
        if self.is_duration:
            hours, minutes, seconds = (
                f"TRY_CAST(regexp_extract({self.written}, '{_TAKEN_SQL}', {part}) AS DOUBLE)"
                for part in (1, 2, 3)
            )
            return f"coalesce({hours}, 0) * 3600 + {minutes} * 60 + {seconds}"
        text = f"replace(replace({self.written}, ',', ''), '−', '-')"
        found = rf"regexp_extract({text}, '^\s*[~≈+$£€₹]?\s*(-?\d+(\.\d+)?)', 1)"
        return f"TRY_CAST({found} AS DOUBLE)"


@dataclass(frozen=True)
class Grid:
    """A table whose cells are at hand, with rows that only add up the others."""

    view: str
    columns: tuple[Column, ...]
    numbers: tuple[int, ...]
    # Of a large table the rows are some of all.
    is_whole: bool = True

    def has_all_of(self, column: Column) -> bool:
        """Tell whether each cell that the column has stands in these rows."""
        return self.is_whole or column.info.distinct <= MOST_CELLS_LOOKED_AT

    @cached_property
    def rows(self) -> int:
        return len(self.numbers)

    @cached_property
    def key(self) -> Column | None:
        """Return the column that names what a row is about."""
        texts = [c for c in self.columns if not (c.is_numeric or c.is_time or c.is_rank)]
        telling = [c for c in texts if c.filled and c.distinct >= 0.6 * c.filled]
        return next(iter(telling or texts), None)

    @cached_property
    def total_rows(self) -> tuple[int, ...]:
        """Tell which rows add up the others: the numbers that they have in the file."""
        found = []
        for at, number in enumerate(self.numbers):
            cells = [column.cells[at] for column in self.columns if column.cells[at]]
            first = fold(cells[0]).strip(" :.*") if cells else ""
            if first in _TOTAL or first.startswith(("total ", "grand total")):
                found.append(number)
        return tuple(found) if len(found) <= max(1, self.rows // 8) else ()

    @cached_property
    def row_stems(self) -> frozenset[str]:
        """Return the stems of words for a row: `orders.csv` and `order_id` are about orders."""
        named = {part for column in self.columns if column.is_id for part in column.stems[:-1]}
        return frozenset(named | set(stems_of(self.view.replace("_", " "))[-1:]))

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Return the stems of all cells and names."""
        known = {part for column in self.columns for part in column.stems}
        for column in self.columns:
            known.update(part for stems in column.cell_stems.values() for part in stems)
        return frozenset(known)

    def count_of(self, column: Column) -> Counter[str]:
        return Counter(cell for cell in column.cells if cell)


def _date_of(cell: str, formats: tuple[str, ...]) -> tuple[int, int, int] | None:
    for form in formats:
        try:
            found = datetime.strptime(cell, form)  # noqa: DTZ007
        except ValueError:
            continue
        return found.year, found.month, found.day
    return None


def seconds_of(text: str) -> float | None:
    """Read the seconds of a time that something took."""
    match = _TAKEN.match(text)
    if not match:
        return None
    return 3600 * float(match[1] or 0) + 60 * float(match[2]) + float(match[3])


def loose_number(cell: str) -> float | None:
    """Read the number that a cell begins with: `9.3 (2)` is 9.3, `1:05` and `2-1` are none."""
    match = _LOOSE.match(cell)
    if not match:
        return None
    try:
        return float(match[1].replace(",", "").replace("−", "-"))
    except ValueError:
        return None
