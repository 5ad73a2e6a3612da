"""What a parser is handed, and what it may tell while it reads."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from ai_llm_service.domain import Extraction
from ai_llm_service.search.extract.media_types import PLAIN

# Takes how many of how many pages, slides or parts are read.
Told = Callable[[int, int], None]


class Ocr(Protocol):
    """Reads the letters of pictures, several at once."""

    def expect(self, pictures: int) -> int:
        """Say how many pictures there are, for their share of time; how many may be read."""
        ...

    def read(self, pictures: list[bytes]) -> list[str]:
        """The text of each picture; empty where none was found in time."""
        ...


def silent(_done: int, _total: int) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file to be read; `depth` is how many mails it is attached in."""

    file: BinaryIO
    name: str
    media_type: str = PLAIN
    ocr: Ocr | None = None
    told: Told = silent
    depth: int = 0


Parser = Callable[[Source], Extraction]
