"""Tables as they come out of a file: rows of written cells, before any type is known."""

from collections.abc import Iterable
from dataclasses import dataclass, field

Row = list[str]

NULL_WORDS = frozenset(
    ("", "-", "–", "—", "―", "?", "n/a", "na", "n.a.", "nan", "null", "none", "nil", "tbd", "#n/a")
)


@dataclass(frozen=True, slots=True)
class RawTable:
    """Cells as written; a header stands among the first rows unless `names` are given."""

    label: str
    rows: Iterable[Row]
    sheet: str | None = None
    names: tuple[str, ...] | None = None
    assumptions: tuple[str, ...] = field(default=())


class NotATable(Exception):
    """The content is no table; the document is text alone."""


def is_null(cell: str) -> bool:
    return cell.strip().lower() in NULL_WORDS
