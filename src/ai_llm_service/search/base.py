"""What a file search takes and promises: it finds the passages and gets the answer written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ai_llm_service.domain import Answer, Chunk, Document, Extraction, Query
from ai_llm_service.providers.base import ChatModel
from ai_llm_service.search.bookmark import KEEPS_NOTHING, BookmarkKeeper
from ai_llm_service.search.extract.source import Told, silent
from ai_llm_service.search.vectors import Vectors


@dataclass(frozen=True, slots=True)
class Ingested:
    """A document made searchable: its canonical text, map and chunks."""

    extraction: Extraction
    chunks: Sequence[Chunk]


@dataclass(frozen=True, slots=True)
class Source:
    """One ready document with its text and chunks."""

    document: Document
    ingested: Ingested


class FileSearch(Protocol):
    """Who finds the passages. It keeps nothing that can't be rebuilt from the store."""

    @property
    def recipe(self) -> str:
        """How files are read: what was read by the same recipe needs not be read again."""
        ...

    def ingest(self, document: Document, path: Path, told: Told = silent) -> Ingested:
        """Read the file and cut it into chunks, or raise DocumentRejected with the reason.

        What `told` raises ends it.
        """
        ...

    def answer(
        self,
        query: Query,
        model: ChatModel,
        timeout_seconds: float,
        keeper: BookmarkKeeper = KEEPS_NOTHING,
    ) -> Answer:
        """Answer from the session's documents, in the words of the model.

        The model is handed in for this query alone, and may be asked several times. Each of its
        generations is kept by its prompt: with the same bookmark, prompts must be the same.

        Raises ProviderError, DocumentRejected, or DocumentsTooLarge.
        """
        ...

    def held(self) -> set[str]:
        """The sessions of which something is cached."""
        ...

    def forget(self, session_id: str) -> None:
        """Drop what is cached of a session."""
        ...


@dataclass(frozen=True, slots=True)
class Embedded:
    """How many chunks of a document have vectors in the store, and of which embedder."""

    embedder: str | None
    chunks: int
    finished: bool


class Library(Protocol):
    """Where a file search reads what was ingested."""

    def documents(self, session_id: str) -> tuple[Document, ...]:
        """All documents of the session in the order of their upload, failed ones included."""
        ...

    def ingested(self, document_id: str) -> Ingested:
        """The stored text, map and chunks of one ready document."""
        ...

    def metadata(self, session_id: str) -> Mapping[str, Mapping[str, Any]]:
        """What the session's documents were given at their upload, by document."""
        ...

    def embedded(self, session_id: str) -> Mapping[str, Embedded]:
        """How far the vectors of the session's documents are, by document."""
        ...

    def vectors(self, document_id: str, first: int) -> Sequence[tuple[int, Vectors]]:
        """The vectors of a document's chunks from that one on, in batches with their first."""
        ...
