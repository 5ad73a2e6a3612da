"""Keeps a session's copy at a provider in step with its documents, from the first to the last.

Each thing is known from the intent to make it: what a crash leaves without an id is found again
by its mark. So nothing is made twice where it was known, and nothing stays that is not known.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from threading import Lock

from ai_llm_service.domain import Document
from ai_llm_service.errors import ProviderUnavailable
from ai_llm_service.providers.stores import VectorStores
from ai_llm_service.search.unhosting import Removed, Unhosting
from ai_llm_service.store.database import Database
from ai_llm_service.store.files import FileStore
from ai_llm_service.store.hosted import HostedFile

UPLOADS_AT_ONCE = 4
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.25, 3.0
# What is left when the time is up: enough to say so and give the slot back.
INDEXING_WAIT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class HostedSession:
    """A session that can be searched at its provider.

    `documents` maps the ids of files, and of documents, to documents; `failed` maps the documents
    that the provider can't search to its own word for why.
    """

    store_id: str
    documents: Mapping[str, str]
    failed: Mapping[str, str]


class Hosting:
    """One provider's side of all sessions."""

    def __init__(
        self,
        database: Database,
        files: FileStore,
        stores: VectorStores,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._database = database
        self._files = files
        self._stores = stores
        self._pause = pause
        self._unhosting = Unhosting(database, stores)
        # Queries that are asked at the same time must not make two stores of one session.
        self._locks: defaultdict[str, Lock] = defaultdict(Lock)

    def ready(
        self, session_id: str, documents: Sequence[Document], give_up_at: float
    ) -> HostedSession:
        """Bring the provider up to date and wait until all is indexed, by the monotonic clock.

        Raises a ProviderError; ProviderUnavailable where indexing takes longer than there is time.
        """
        with self._locks[session_id]:
            store_id = self._store(session_id)
            self._upload_all(session_id, documents, give_up_at)
            self._attach_all(store_id, session_id, documents, give_up_at)
            self._await_indexing(store_id, session_id, give_up_at)
        files = self._rows(session_id)
        by_file = {row.file_id: key for key, row in files.items() if row.file_id}
        return HostedSession(
            store_id,
            {**by_file, **{document.id: document.id for document in documents}},
            {key: row.error_code for key, row in files.items() if row.error_code},
        )

    def remove(self, session_id: str) -> Removed:
        """Remove all that the provider has of a session; each part once, also after a crash."""
        removed = self._unhosting.remove(session_id)
        self._locks.pop(session_id, None)
        return removed

    def remove_orphans(self) -> Removed:
        """Remove what closed sessions left, and what bears our mark but is not known here."""
        return self._unhosting.remove_orphans()

    def _rows(self, session_id: str) -> dict[str, HostedFile]:
        with self._database.snapshot() as store:
            return {row.document_id: row for row in store.hosted.files_of(session_id)}

    def _store(self, session_id: str) -> str:
        """The session's vector store: the known one, or else a new one."""
        with self._database.snapshot() as store:
            known = store.hosted.store_of(session_id)
        if known is not None and known.store_id is not None:
            if self._stores.is_alive(known.store_id):
                return known.store_id
            with self._database.transaction("hosted.lose_store") as store:
                store.hosted.keep_store(session_id, None)
        if known is None:
            with self._database.transaction("hosted.intend_store") as store:
                store.hosted.intend_store(session_id, self._stores.provider)
        left = self._stores.find_store(session_id) if known is not None else None
        if left is not None and not self._stores.is_alive(left):
            left = None
        store_id = left or self._stores.make_store(session_id)
        with self._database.transaction("hosted.keep_store") as store:
            store.hosted.keep_store(session_id, store_id)
        return store_id

    def _upload_all(
        self, session_id: str, documents: Sequence[Document], give_up_at: float
    ) -> None:
        rows = self._rows(session_id)
        new = [document for document in documents if document.id not in rows]
        if new:
            with self._database.transaction("hosted.intend_files") as store:
                for document in new:
                    store.hosted.intend_file(session_id, document.id, self._stores.provider)
        lacking = [
            document
            for document in documents
            if document.id not in rows or rows[document.id].file_id is None
        ]
        if not lacking:
            return
        with ThreadPoolExecutor(min(UPLOADS_AT_ONCE, len(lacking))) as pool:
            uploads = [
                pool.submit(
                    copy_context().run, self._upload, document, document.id in rows, give_up_at
                )
                for document in lacking
            ]
            for upload in uploads:
                upload.result()

    def _upload(self, document: Document, may_be_there: bool, give_up_at: float) -> None:
        """Upload one file, unless an earlier upload of it is found."""
        file_id = self._stores.find_file(document.id) if may_be_there else None
        if file_id is None:
            path = self._files.existing(document.id)
            file_id = self._stores.upload(document.id, document.name, path, _left(give_up_at))
        with self._database.transaction("hosted.keep_file") as store:
            kept = store.hosted.keep_file(document.id, file_id)
        if not kept and self._known_file(document) != file_id:
            self._stores.remove_file(file_id)

    def _known_file(self, document: Document) -> str | None:
        row = self._rows(document.session_id).get(document.id)
        return row.file_id if row else None

    def _attach_all(
        self, store_id: str, session_id: str, documents: Sequence[Document], give_up_at: float
    ) -> None:
        rows = self._rows(session_id)
        for document in documents:
            row = rows.get(document.id)
            if row is None or row.file_id is None or row.attached:
                continue
            if not self._stores.attach(store_id, row.file_id, document.id):
                file_id = self._upload_again(document, give_up_at)
                if file_id is None or not self._stores.attach(store_id, file_id, document.id):
                    raise ProviderUnavailable(
                        f"The provider {self._stores.provider} lost the session's store."
                    )
            with self._database.transaction("hosted.keep_attached") as store:
                store.hosted.keep_attached(document.id)

    def _upload_again(self, document: Document, give_up_at: float) -> str | None:
        """The provider has the file no more: it has expired, or somebody removed it."""
        with self._database.transaction("hosted.lose_file") as store:
            store.hosted.lose_file(document.id)
        self._upload(document, may_be_there=False, give_up_at=give_up_at)
        return self._known_file(document)

    def _await_indexing(self, store_id: str, session_id: str, give_up_at: float) -> None:
        """Wait for every file that we attached, by its id: a file that is not told of counts."""
        waiting = {
            row.file_id: row.document_id
            for row in self._rows(session_id).values()
            if row.attached and not row.indexed and row.file_id
        }
        pause = FIRST_PAUSE_SECONDS
        while waiting := self._still_indexing(store_id, waiting):
            if _left(give_up_at) <= pause:
                raise ProviderUnavailable(
                    f"The provider {self._stores.provider} is still reading the documents.",
                    retry_after_seconds=INDEXING_WAIT_SECONDS,
                )
            self._pause(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)

    def _still_indexing(self, store_id: str, waiting: Mapping[str, str]) -> dict[str, str]:
        """Keep which of the files the provider is done with; return the others."""
        if not waiting:
            return {}
        states = self._stores.indexing(store_id)
        done = [file_id for file_id in waiting if file_id in states and states[file_id].is_done]
        if done:
            with self._database.transaction("hosted.keep_indexed") as store:
                for file_id in done:
                    store.hosted.keep_indexed(waiting[file_id], states[file_id].error_code)
        return {key: value for key, value in waiting.items() if key not in done}


def _left(give_up_at: float) -> float:
    return max(give_up_at - time.monotonic(), 0.5)
