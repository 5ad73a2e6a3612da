"""What a client's handle names: an open session of its tenant, or a document in one."""

import contextlib
from uuid import UUID

from ai_llm_service.domain import Document, Session, SessionState
from ai_llm_service.errors import DocumentNotFound, SessionNotFound
from ai_llm_service.store.store import Store

DOCUMENT_PREFIX = "files/"


def open_session(store: Store, tenant_id: str, session_id: str) -> Session:
    session = store.sessions.find(tenant_id, session_id)
    if session is None or session.state is not SessionState.OPEN:
        raise SessionNotFound
    return session


def find_document(store: Store, tenant_id: str, file_path: str | None) -> Document | None:
    if file_path is None:
        return None
    document_id = file_path.removeprefix(DOCUMENT_PREFIX)
    with contextlib.suppress(ValueError):
        return open_document(store, tenant_id, str(UUID(document_id)))
    raise DocumentNotFound


def open_document(store: Store, tenant_id: str, document_id: str) -> Document:
    document = store.documents.find(tenant_id, document_id)
    if document is None:
        raise DocumentNotFound
    session = store.sessions.find(tenant_id, document.session_id)
    if session is None or session.state is not SessionState.OPEN:
        raise DocumentNotFound
    return document
