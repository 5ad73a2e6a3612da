"""Sessions as a client sees them: open, add, ask, look, close. Work is accepted, not done, here."""

from collections.abc import Callable
from dataclasses import asdict
from uuid import uuid4

from pydantic import TypeAdapter

from ai_llm_service.domain import (
    Document,
    DocumentState,
    QueryOptions,
    Session,
    TaskKind,
    TaskStatus,
)
from ai_llm_service.errors import (
    DiskFull,
    DocumentNotFound,
    SessionClosed,
    SessionNotFound,
    StoreUnavailable,
)
from ai_llm_service.store.database import Database
from ai_llm_service.store.deliveries import Endpoint
from ai_llm_service.store.files import FileStore
from ai_llm_service.store.store import Store
from ai_llm_service.store.tasks import NewTask
from ai_llm_service.usecases.endings import cancel, ended_by
from ai_llm_service.usecases.handles import find_document, open_document, open_session
from ai_llm_service.usecases.idempotency import ANY_TIME, Once
from ai_llm_service.usecases.quotas import QueuedQuota
from ai_llm_service.usecases.session_values import (
    UNCHANGED,
    Added,
    Ask,
    Asked,
    IncomingFile,
    SessionChoice,
    SessionView,
    chosen_options,
)

OPTIONS = TypeAdapter(QueryOptions)


