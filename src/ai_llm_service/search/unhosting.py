"""Removes what a provider has of sessions: each part once, also after a crash or a refusal."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from ai_llm_service.errors import ProviderError, ProviderRejected
from ai_llm_service.providers.stores import VectorStores
from ai_llm_service.store.database import Database

# A provider that is down is not asked for each of a thousand sessions.
MOST_FAILURES = 5


@dataclass(frozen=True, slots=True)
class Removed:
    """How much was removed at the provider."""

    files: int = 0
    stores: int = 0

    def __add__(self, other: "Removed") -> "Removed":
        return Removed(self.files + other.files, self.stores + other.stores)


class Unhosting:
    """What can't be removed stays known, hinders no other, and is raised at the end."""

    def __init__(self, database: Database, stores: VectorStores) -> None:
        self._database = database
        self._stores = stores

    def remove(self, session_id: str) -> Removed:
        """Remove all that the provider has of a session, or raise the first ProviderError."""
        with self._database.snapshot() as store:
            documents = [row.document_id for row in store.hosted.files_of(session_id)]
        return _all_of(
            [
                partial(self._remove_store, session_id),
                *(partial(self._remove_file, session_id, each) for each in documents),
            ],
            most_failures=1,
        )

    def remove_orphans(self) -> Removed:
        """Remove what closed sessions left, and what bears our mark but is not known here."""
        with self._database.snapshot() as store:
            abandoned = sorted(store.hosted.abandoned_sessions())
        steps = [partial(self.remove, each) for each in abandoned]
        return _all_of([*steps, self._remove_unknown], MOST_FAILURES)

    def _remove_unknown(self) -> Removed:
        # What is there is asked first: what is made meanwhile is then known already.
        stores, files = list(self._stores.left_stores()), list(self._stores.left_files())
        with self._database.snapshot() as store:
            sessions, documents = store.hosted.known_sessions(), store.hosted.known_documents()
        lost_stores = [left.store_id for left in stores if left.session_id not in sessions]
        lost_files = [left.file_id for left in files if left.document_id not in documents]
        steps = [partial(self._delete_store, each) for each in lost_stores]
        return _all_of(
            [*steps, *(partial(self._delete_file, each) for each in lost_files)], MOST_FAILURES
        )

    def _remove_store(self, session_id: str) -> Removed:
        with self._database.snapshot() as store:
            known = store.hosted.store_of(session_id)
        if known is None:
            return Removed()
        store_id = known.store_id or self._stores.find_store(session_id)
        removed = self._delete_store(store_id) if store_id else Removed()
        with self._database.transaction("hosted.forget_store") as store:
            store.hosted.forget_store(session_id, was_there=removed.stores > 0)
        return removed

    def _remove_file(self, session_id: str, document_id: str) -> Removed:
        with self._database.snapshot() as store:
            rows = {row.document_id: row for row in store.hosted.files_of(session_id)}
        if document_id not in rows:
            return Removed()
        file_id = rows[document_id].file_id or self._stores.find_file(document_id)
        removed = self._delete_file(file_id) if file_id else Removed()
        with self._database.transaction("hosted.forget_file") as store:
            store.hosted.forget_file(session_id, document_id, was_there=removed.files > 0)
        return removed

    def _delete_store(self, store_id: str) -> Removed:
        self._stores.remove_store(store_id)
        return Removed(stores=1)

    def _delete_file(self, file_id: str) -> Removed:
        self._stores.remove_file(file_id)
        return Removed(files=1)


def _all_of(steps: Iterable[Callable[[], Removed]], most_failures: int) -> Removed:
    """The sum of all steps; the first error at the end, at once after so many failures.

    A refusal is no failure: the provider is well, and may do the next thing.
    """
    removed, first, failures = Removed(), None, 0
    for step in steps:
        try:
            removed += step()
        except ProviderError as error:
            first = first or error
            failures += not isinstance(error, ProviderRejected)
            if failures >= most_failures:
                break
    if first is not None:
        raise first
    return removed
