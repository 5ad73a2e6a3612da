"""What a query read, so that it reads the same when it is answered again after a crash.

Meanwhile vectors come in and documents are added; a prompt of other passages would be another
one, and what was paid for it paid twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ReadPassage:
    """A chosen passage: its place in the text of its document, and the chunks that it holds."""

    document_id: str
    start: int
    end: int
    chunks: Sequence[int]
    score: float


class LookUp(StrEnum):
    """What passages are looked up for; a query may need more than one choice of them."""

    BEST = "best"
    CLOSE = "close"
    BESIDE = "beside"


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Of how many documents a session was, which could not be read, what each look-up chose."""

    documents: int
    unread: Sequence[str]
    chosen: Mapping[LookUp, Sequence[ReadPassage]] = field(default_factory=dict)


class BookmarkKeeper(Protocol):
    """Keeps the bookmark of one query."""

    @property
    def bookmark(self) -> Bookmark | None:
        """What the query read before; None where it is answered for the first time."""
        ...

    def keep(self, bookmark: Bookmark) -> None:
        """Keep it before the next call of a model is made."""
        ...


class KeepsNothing:
    """For a query that is answered at once or not at all."""

    @property
    def bookmark(self) -> Bookmark | None:
        return None

    def keep(self, bookmark: Bookmark) -> None:
        """Nobody asks for it again."""


KEEPS_NOTHING = KeepsNothing()
