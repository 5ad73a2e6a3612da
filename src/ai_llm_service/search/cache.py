"""The indexes of a process: built once, kept while they are used, dropped with their session."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock
from traceback import clear_frames

from ai_llm_service.domain import Document
from ai_llm_service.errors import DocumentsTooLarge, SessionClosed
from ai_llm_service.search.base import Ingested, Source
from ai_llm_service.search.memory import give_back_memory
from ai_llm_service.search.retrieve import SessionIndex
from ai_llm_service.search.vectors import Asker

CacheKey = tuple[str, tuple[str, ...]]
Load = Callable[[str], Ingested]
# Below this, what is freed is used again soon.
LARGE_INDEX_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Order:
    """Which index is to be built, and until when somebody waits for it."""

    key: CacheKey
    documents: Sequence[Document]
    load: Load
    give_up_at: float


class IndexCache:
    """The least recently used index goes first; each is built by one thread."""

    def __init__(
        self,
        max_bytes: int = 512 * 1024 * 1024,
        clock: Callable[[], float] = time.monotonic,
        asker: Asker | None = None,
    ) -> None:
        self._clock = clock
        self._asker = asker
        self._max_bytes = max_bytes
        self._lock = Lock()
        self._entries: OrderedDict[CacheKey, Future[SessionIndex]] = OrderedDict()

    @property
    def asker(self) -> Asker | None:
        """Who compares by meaning, where there is an embedder."""
        return self._asker

    def get(
        self,
        session_id: str,
        documents: Sequence[Document],
        load: Load,
        timeout_seconds: float,
    ) -> SessionIndex:
        """The index over these ready documents, built by the first thread that asks.

        Raises DocumentsTooLarge when it can't be had in time, and SessionClosed when the session
        is forgotten meanwhile.
        """
        key = (session_id, tuple(document.id for document in documents))
        order = _Order(key, documents, load, self._clock() + timeout_seconds)
        while True:
            entry, is_builder = self._entry(key)
            if is_builder:
                self._build(order, entry)
            if index := self._result(entry, order.give_up_at):
                return index

    def held(self) -> set[str]:
        """The sessions of which an index is there or being built."""
        with self._lock:
            return {session_id for session_id, _ in self._entries}

    def forget(self, session_id: str) -> None:
        """Drop all indexes of a session; one that is being built is given up."""
        with self._lock:
            for key in [key for key in self._entries if key[0] == session_id]:
                del self._entries[key]
        give_back_memory()

    def _entry(self, key: CacheKey) -> tuple[Future[SessionIndex], bool]:
        """The entry of the cache, and whether it is a new one that the caller has to fill."""
        with self._lock:
            entry = self._entries.get(key)
            is_new = entry is None
            if entry is None:
                entry = self._entries[key] = Future()
            self._entries.move_to_end(key)
        return entry, is_new

    def _build(self, order: _Order, entry: Future[SessionIndex]) -> None:
        def check() -> None:
            if self._entries.get(order.key) is not entry:
                raise SessionClosed
            if self._clock() > order.give_up_at:
                raise DocumentsTooLarge

        try:
            index = SessionIndex(_sources(order, check), check, self._asker)
        except BaseException as error:
            with self._lock:
                if self._entries.get(order.key) is entry:
                    del self._entries[order.key]
            entry.set_exception(error)
            # The error lives on in the future; what was built must not live on in its frames.
            clear_frames(error.__traceback__)
            give_back_memory()
            raise
        entry.set_result(index)
        self._evict(order.key)
        if index.size_bytes > LARGE_INDEX_BYTES:
            give_back_memory()

    def _result(self, entry: Future[SessionIndex], give_up_at: float) -> SessionIndex | None:
        """What another thread builds; None when it had less time than we have and gave up."""
        try:
            return entry.result(max(give_up_at - self._clock(), 0.0))
        except DocumentsTooLarge:
            if self._clock() > give_up_at:
                raise
            return None
        except TimeoutError as error:
            if entry.done():
                raise
            raise DocumentsTooLarge from error

    def _evict(self, newest: CacheKey) -> None:
        """Keep within the bound, but always the newest: it is in use."""
        with self._lock:
            built = {
                key: entry.result().size_bytes
                for key, entry in self._entries.items()
                if entry.done() and entry.exception() is None
            }
            total = sum(built.values())
            # Documents are only ever added: an older set of a session is not asked for again.
            old_first = sorted(built, key=lambda key: key[0] != newest[0])
            for key in old_first:
                superseded = key[0] == newest[0]
                if key != newest and (superseded or total > self._max_bytes):
                    del self._entries[key]
                    total -= built[key]


def _sources(order: _Order, check: Callable[[], None]) -> Iterator[Source]:
    for document in order.documents:
        check()
        yield Source(document, order.load(document.id))
