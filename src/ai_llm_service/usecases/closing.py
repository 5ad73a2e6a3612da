"""Removes all that a session holds and says what was removed."""

from collections.abc import Callable
from functools import partial

import structlog

from ai_llm_service.domain import Claim
from ai_llm_service.errors import ProviderError
from ai_llm_service.search.base import FileSearch
from ai_llm_service.store.database import Database
from ai_llm_service.store.files import FileStore
from ai_llm_service.store.store import Store
from ai_llm_service.usecases.endings import completed
from ai_llm_service.usecases.outcomes import Done, GiveBack, Outcome

log = structlog.get_logger(__name__)
WAIT_SECONDS = 10.0


def nothing_elsewhere(_session_id: str) -> None:
    """No provider hosts anything."""


class Closing:
    """Every part of it may be repeated after a crash.

    `remove_elsewhere` removes what a provider has of a session and counts it with the session, or
    raises a ProviderError.
    """

    def __init__(
        self,
        database: Database,
        files: FileStore,
        search: FileSearch,
        remove_elsewhere: Callable[[str], object] = nothing_elsewhere,
    ) -> None:
        self._database = database
        self._files = files
        self._search = search
        self._remove_elsewhere = remove_elsewhere

    def perform(self, claim: Claim) -> Outcome:
        """Files first, rows last: what is left after a crash is found again."""
        session_id = claim.task.session_id
        try:
            self._remove_elsewhere(session_id)
            is_left = False
        except ProviderError as error:
            log.warning("provider_not_cleared", session_id=session_id, code=error.code)
            wait = max(error.retry_after_seconds or 0.0, WAIT_SECONDS)
            if error.retryable and claim.seconds_left > 2 * wait:
                return GiveBack(wait, "the provider can't be reached to remove the files there")
            # Its rows stay, so that the sweep goes on with it.
            is_left = True
        with self._database.snapshot() as store:
            documents = store.documents.of_session(session_id)
            provider_files, provider_stores = store.hosted.removed_of(session_id)
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
            "provider_files_removed": provider_files,
            "provider_stores_removed": provider_stores,
            "left_at_provider": is_left,
            "tasks_cancelled": claim.task.payload.get("cancelled_tasks", 0),
        }
        return Done(completed(receipt), partial(_remove, session_id))


def _remove(session_id: str, store: Store) -> None:
    store.documents.remove_of_session(session_id)
    store.sessions.end_close(session_id)
