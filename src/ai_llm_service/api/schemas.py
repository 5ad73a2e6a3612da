"""The bodies that go out, with examples for the reader of /docs."""

from datetime import UTC, datetime
from typing import Self

from pydantic import BaseModel, Field

from ai_llm_service.api.table_schemas import TableResponse
from ai_llm_service.domain import Document, Json, Session

SESSION_ID = "0b7c8f6e-9d4a-4b53-a1f2-c3d4e5f60718"
TASK_ID = "5d0e4c9b-8a71-4f2e-9c1d-2b3a4f5e6d7c"
DOCUMENT_ID = "9f8e7d6c-5b4a-4938-8271-605f4e3d2c1b"


class UploadResponse(BaseModel):
    """Where the file went, and the task that makes it searchable."""

    file_path: str = Field(examples=[f"files/{DOCUMENT_ID}"])
    session_id: str = Field(examples=[SESSION_ID])
    document_id: str = Field(examples=[DOCUMENT_ID])
    task_id: str = Field(examples=[TASK_ID])


class QueryResponse(BaseModel):
    """The task to poll."""

    task_id: str = Field(examples=[TASK_ID])
    session_id: str = Field(examples=[SESSION_ID])


class CloseResponse(BaseModel):
    """The task whose result is the receipt of what was removed."""

    task_id: str = Field(examples=[TASK_ID])


class DocumentResponse(BaseModel):
    """One uploaded file as its session knows it."""

    id: str = Field(examples=[DOCUMENT_ID])
    session_id: str = Field(examples=[SESSION_ID])
    file_path: str = Field(examples=[f"files/{DOCUMENT_ID}"])
    name: str = Field(examples=["server.log"])
    media_type: str = Field(examples=["text/plain"])
    size_bytes: int = Field(examples=[48213])
    sha256: str
    state: str = Field(description="`received`, `ready` or `failed`.", examples=["ready"])
    error: str | None = Field(description="Why it can't be read.", examples=[None])
    code: str | None = Field(examples=[None])
    characters: int | None = Field(examples=[48190])
    pages: int | None = Field(description="Null where there are none.", examples=[None])
    chunks: int | None = Field(examples=[52])
    encoding: str | None = Field(examples=["utf-8"])
    notes: list[str] = Field(description="What was noticed while reading it.")
    table: TableResponse | None = Field(
        description="The table that it holds, the first of several; null where there is none."
    )
    tables: list[TableResponse] = Field(description="All of its tables: each sheet is one.")
    task_id: str = Field(description="The task that reads it.", examples=[TASK_ID])
    created_at: str = Field(examples=["2026-11-22T10:15:30.000Z"])

    @classmethod
    def of(cls, document: Document) -> Self:
        tables = [TableResponse.of(table) for table in document.tables]
        return cls(
            id=document.id,
            session_id=document.session_id,
            file_path=document.file_path,
            name=document.name,
            media_type=document.media_type,
            size_bytes=document.size_bytes,
            sha256=document.sha256,
            state=document.state.value,
            error=document.error_detail,
            code=document.error_code,
            characters=document.characters,
            pages=document.pages,
            chunks=document.chunks,
            encoding=document.encoding,
            notes=list(document.notes),
            table=tables[0] if tables else None,
            tables=tables,
            task_id=document.ingest_task_id,
            created_at=to_iso(document.created_at),
        )


class DocumentTextResponse(BaseModel):
    """A range of a document's text, in code points; `end` is exclusive."""

    document_id: str = Field(examples=[DOCUMENT_ID])
    start: int = Field(examples=[0])
    end: int = Field(examples=[31])
    text: str = Field(examples=["2026-11-22 ERROR disk is full.\n"])


class SessionResponse(BaseModel):
    """A set of documents and how long it is kept."""

    id: str = Field(examples=[SESSION_ID])
    state: str = Field(description="`open`, `closing` or `closed`.", examples=["open"])
    created_at: str = Field(examples=["2026-11-22T10:15:30.000Z"])
    expires_at: str = Field(examples=["2026-11-23T10:15:30.000Z"])
    closed_at: str | None = Field(examples=[None])
    close_task_id: str | None = Field(examples=[None])
    model: str | None = Field(description="The model that it chose.", examples=[None])
    file_search: str | None = Field(description="The file search that it chose.", examples=[None])

    @classmethod
    def of(cls, session: Session) -> Self:
        return cls(**_session_fields(session))


class SessionViewResponse(SessionResponse):
    """A session with its documents."""

    documents: list[DocumentResponse]

    @classmethod
    def with_documents(cls, session: Session, documents: tuple[Document, ...]) -> Self:
        shown = [DocumentResponse.of(document) for document in documents]
        return cls(**_session_fields(session), documents=shown)


