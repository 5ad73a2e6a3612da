"""Tables found in documents, and what was computed from them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ColumnType(StrEnum):
    """What the values of a column are."""

    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"
    TIMESTAMP = "timestamp"
    BOOLEAN = "boolean"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column. `form` says how its values are written where that was not plain.

    `values` are all distinct values of a column that has few; `is_rewritten` tells that the cells
    are also kept as they were written.
    """

    name: str
    type: ColumnType
    form: str | None = None
    empty: int = 0
    distinct: int = 0
    samples: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    is_rewritten: bool = False


@dataclass(frozen=True, slots=True)
class DocumentTable:
    """A table of a document: its number within the document counts from 1, rows too.

    `of_log` tells that its rows are the lines of a log.
    """

    number: int
    name: str
    sheet: str | None
    columns: tuple[TableColumn, ...]
    rows: int
    assumptions: tuple[str, ...] = ()
    of_log: bool = False


@dataclass(frozen=True, slots=True)
class Computation:
    """The statement that was run for an answer, and its result: the first rows, and their count.

    `assumptions` are those of the tables that it reads.
    """

    statement: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    row_count: int
    tables: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
