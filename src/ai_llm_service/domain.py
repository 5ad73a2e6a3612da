"""The nouns of the service as frozen values. Times are seconds since 1970, by the database."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


class TaskKind(StrEnum):
    """What a task does."""

    INGEST = "ingest"
    ANSWER = "answer"
    CLOSE = "close"


class TaskStatus(StrEnum):
    """Where a task stands; the last three are terminal."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_terminal(self) -> bool:
        return self in {TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED}


class StepState(StrEnum):
    """Where one query of a task stands. `asking` after a crash means: the outcome is unknown."""

    WAITING = "waiting"
    ASKING = "asking"
    ANSWERED = "answered"
    FAILED = "failed"


class SessionState(StrEnum):
    """A closing session takes no more work; a closed one is gone but for its tasks."""

    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


class DocumentState(StrEnum):
    """A received document waits for its ingest; a failed one says why."""

    RECEIVED = "received"
    READY = "ready"
    FAILED = "failed"


class SectionKind(StrEnum):
    """What a section of a document's map is."""

    PAGE = "page"
    HEADING = "heading"


@dataclass(frozen=True, slots=True)
class Section:
    """A named range of the canonical text, in code points, end exclusive."""

    kind: SectionKind
    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Extraction:
    """What a parser made of a file: one canonical text and its map."""

    text: str
    sections: tuple[Section, ...] = ()
    encoding: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """One indexed piece of a document: a range of its canonical text, end exclusive."""

    document_id: str
    number: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk chosen for one query. A higher score is a better match, from 0 to 1."""

    chunk: Chunk
    document_name: str
    score: float
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A set of documents and the queries asked of them."""

    id: str
    tenant_id: str
    state: SessionState
    instructions: str | None
    created_at: float
    expires_at: float
    closed_at: float | None = None
    close_task_id: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One uploaded file as its session knows it."""

    id: str
    tenant_id: str
    session_id: str
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    state: DocumentState
    created_at: float
    ingest_task_id: str
    error_code: str | None = None
    error_detail: str | None = None
    characters: int | None = None
    pages: int | None = None
    chunks: int | None = None
    encoding: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def file_path(self) -> str:
        """The handle that a client of the 2024 contract queries with."""
        return f"files/{self.id}"


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier question of a session and the text that answered it."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Query:
    """A question as asked, with all that an answer may rest on."""

    session_id: str
    text: str
    instructions: str | None = None
    history: tuple[Turn, ...] = ()
    document_id: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What one generation cost, in tokens."""

    input_tokens: int = 0
    output_tokens: int = 0


class CallOutcome(StrEnum):
    """What came of a call to a provider: an answer, or nothing that tells whether it was paid."""

    PAID = "paid"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Generation:
    """What a chat model sent back. `truncated`: it stopped at its output limit."""

    text: str
    model: str
    usage: Usage = field(default_factory=Usage)
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Citation:
    """The place in a document that a statement rests on. `number` is its mark in the text.

    `start` and `end` are code points of the canonical text, end exclusive; `quote` is that range;
    `line` counts from 1 in that text; `page` is None where the document has no pages.
    """

    number: int
    document_id: str
    document: str
    page: int | None
    line: int
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class DocumentCoverage:
    """How many chunks of one document an answer rests on."""

    document_id: str
    document: str
    chunks_read: int
    chunks_total: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the documents an answer rests on."""

    chunks_read: int
    chunks_total: int
    documents: tuple[DocumentCoverage, ...] = ()


@dataclass(frozen=True, slots=True)
class MissingDocument:
    """A document of the session that could not be read, and why."""

    document_id: str
    document: str
    reason: str


class Method(StrEnum):
    """How the documents were read for an answer."""

    LOOKUP = "lookup"
    READ_ALL = "read_all"


@dataclass(frozen=True, slots=True)
class Answer:
    """A generation as given to the caller. `text` has the classic rendering of its citations."""

    query: str
    text: str
    method: Method
    model: str
    citations: tuple[Citation, ...]
    coverage: Coverage
    missing_documents: tuple[MissingDocument, ...] = ()
    usage: Usage = field(default_factory=Usage)
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """Accepted work that a caller can poll. `attempt` counts from 1 once a worker claimed it."""

    id: str
    tenant_id: str
    kind: TaskKind
    status: TaskStatus
    session_id: str
    document_id: str | None
    payload: Json
    attempt: int
    lost_workers: int
    created_at: float
    run_at: float
    deadline_at: float
    started_at: float | None = None
    finished_at: float | None = None
    result: Json | None = None
    error_code: str | None = None
    error_detail: str | None = None
    error_hint: str | None = None
    reason: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One query of a task; its answer is kept from the moment it is known."""

    task_id: str
    number: int
    query: str
    state: StepState
    attempt: int
    answer: Json | None = None
    error_code: str | None = None
    error_detail: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's hold on a task. The fence tells this claim from every other one."""

    task: Task
    fence: int