class SessionsResponse(BaseModel):
    """Open sessions, the newest first."""

    sessions: list[SessionResponse]
    next_before: float | None = Field(
        description="Give it as `before` for the next page; null at the end.", examples=[None]
    )


class ProgressResponse(BaseModel):
    """How much of the task is done: queries of a query task, else the whole."""

    done: int = Field(examples=[1])
    total: int = Field(examples=[2])
    doing: str | None = Field(
        description="What happens now, in a few words; null at the end.",
        examples=["asking query 2 of 2"],
    )
    unit: str | None = Field(
        None, description="What is counted while a document is read.", examples=["pages"]
    )
    per_second: float | None = Field(None, description="How many a second.", examples=[14.2])
    seconds_left: float | None = Field(None, description="An estimate.", examples=[3.5])


class TaskResponse(BaseModel):
    """Where a task stands, and what came of it."""

    id: str = Field(examples=[TASK_ID])
    status: str = Field(
        description="`PENDING`, `STARTED`, `RETRY`, `SUCCESS`, `FAILURE` or `REVOKED`.",
        examples=["SUCCESS"],
    )
    result: Json | None = Field(
        description="What came of it, by `kind`; of a query that failed the answers that exist.",
        examples=[
            {"result": ["The disk was full. [1]\n\n[1] server.log"], "session_id": SESSION_ID}
        ],
    )
    error: str | None = Field(description="One sentence, on failure.", examples=[None])
    err_trace: None = Field(None, description="Always null; kept for old clients.")
    kind: str = Field(
        description="`answer`, `generate`, `embed`, `ingest`, `close` or `deliver`.",
        examples=["answer"],
    )
    session_id: str | None = Field(
        description="Null of a task without a session.", examples=[SESSION_ID]
    )
    attempt: int = Field(description="Which try it is, from 1; 0 before the first.", examples=[1])
    created_at: str = Field(examples=["2026-11-22T10:15:30.000Z"])
    started_at: str | None = Field(examples=["2026-11-22T10:15:30.120Z"])
    finished_at: str | None = Field(examples=["2026-11-22T10:15:33.480Z"])
    deadline: str = Field(
        description="By then it has ended.", examples=["2026-11-22T10:30:30.000Z"]
    )
    run_at: str = Field(description="Not before then.", examples=["2026-11-22T10:15:30.000Z"])
    reason: str | None = Field(description="What it waits for.", examples=[None])
    queue_position: int | None = Field(description="How many are before it.", examples=[None])
    progress: ProgressResponse
    embedding: ProgressResponse | None = Field(
        None,
        description="Of a document that was read: the chunks that have vectors, of all; null when "
        "all have. It is searchable by its words meanwhile.",
    )
    code: str | None = Field(description="What kind of failure it is.", examples=[None])
    hint: str | None = Field(description="What to do about the failure.", examples=[None])


class MessageResponse(BaseModel):
    """A word of welcome."""

    message: str = Field(examples=["ai-llm-service is running; its routes are listed at /docs."])


class WelcomeResponse(MessageResponse):
    """What answers here, and where to read on."""

    version: str = Field(examples=["0.1.0"])
    docs: str = Field(examples=["/docs"])


class HealthResponse(BaseModel):
    """The process answers."""

    status: str = Field(examples=["ok"])


class ReadyResponse(HealthResponse):
    """Whether all that the service depends on works."""

    dependencies: dict[str, str] = Field(examples=[{"database": "ok", "broker": "ok"}])


class FieldProblem(BaseModel):
    """One place of a request that is not accepted."""

    where: str = Field(examples=["queries[0]"])
    message: str = Field(examples=["A question must not be blank."])


class Problem(BaseModel):
    """An error, as RFC 9457 has it."""

    type: str = Field(examples=["urn:ai-llm-service:problem:session_not_found"])
    title: str = Field(examples=["Session not found"])
    status: int = Field(examples=[404])
    code: str = Field(examples=["session_not_found"])
    detail: str = Field(description="One sentence.", examples=["Session not found."])
    hint: str | None = Field(
        description="What to do about it.", examples=["Upload the file again."]
    )
    request_id: str = Field(examples=["6f1c2d3e4b5a"])
    errors: list[FieldProblem] | None = Field(None, description="For `invalid_request`: where.")


def to_iso(seconds: float) -> str:
    """A time of ours as ISO 8601 in UTC."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_iso_or_none(seconds: float | None) -> str | None:
    return None if seconds is None else to_iso(seconds)


def _session_fields(session: Session) -> Json:
    return {
        "id": session.id,
        "state": session.state.value,
        "created_at": to_iso(session.created_at),
        "expires_at": to_iso(session.expires_at),
        "closed_at": to_iso_or_none(session.closed_at),
        "close_task_id": session.close_task_id,
        "model": session.model,
        "file_search": session.file_search,
    }
