"""Removes all that a session holds and says what was removed."""

from functools import partial

from ai_llm_service.domain import Claim
from ai_llm_service.search.base import FileSearch
from ai_llm_service.store.database import Database
from ai_llm_service.store.files import FileStore
from ai_llm_service.store.store import Store
from ai_llm_service.usecases.endings import completed
from ai_llm_service.usecases.outcomes import Done


class Closing:
    """Every part of it may be repeated after a crash."""

    def __init__(self, database: Database, files: FileStore, search: FileSearch) -> None:
        self._database = database
        self._files = files
        self._search = search

    def perform(self, claim: Claim) -> Done:
        """Files first, rows last: what is left after a crash is found again."""
        session_id = claim.task.session_id
        with self._database.snapshot() as store:
            documents = store.documents.of_session(session_id)
        for document in documents:
            self._files.remove(document.id)
        self._search.forget(session_id)
        receipt = {
            "session_id": session_id,
            "documents": [
                {"document_id": document.id, "name": document.name, "bytes": document.size_bytes}
                for document in documents
            ],
            "files_removed": len(documents),
            "bytes_removed": sum(document.size_bytes for document in documents),
            "characters_removed": sum(document.characters or 0 for document in documents),
            "chunks_removed": sum(document.chunks or 0 for document in documents),
            "tasks_cancelled": claim.task.payload.get("cancelled_tasks", 0),
        }
        return Done(completed(receipt), partial(_remove, session_id))


def _remove(session_id: str, store: Store) -> None:
    store.documents.remove_of_session(session_id)
    store.sessions.end_close(session_id)
