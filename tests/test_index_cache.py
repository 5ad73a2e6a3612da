"""Keeping the indexes of a process."""

import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from ai_llm_service.domain import Extraction
from ai_llm_service.errors import DocumentsTooLarge, SessionClosed
from ai_llm_service.search.base import Ingested
from ai_llm_service.search.cache import IndexCache
from ai_llm_service.search.retrieve import SessionIndex
from ai_llm_service.text import Chunks
from tests.test_retrieve import document, ingested


def test_twenty_threads_get_one_index_built_once() -> None:
    cache = IndexCache()
    loads: list[str] = []
    all_here = threading.Barrier(20)

    def load(document_id: str) -> Ingested:
        loads.append(document_id)
        return ingested(document_id, "red pump")

    def ask(_: int) -> SessionIndex:
        all_here.wait(10)
        return cache.get("s", [document("a"), document("b")], load, 10.0)

    with ThreadPoolExecutor(20) as pool:
        indexes = list(pool.map(ask, range(20)))
    assert len({id(index) for index in indexes}) == 1
    assert loads == ["a", "b"]


def test_a_new_document_makes_a_new_index() -> None:
    cache = IndexCache()
    first = cache.get("s", [document("a")], ingested, 10.0)
    assert cache.get("s", [document("a")], ingested, 10.0) is first
    assert len(cache.get("s", [document("a"), document("b")], ingested, 10.0).sources) == 2


def test_the_cache_keeps_what_was_used_last() -> None:
    one = cache_get(IndexCache(), "s").size_bytes
    cache = IndexCache(max_bytes=2 * one)
    first, second = cache_get(cache, "s1"), cache_get(cache, "s2")
    assert cache_get(cache, "s1") is first
    cache_get(cache, "s3")
    assert cache_get(cache, "s1") is first
    assert cache_get(cache, "s2") is not second


def test_what_an_index_grows_by_counts() -> None:
    cache = IndexCache()
    one = cache_get(cache, "s")
    built = one.size_bytes
    one.ask("red pump", 1)
    assert one.size_bytes > built
    cache = IndexCache(max_bytes=one.size_bytes + built)
    cache_get(cache, "s1")
    cache_get(cache, "s2").ask("red pump", 1)
    cache_get(cache, "s3")
    assert cache.held() == {"s2", "s3"}


def test_the_newest_index_is_kept_however_large_it_is() -> None:
    cache = IndexCache(max_bytes=1)
    for name in ("s1", "s2"):
        assert cache_get(cache, name) is cache_get(cache, name)
    assert cache.held() == {"s2"}


def test_an_older_set_of_documents_goes_with_the_newer_one() -> None:
    cache = IndexCache()
    older = weakref.ref(cache_get(cache, "s"))
    cache.get("s", [document("a"), document("b")], ingested, 10.0)
    assert older() is None
    assert cache.held() == {"s"}


def test_many_indexes_do_not_slow_down_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    cache, measured = IndexCache(), 0
    for number in range(50):
        cache_get(cache, f"s{number}")
    size_bytes = vars(SessionIndex)["size_bytes"].fget

    def counted(index: SessionIndex) -> int:
        nonlocal measured
        measured += 1
        return int(size_bytes(index))

    monkeypatch.setattr(SessionIndex, "size_bytes", property(counted))
    cache_get(cache, "next")
    assert 0 < measured < 5


def test_a_forgotten_session_is_gone() -> None:
    cache = IndexCache()
    first = cache_get(cache, "s")
    cache.forget("other")
    assert cache_get(cache, "s") is first
    cache.forget("s")
    assert cache_get(cache, "s") is not first


def test_a_failed_build_is_tried_again() -> None:
    cache = IndexCache()

    def fail(document_id: str) -> Ingested:
        raise FileNotFoundError

    with pytest.raises(FileNotFoundError):
        cache.get("s", [document("a")], fail, 10.0)
    assert cache_get(cache, "s").sources


def test_documents_that_take_too_long_to_index_end_the_query_for_good() -> None:
    cache = IndexCache()
    with pytest.raises(DocumentsTooLarge) as caught:
        cache.get("s", [document("a")], pump, -1.0)
    assert not caught.value.retryable
    assert cache_get(cache, "s").sources


def test_nobody_waits_for_an_index_longer_than_for_the_answer() -> None:
    cache, blocked = IndexCache(), Blocked()
    with ThreadPoolExecutor(1) as pool, blocked.until_the_end():
        builder = pool.submit(cache.get, "s", [document("a")], blocked.load, 10.0)
        blocked.wait_for_load()
        with pytest.raises(DocumentsTooLarge):
            cache.get("s", [document("a")], blocked.load, 0.0)
    assert builder.result(10).sources


def test_who_has_more_time_builds_what_another_gave_up() -> None:
    now = [0.0]
    cache, blocked = IndexCache(clock=lambda: now[0]), Blocked()
    both = [document("a"), document("b")]
    with ThreadPoolExecutor(2) as pool:
        with blocked.until_the_end():
            hasty = pool.submit(cache.get, "s", both, blocked.load, 1.0)
            blocked.wait_for_load()
            patient = pool.submit(cache.get, "s", both, blocked.load, 60.0)
            now[0] = 2.0
        assert isinstance(hasty.exception(10), DocumentsTooLarge)
        assert len(patient.result(10).sources) == 2


def test_the_index_of_a_closed_session_is_not_built_to_its_end() -> None:
    cache, blocked = IndexCache(), Blocked()
    with ThreadPoolExecutor(1) as pool:
        with blocked.until_the_end():
            builder = pool.submit(cache.get, "s", [document("a")], blocked.load, 10.0)
            blocked.wait_for_load()
            cache.forget("s")
        assert isinstance(builder.exception(10), SessionClosed)


def test_what_was_built_in_vain_is_not_kept() -> None:
    made: list[weakref.ref[Chunks]] = []

    def load(document_id: str) -> Ingested:
        if made:
            raise FileNotFoundError
        chunks = Chunks(document_id, "red pump", [(0, 8)])
        made.append(weakref.ref(chunks))
        return Ingested(Extraction("red pump"), chunks)

    with pytest.raises(FileNotFoundError) as caught:
        IndexCache().get("s", [document("a"), document("b")], load, 10.0)
    assert made[0]() is None, f"{caught.value!r} keeps what was built"


def test_a_forgotten_index_is_not_kept() -> None:
    cache = IndexCache()
    kept = weakref.ref(cache_get(cache, "s"))
    assert kept() is not None
    cache.forget("s")
    assert kept() is None


class Blocked:
    """A library whose documents are not there before they are let go."""

    def __init__(self) -> None:
        self._asked, self._free = threading.Event(), threading.Event()

    def load(self, document_id: str) -> Ingested:
        self._asked.set()
        assert self._free.wait(10)
        return ingested(document_id, "red pump")

    def wait_for_load(self) -> None:
        assert self._asked.wait(10)

    @contextmanager
    def until_the_end(self) -> Iterator[None]:
        try:
            yield
        finally:
            self._free.set()


def pump(document_id: str) -> Ingested:
    return ingested(document_id, "red pump" * 99)


def cache_get(cache: IndexCache, session_id: str) -> SessionIndex:
    return cache.get(session_id, [document("a")], pump, 10.0)
