"""Sessions and documents, from the file to the passage."""

from dataclasses import dataclass
from enum import StrEnum

from ai_llm_service.domain.answers import FileSearchName
from ai_llm_service.domain.tables import DocumentTable


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
    """What a section of a document's map is. Sections may stand inside each other.

    The label is the number of a page or slide, from 1, the name of a sheet or part, the words of a
    heading. In `rows` each line is a row of the table, and the label is the number of the first.
    A `row` is a single one, which may take several lines; a `header` is the row of column names.
    """

    PAGE = "page"
    HEADING = "heading"
    SLIDE = "slide"
    SHEET = "sheet"
    HEADER = "header"
    ROWS = "rows"
    ROW = "row"
    PART = "part"


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
    """A chunk chosen for one query. A higher score is a better match, from 0 to 1.

    `note` is what was computed about it and stands beside its text: "ERROR, 539 times".
    """

    chunk: Chunk
    document_name: str
    score: float
    page: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """A set of documents and the queries asked of them.

    `model` and `file_search` serve its queries that choose none.
    """

    id: str
    tenant_id: str
    state: SessionState
    instructions: str | None
    created_at: float
    expires_at: float
    closed_at: float | None = None
    close_task_id: str | None = None
    model: str | None = None
    file_search: FileSearchName | None = None


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
    tables: tuple[DocumentTable, ...] = ()

    @property
    def file_path(self) -> str:
        """The handle that a client of the 2024 contract queries with."""
        return f"files/{self.id}"
