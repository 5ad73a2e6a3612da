"""Finding the right chunks of a session."""

import pytest

from ai_llm_service.domain import Chunk, Document, DocumentState, Extraction
from ai_llm_service.errors import SessionClosed
from ai_llm_service.search.base import Ingested, Source
from ai_llm_service.search.postings import BLOCK_CHUNKS
from ai_llm_service.search.retrieve import SessionIndex
from ai_llm_service.text import Chunks


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


def found(index: SessionIndex, question: str, limit: int = 5) -> list[str]:
    return [index.chunk(position).text for position, _ in index.ask(question, limit).hits]


def test_the_chunk_that_shares_the_rare_words_comes_first() -> None:
    index = SessionIndex([source("a", "the pump is red", "the pump leaks oil", "the valve is red")])
    assert found(index, "Which pump leaks?") == ["the pump leaks oil", "the pump is red"]


def test_a_score_is_a_share_of_the_best_possible() -> None:
    index = SessionIndex([source("a", "pump pump pump pump pump", "valve", "hose", "nothing")])
    (_, sure), *_ = index.ask("pump", 5).hits
    (_, unsure), *_ = index.ask("pump submarine telescope", 5).hits
    assert 0 < unsure < 0.5 < sure <= 1


def test_equal_chunks_come_in_the_order_of_their_documents() -> None:
    sources = [source(name, "same words", "same words") for name in ("c", "a", "b")]
    positions = [position for position, _ in SessionIndex(sources).ask("same words", 4).hits]
    assert positions == [0, 1, 2, 3]


def test_a_search_may_stay_within_one_document() -> None:
    index = SessionIndex([source("a", "red pump"), source("b", "blue pump", "a hose")])
    (hit,) = index.ask("red pump", 5, [index.positions("b")]).hits
    assert index.chunk(hit[0]).text == "blue pump"
    assert index.ask("red pump", 5, [index.positions("unknown")]).hits == ()


def test_the_name_of_a_document_counts_a_little() -> None:
    texts = ("the price rose", "wages fell")
    index = SessionIndex(
        [source("a", *texts, name="2019.txt"), source("b", *texts, name="2020_prices.txt")]
    )
    positions = [position for position, _ in index.ask("price in 2020", 4).hits]
    assert positions[0] == 2


def test_of_a_log_the_line_that_says_most_comes_first() -> None:
    index = SessionIndex(
        [
            source(
                "a",
                "2024-05-01 10:00:01 INFO user lena logged in\n"
                "2024-05-01 10:00:02 INFO port 22 open\n"
                "2024-05-01 10:00:02 INFO port 23 failed",
                "2024-05-01 10:00:05 INFO user paul logged in\n"
                "2024-05-01 10:00:06 INFO user lena failed on port 24\n"
                "2024-05-01 10:00:07 INFO cron started the job that cleans the folder",
            )
        ]
    )
    assert "port 24" in found(index, "On which port did the user lena fail?")[0]


def test_a_document_that_the_best_passage_names_comes_next() -> None:
    index = SessionIndex(
        [
            source("a", "Blue Harbour", "The film Blue Harbour was directed by Lena Marsh."),
            source("b", "Old towns", "The town grows old beside its harbour."),
            source("c", "Lena Marsh", "She was born in Oslo."),
        ]
    )
    hits = index.ask("In which town was the director of the film Blue Harbour born?", 5).hits
    order = list(dict.fromkeys(index.chunk(position).document_id for position, _ in hits))
    assert order[:2] == ["a", "c"]


def test_what_several_documents_begin_with_is_the_title_of_none() -> None:
    index = SessionIndex(
        [
            source("a", "United States", "The mill of the United States stands in Ohio."),
            source("b", "United States", "Nothing is said here."),
        ]
    )
    assert found(index, "Where does the mill stand?") == [
        "The mill of the United States stands in Ohio."
    ]


@pytest.mark.parametrize("question", ["", "the of and", "zebra"])
def test_nothing_in_common_finds_nothing(question: str) -> None:
    assert found(SessionIndex([source("a", "red pump")]), question) == []
    assert found(SessionIndex([]), question) == []


def test_a_word_is_found_in_every_one_of_many_thousand_chunks() -> None:
    lines = [f"line {number} says pump" for number in range(2 * BLOCK_CHUNKS + 3)]
    index = SessionIndex([source("a", *lines), source("b", "the valve is shut")])
    for number in (0, BLOCK_CHUNKS - 1, BLOCK_CHUNKS, 2 * BLOCK_CHUNKS + 2):
        assert found(index, f"Which line says {number}?")[0] == lines[number]
    assert found(index, "Is the valve shut?") == ["the valve is shut"]
    assert len(index.ask("pump", 10_000).hits) == len(lines)


def test_what_chunks_share_counts_for_each_of_them() -> None:
    text = "red pump. blue valve. green hose."
    shared = Ingested(Extraction(text), Chunks("a", text, [(0, 21), (10, 33)]))
    index = SessionIndex([Source(document("a"), shared)])
    assert found(index, "valve") == ["red pump. blue valve.", "blue valve. green hose."]
    assert found(index, "pump") == ["red pump. blue valve."]


def test_a_build_stops_when_it_is_told_to() -> None:
    def stop() -> None:
        raise SessionClosed

    with pytest.raises(SessionClosed):
        SessionIndex([source("a", "red pump")], stop)
