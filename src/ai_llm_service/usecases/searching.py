"""Passages for a question at once, without a task and without a model."""

from ai_llm_service.domain import Query, QueryOptions
from ai_llm_service.errors import DocumentNotFound
from ai_llm_service.search.finding import Findings, PassageFinder
from ai_llm_service.store.database import Database
from ai_llm_service.store.usage import Payer
from ai_llm_service.usecases.handles import find_document, open_session
from ai_llm_service.usecases.metered_embedder import paid_by

# The index of a log of 100 MB is built in half a minute, once.
SEARCH_SECONDS = 60.0


class Searching:
    """Looks the session up with its tenant, then searches outside of any transaction."""

    def __init__(self, database: Database, finder: PassageFinder) -> None:
        self._database = database
        self._finder = finder

    def held(self) -> set[str]:
        """The sessions of which this process has cached something."""
        return self._finder.held()

    def forget(self, session_id: str) -> None:
        """Drop what this process has cached of a session."""
        self._finder.forget(session_id)

    def search(
        self,
        tenant_id: str,
        text: str,
        session_id: str | None,
        file_path: str | None,
        options: QueryOptions,
    ) -> Findings:
        """A file narrows the search to itself together with its session, as in a query.

        Raises SessionNotFound, DocumentNotFound, DocumentRejected or DocumentsTooLarge.
        """
        with self._database.snapshot() as store:
            document = find_document(store, tenant_id, file_path)
            owner = session_id if document is None else document.session_id
            if session_id not in {None, owner}:
                raise DocumentNotFound("The file_path belongs to another session.")
            session = open_session(store, tenant_id, owner or "")
        narrowed = document.id if document is not None and session_id is not None else None
        query = Query(session.id, text, document_id=narrowed, options=options)
        with paid_by(Payer(tenant_id, session.id)):
            return self._finder.find(query, SEARCH_SECONDS)
