"""What a file search takes and promises: it finds the passages and gets the answer written."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ai_llm_service.domain import Answer, Chunk, Document, Extraction, Query


@dataclass(frozen=True, slots=True)
class Ingested:
    """A document made searchable: its canonical text, map and chunks."""

    extraction: Extraction
    chunks: Sequence[Chunk]


class FileSearch(Protocol):
    """Who finds the passages. It keeps nothing that can't be rebuilt from the store."""

    def ingest(self, document: Document, path: Path) -> Ingested:
        """Read the file and cut it into chunks, or raise DocumentRejected with the reason."""
        ...

    def answer(self, query: Query, timeout_seconds: float) -> Answer:
        """Answer from the session's documents.

        Raises ProviderError, DocumentRejected, or DocumentsTooLarge.
        """
        ...

    def forget(self, session_id: str) -> None:
        """Drop what is cached of a session."""
        ...


class Library(Protocol):
    """Where a file search reads what was ingested."""

    def documents(self, session_id: str) -> tuple[Document, ...]:
        """All documents of the session in the order of their upload, failed ones included."""
        ...

    def ingested(self, document_id: str) -> Ingested:
        """The stored text, map and chunks of one ready document."""
        ...
