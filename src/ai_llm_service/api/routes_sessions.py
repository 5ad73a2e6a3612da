"""Sessions and their documents: look, read, close."""

from typing import Annotated

from fastapi import APIRouter, Query

from ai_llm_service.api.dependencies import Id, Parts, RequestId, Tenant
from ai_llm_service.api.openapi import problems
from ai_llm_service.api.schemas import (
    CloseResponse,
    DocumentResponse,
    DocumentTextResponse,
    SessionResponse,
    SessionsResponse,
    SessionViewResponse,
)
from ai_llm_service.errors import InvalidRequest

router = APIRouter(tags=["sessions"])

MAX_PAGE = 100
MAX_OFFSET = 2**31 - 1
TEXT_CHARACTERS = 10_000
MAX_TEXT_CHARACTERS = 1_000_000


@router.get(
    "/file/search/sessions",
    summary="List open sessions",
    responses=problems(401, 422, 503),
)
def list_sessions(
    parts: Parts,
    tenant: Tenant,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="How many at most.")] = 20,
    before: Annotated[
        float | None, Query(allow_inf_nan=False, description="`next_before` of the last page.")
    ] = None,
) -> SessionsResponse:
    """Your open sessions, the newest first."""
    sessions = parts.sessions.list(tenant, limit, before)
    return SessionsResponse(
        sessions=[SessionResponse.of(session) for session in sessions],
        next_before=sessions[-1].created_at if len(sessions) == limit else None,
    )


@router.get(
    "/file/search/session/{session_id}",
    summary="Look at a session",
    responses=problems(401, 404, 503),
)
def get_session(session_id: Id, parts: Parts, tenant: Tenant) -> SessionViewResponse:
    """An open session with its documents and their states."""
    view = parts.sessions.view(tenant, session_id)
    return SessionViewResponse.with_documents(view.session, view.documents)


@router.delete(
    "/file/search/session/{session_id}",
    summary="Close a session",
    response_description="The removal is queued as a task.",
    responses=problems(401, 404, 503, 507),
)
def close_session(
    session_id: Id, parts: Parts, tenant: Tenant, request_id: RequestId
) -> CloseResponse:
    """Remove all files, texts and indexes of a session; the task's result is the receipt.

    Results of its tasks stay readable for their retention. A second call gives the same task.
    """
    task_id = parts.sessions.close(tenant, session_id, request_id)
    parts.searching.forget(session_id)
    return CloseResponse(task_id=task_id)


@router.get(
    "/document/{document_id}",
    summary="Look at a document",
    responses=problems(401, 404, 503),
)
def get_document(document_id: Id, parts: Parts, tenant: Tenant) -> DocumentResponse:
    """A document, its state and, if it can't be read, why."""
    return DocumentResponse.of(parts.sessions.document(tenant, document_id))


@router.get(
    "/document/{document_id}/text",
    summary="Read a range of a document's text",
    responses=problems(401, 404, 422, 503),
)
def get_document_text(
    document_id: Id,
    parts: Parts,
    tenant: Tenant,
    start: Annotated[int, Query(ge=0, le=MAX_OFFSET, description="The first character.")] = 0,
    end: Annotated[
        int | None, Query(ge=0, le=MAX_OFFSET, description="After the last character.")
    ] = None,
) -> DocumentTextResponse:
    """The text that citations point into; `start` and `end` are those of a citation."""
    end = start + TEXT_CHARACTERS if end is None else end
    if not 0 <= end - start <= MAX_TEXT_CHARACTERS:
        message = f"'end' must be from start to start + {MAX_TEXT_CHARACTERS}."
        raise InvalidRequest(message, field="end")
    text = parts.sessions.document_text(tenant, document_id, start, end)
    return DocumentTextResponse(
        document_id=document_id, start=start, end=start + len(text), text=text
    )