class Sessions:
    """Each call is one transaction; `nudge` tells the dispatcher that there is work."""

    def __init__(
        self,
        database: Database,
        files: FileStore,
        nudge: Callable[[], None],
        quota: QueuedQuota,
        *,
        ttl_seconds: float,
        deadline_seconds: float,
    ) -> None:
        self._database = database
        self._files = files
        self._nudge = nudge
        self._quota = quota
        self._ttl_seconds = ttl_seconds
        self._deadline_seconds = deadline_seconds

    def add_file(
        self,
        tenant_id: str,
        file: IncomingFile,
        session_id: str | None,
        request_id: str,
        *,
        once: Once = ANY_TIME,
        endpoint: Endpoint | None = None,
        choice: SessionChoice = UNCHANGED,
    ) -> Added:
        """Store the file, open or extend a session, and queue its ingest.

        The endpoint is told of the session's documents, of its end, and of queries without one.
        """
        document = _new_document(tenant_id, file, session_id or str(uuid4()))
        added = Added(document.file_path, document.session_id, document.id, document.ingest_task_id)
        self._admit_file(tenant_id, session_id, once)  # before the bytes are moved
        self._files.keep(file.path, document.id)
        try:
            with self._database.transaction("session.add_file") as store:
                once.begin(store)
                if session_id is None:
                    store.sessions.open(document.session_id, tenant_id, self._ttl_seconds)
                else:
                    self._use(store, tenant_id, session_id)
                if endpoint is not None:
                    store.session_endpoints.keep(document.session_id, endpoint)
                store.sessions.choose(document.session_id, choice.model, choice.file_search)
                store.documents.add(document)
                if file.metadata:
                    store.documents.keep_metadata(document.id, file.metadata)
                store.tasks.add(self._ingest_task(document, request_id))
                once.keep(store, asdict(added))
        except Exception as error:
            self._remove_unless_kept(document, error)
            raise
        self._nudge()
        return added

    def _admit_file(self, tenant_id: str, session_id: str | None, once: Once) -> None:
        with self._database.snapshot() as store:
            once.look(store)
            self._quota.admit(store, tenant_id)
            if session_id is not None:
                open_session(store, tenant_id, session_id)

    def _remove_unless_kept(self, document: Document, error: Exception) -> None:
        """Remove the file of a document that was not accepted.

        A commit whose answer was lost may have been made, and a document must have its file.
        """
        if isinstance(error, DiskFull) or not isinstance(error, StoreUnavailable):
            self._files.remove(document.id)

    def ask(self, tenant_id: str, ask: Ask, request_id: str, once: Once = ANY_TIME) -> Asked:
        """Queue the queries; a file narrows them to itself only together with a session id."""
        task_id = str(uuid4())
        with self._database.transaction("session.ask") as store:
            once.begin(store)
            self._quota.admit(store, tenant_id)
            document = find_document(store, tenant_id, ask.file_path)
            session_id = ask.session_id if document is None else document.session_id
            if ask.session_id not in {None, session_id}:
                raise DocumentNotFound("The file_path belongs to another session.")
            session = self._use(store, tenant_id, session_id or "")
            if ask.instructions is not None:
                store.sessions.keep_instructions(session.id, ask.instructions)
            narrowed = document if ask.session_id is not None else None
            task = NewTask(
                id=task_id,
                tenant_id=tenant_id,
                session_id=session.id,
                kind=TaskKind.ANSWER,
                payload={
                    "instructions": (
                        session.instructions if ask.instructions is None else ask.instructions
                    ),
                    "parallel": ask.parallel,
                    "options": OPTIONS.dump_python(
                        chosen_options(session, ask.options), mode="json"
                    ),
                    "webhook": None if ask.endpoint is None else asdict(ask.endpoint),
                },
                deadline_seconds=ask.deadline_seconds or self._deadline_seconds,
                document_id=narrowed.id if narrowed else None,
                request_id=request_id,
                lane=tenant_id,
            )
            store.tasks.add(task, ask.queries)
            asked = Asked(task_id, session.id)
            once.keep(store, asdict(asked))
        self._nudge()
        return asked

    def close(self, tenant_id: str, session_id: str, request_id: str | None) -> str:
        """Queue the removal of all that the session holds; the same task for a second call."""
        task_id = str(uuid4())
        with self._database.transaction("session.close") as store:
            if not store.sessions.begin_close(tenant_id, session_id, task_id):
                return _closing_task(store, tenant_id, session_id)
            cancelled = _cancel_all(store, session_id, but=task_id)
            task = NewTask(
                id=task_id,
                tenant_id=tenant_id,
                session_id=session_id,
                kind=TaskKind.CLOSE,
                payload={"cancelled_tasks": cancelled},
                deadline_seconds=self._deadline_seconds,
                request_id=request_id,
                lane=tenant_id,
            )
            store.tasks.add(task)
        self._nudge()
        return task_id

    def view(self, tenant_id: str, session_id: str) -> SessionView:
        """An open session with its documents."""
        with self._database.snapshot() as store:
            session = open_session(store, tenant_id, session_id)
            return SessionView(session, store.documents.of_session(session_id))

    def list(self, tenant_id: str, limit: int, before: float | None) -> list[Session]:
        """Open sessions, the newest first."""
        with self._database.snapshot() as store:
            return store.sessions.page(tenant_id, limit, before)

    def document(self, tenant_id: str, document_id: str) -> Document:
        with self._database.snapshot() as store:
            return open_document(store, tenant_id, document_id)

    def document_text(self, tenant_id: str, document_id: str, start: int, end: int) -> str:
        """A range of the canonical text, in code points, end exclusive."""
        with self._database.snapshot() as store:
            open_document(store, tenant_id, document_id)
            extraction = store.documents.extraction(document_id)
        if extraction is None:
            raise DocumentNotFound("The document has no text yet; its state says why.")
        return extraction.text[start:end]

    def _use(self, store: Store, tenant_id: str, session_id: str) -> Session:
        session = store.sessions.use(tenant_id, session_id, self._ttl_seconds)
        if session is None:
            raise SessionNotFound
        return session

    def _ingest_task(self, document: Document, request_id: str) -> NewTask:
        return NewTask(
            id=document.ingest_task_id,
            tenant_id=document.tenant_id,
            session_id=document.session_id,
            kind=TaskKind.INGEST,
            payload={},
            deadline_seconds=self._deadline_seconds,
            document_id=document.id,
            request_id=request_id,
            lane=document.tenant_id,
        )


def _new_document(tenant_id: str, file: IncomingFile, session_id: str) -> Document:
    return Document(
        id=str(uuid4()),
        tenant_id=tenant_id,
        session_id=session_id,
        name=file.name,
        media_type=file.media_type,
        size_bytes=file.size_bytes,
        sha256=file.sha256,
        state=DocumentState.RECEIVED,
        created_at=0.0,
        ingest_task_id=str(uuid4()),
    )


def _closing_task(store: Store, tenant_id: str, session_id: str) -> str:
    session = store.sessions.find(tenant_id, session_id)
    if session is None or session.close_task_id is None:
        raise SessionNotFound
    return session.close_task_id


def _cancel_all(store: Store, session_id: str, but: str) -> int:
    """End the session's unfinished tasks; how many there were."""
    ending = ended_by(SessionClosed(), TaskStatus.CANCELLED)
    unfinished = store.tasks.unfinished_of_session(session_id, but)
    return sum(cancel(store, task, ending) for task in unfinished)
