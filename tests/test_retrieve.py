"""Finding the right chunks of a session."""

import pytest

from ai_llm_service.domain import Chunk, Document, DocumentState, Extraction
from ai_llm_service.errors import SessionClosed
from ai_llm_service.search.base import Ingested
from ai_llm_service.search.postings import BLOCK_CHUNKS
from ai_llm_service.search.retrieve import Bm25Index, Source
from ai_llm_service.text import Chunks, words


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
    return [index.chunk(position).text for position, _ in index.search(words(question), limit)]


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
    assert index.chunk(hit[0]).text == "blue pump"
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


def test_a_word_is_found_in_every_one_of_many_thousand_chunks() -> None:
    lines = [f"line {number} says pump" for number in range(2 * BLOCK_CHUNKS + 3)]
    index = Bm25Index([source("a", *lines), source("b", "the valve is shut")])
    for number in (0, BLOCK_CHUNKS - 1, BLOCK_CHUNKS, 2 * BLOCK_CHUNKS + 2):
        assert found(index, f"Which line says {number}?")[0] == lines[number]
    assert found(index, "Is the valve shut?") == ["the valve is shut"]
    assert len(index.search(words("pump"), 10_000)) == len(lines)


def test_what_chunks_share_counts_for_each_of_them() -> None:
    text = "red pump. blue valve. green hose."
    shared = Ingested(Extraction(text), Chunks("a", text, [(0, 21), (10, 33)]))
    index = Bm25Index([Source(document("a"), shared)])
    assert found(index, "valve") == ["red pump. blue valve.", "blue valve. green hose."]
    assert found(index, "pump") == ["red pump. blue valve."]


def test_a_build_stops_when_it_is_told_to() -> None:
    def stop() -> None:
        raise SessionClosed

    with pytest.raises(SessionClosed):
        Bm25Index([source("a", "red pump")], stop)
