"""The indexes of a process: built once, kept while they are used, dropped with their session."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from threading import Lock
from traceback import clear_frames

from ai_llm_service.domain import Document
from ai_llm_service.errors import DocumentsTooLarge, SessionClosed
from ai_llm_service.search.base import Ingested, Source
from ai_llm_service.search.memory import give_back_memory
from ai_llm_service.search.retrieve import SessionIndex
from ai_llm_service.search.vectors import Asker

Ids = tuple[str, ...]
CacheKey = tuple[str, Ids]
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
        self._entries: dict[str, dict[Ids, Future[SessionIndex]]] = {}
        # Of those that are built, the least recently used first.
        self._sizes: OrderedDict[CacheKey, int] = OrderedDict()
        self._bytes = 0

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
            return set(self._entries)

    def forget(self, session_id: str) -> None:
        """Drop all indexes of a session; one that is being built is given up."""
        with self._lock:
            for ids in tuple(self._entries.get(session_id, ())):
                self._drop((session_id, ids))
        give_back_memory()

    def _entry(self, key: CacheKey) -> tuple[Future[SessionIndex], bool]:
        """The entry of the cache, and whether it is a new one that the caller has to fill."""
        with self._lock:
            entry = self._known(key)
            if entry is None:
                entry = self._entries.setdefault(key[0], {})[key[1]] = Future()
                return entry, True
            if key in self._sizes:
                self._sizes.move_to_end(key)
            return entry, False

    def _known(self, key: CacheKey) -> Future[SessionIndex] | None:
        return self._entries.get(key[0], {}).get(key[1])

    def _build(self, order: _Order, entry: Future[SessionIndex]) -> None:
        def check() -> None:
            if self._known(order.key) is not entry:
                raise SessionClosed
            if self._clock() > order.give_up_at:
                raise DocumentsTooLarge

        try:
            grown = partial(self._measure, order.key)
            index = SessionIndex(_sources(order, check), check, self._asker, grown)
        except BaseException as error:
            with self._lock:
                if self._known(order.key) is entry:
                    self._drop(order.key)
            entry.set_exception(error)
            # The error lives on in the future; what was built must not live on in its frames.
            clear_frames(error.__traceback__)
            give_back_memory()
            raise
        entry.set_result(index)
        self._measure(order.key)
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

    def _measure(self, key: CacheKey) -> None:
        """Count what an index holds now: it grows when it is searched and when vectors come in."""
        with self._lock:
            entry = self._known(key)
            if entry is not None and entry.done() and entry.exception() is None:
                size = entry.result().size_bytes
                self._bytes += size - self._sizes.get(key, 0)
                self._sizes[key] = size

    def _evict(self, newest: CacheKey) -> None:
        """Keep within the bound, but always the newest: it is in use."""
        with self._lock:
            # Documents are only ever added: an older set of a session is not asked for again.
            for ids in tuple(self._entries.get(newest[0], ())):
                superseded = (newest[0], ids)
                if superseded != newest and superseded in self._sizes:
                    self._drop(superseded)
            while self._bytes > self._max_bytes:
                oldest = next((key for key in self._sizes if key != newest), None)
                if oldest is None:
                    break
                self._drop(oldest)

    def _drop(self, key: CacheKey) -> None:
        """Of a session with no index nothing stays; the caller holds the lock."""
        of_session = self._entries[key[0]]
        del of_session[key[1]]
        if not of_session:
            del self._entries[key[0]]
        self._bytes -= self._sizes.pop(key, 0)


def _sources(order: _Order, check: Callable[[], None]) -> Iterator[Source]:
    for document in order.documents:
        check()
        yield Source(document, order.load(document.id))
