"""What the door hands to sessions and is handed back."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from ai_llm_service.domain import Document, FileSearchName, Json, QueryOptions, Session
from ai_llm_service.store.deliveries import Endpoint


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """An upload that was received whole, in the store's incoming folder."""

    path: Path
    name: str
    size_bytes: int
    sha256: str
    media_type: str
    metadata: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SessionChoice:
    """Who serves a session's queries from now on; None leaves it as it is."""

    model: str | None = None
    file_search: FileSearchName | None = None


UNCHANGED = SessionChoice()


@dataclass(frozen=True, slots=True)
class Added:
    """What an upload gave: the handles of the file, its session and its ingest."""

    file_path: str
    session_id: str
    document_id: str
    task_id: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Queries for a session, named by its id, by one of its files, or by both."""

    queries: tuple[str, ...]
    instructions: str | None = None
    session_id: str | None = None
    file_path: str | None = None
    deadline_seconds: float | None = None
    parallel: bool = False
    endpoint: Endpoint | None = None
    options: QueryOptions = field(default_factory=QueryOptions)
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """The task that answers."""

    task_id: str
    session_id: str


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session with its documents."""

    session: Session
    documents: tuple[Document, ...]


def chosen_options(session: Session, options: QueryOptions) -> QueryOptions:
    """The options of a query, and the session's choice where it makes none."""
    return replace(
        options,
        model=options.model or session.model,
        file_search=options.file_search or session.file_search,
    )
