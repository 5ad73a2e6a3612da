"""Vector stores at a provider: what a hosted file search needs, whoever serves it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ai_llm_service.domain import FoundText


@dataclass(frozen=True, slots=True)
class FileIndexing:
    """How far the provider is with one file; `error_code` is its own word for what went wrong."""

    is_done: bool
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class LeftFile:
    """A file at the provider that this installation uploaded."""

    file_id: str
    document_id: str


@dataclass(frozen=True, slots=True)
class LeftStore:
    """A vector store at the provider that this installation made."""

    store_id: str
    session_id: str


class VectorStores(Protocol):
    """One provider's files and vector stores. Every method raises ProviderErrors.

    What is made bears the marks of its installation and its session or document, so that it can
    be found again when its id was lost. Removing what is gone already is no error.
    """

    @property
    def provider(self) -> str:
        """The provider's name, as in `provider:model`."""
        ...

    def takes(self, name: str) -> bool:
        """Whether files of that name can be searched there."""
        ...

    def upload(self, document_id: str, name: str, path: Path, timeout_seconds: float) -> str:
        """Store the file; its id."""
        ...

    def find_file(self, document_id: str) -> str | None:
        """The id of an uploaded file, by its mark."""
        ...

    def remove_file(self, file_id: str) -> None: ...

    def make_store(self, session_id: str) -> str:
        """Make an empty vector store that expires by itself; its id."""
        ...

    def find_store(self, session_id: str) -> str | None:
        """The id of a vector store, by its mark."""
        ...

    def is_alive(self, store_id: str) -> bool:
        """Whether the store is there and not expired."""
        ...

    def remove_store(self, store_id: str) -> None: ...

    def attach(self, store_id: str, file_id: str, document_id: str) -> bool:
        """Begin to index the file; False when the store or the file is gone."""
        ...

    def indexing(self, store_id: str) -> Mapping[str, FileIndexing]:
        """How far each attached file is, by its id."""
        ...

    def search(self, store_id: str, question: str, limit: int) -> list[FoundText]:
        """The best pieces, best first."""
        ...

    def left_files(self) -> Iterator[LeftFile]:
        """All files of this installation."""
        ...

    def left_stores(self) -> Iterator[LeftStore]:
        """All vector stores of this installation."""
        ...
