"""Finding the right chunks of a session, and keeping its index."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ai_llm_service.domain import Chunk, Document, DocumentState, Extraction
from ai_llm_service.search.base import Ingested
from ai_llm_service.search.retrieve import Bm25Index, IndexCache, Source
from ai_llm_service.text import words


def document(document_id: str, name: str = "notes.txt") -> Document:
    state = DocumentState.READY
    return Document(document_id, "t", "s", name, "text/plain", 1, "", state, 0.0, "task")


def ingested(document_id: str, *lines: str) -> Ingested:
    chunks = []
    start = 0
    for number, line in enumerate(lines):
        chunks.append(Chunk(document_id, number, start, start + len(line), line))
        start += len(line) + 1
    return Ingested(Extraction("\n".join(lines)), tuple(chunks))


def source(document_id: str, *lines: str, name: str = "notes.txt") -> Source:
    return Source(document(document_id, name), ingested(document_id, *lines))


def found(index: Bm25Index, question: str, limit: int = 5) -> list[str]:
    return [index.chunks[position].text for position, _ in index.search(words(question), limit)]


def test_the_chunk_that_shares_the_rare_words_comes_first() -> None:
    index = Bm25Index([source("a", "the pump is red", "the pump leaks oil", "the valve is red")])
    assert found(index, "Which pump leaks?") == ["the pump leaks oil", "the pump is red"]


def test_a_score_is_a_share_of_the_best_possible() -> None:
    index = Bm25Index([source("a", "pump pump pump pump pump", "valve", "hose", "nothing")])
    (_, sure), *_ = index.search(words("pump"), 5)
    (_, unsure), *_ = index.search(words("pump submarine telescope"), 5)
    assert 0 < unsure < 0.5 < sure <= 1


def test_equal_chunks_come_in_the_order_of_their_documents() -> None:
    sources = [source(name, "same words", "same words") for name in ("c", "a", "b")]
    positions = [position for position, _ in Bm25Index(sources).search(["same", "word"], 4)]
    assert positions == [0, 1, 2, 3]


def test_a_search_may_stay_within_one_document() -> None:
    index = Bm25Index([source("a", "red pump"), source("b", "blue pump", "a hose")])
    (hit,) = index.search(words("red pump"), 5, "b")
    assert index.chunks[hit[0]].text == "blue pump"
    assert index.search(words("red pump"), 5, "unknown") == []


def test_the_name_of_a_document_counts_a_little() -> None:
    texts = ("the price rose", "wages fell")
    index = Bm25Index(
        [source("a", *texts, name="2019.txt"), source("b", *texts, name="2020_prices.txt")]
    )
    positions = [position for position, _ in index.search(words("price in 2020"), 4)]
    assert positions[:2] == [2, 0]


@pytest.mark.parametrize("question", ["", "the of and", "zebra"])
def test_nothing_in_common_finds_nothing(question: str) -> None:
    assert found(Bm25Index([source("a", "red pump")]), question) == []
    assert found(Bm25Index([]), question) == []


def test_twenty_threads_get_one_index_built_once() -> None:
    cache = IndexCache()
    loads: list[str] = []
    all_here = threading.Barrier(20)

    def load(document_id: str) -> Ingested:
        loads.append(document_id)
        return ingested(document_id, "red pump")

    def ask(_: int) -> Bm25Index:
        all_here.wait(10)
        return cache.get("s", [document("a"), document("b")], load)

    with ThreadPoolExecutor(20) as pool:
        indexes = list(pool.map(ask, range(20)))
    assert len({id(index) for index in indexes}) == 1
    assert loads == ["a", "b"]


def test_a_new_document_makes_a_new_index() -> None:
    cache = IndexCache()
    first = cache.get("s", [document("a")], ingested)
    assert cache.get("s", [document("a")], ingested) is first
    assert len(cache.get("s", [document("a"), document("b")], ingested).sources) == 2


def test_the_cache_keeps_what_was_used_last() -> None:
    one = cache_get(IndexCache(), "s").size_bytes
    cache = IndexCache(max_bytes=2 * one)
    first, second = cache_get(cache, "s1"), cache_get(cache, "s2")
    assert cache_get(cache, "s1") is first
    cache_get(cache, "s3")
    assert cache_get(cache, "s1") is first
    assert cache_get(cache, "s2") is not second


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
        cache.get("s", [document("a")], fail)
    assert cache.get("s", [document("a")], lambda name: ingested(name, "red pump")).chunks


def cache_get(cache: IndexCache, session_id: str) -> Bm25Index:
    return cache.get(session_id, [document("a")], lambda name: ingested(name, "red pump" * 99))
