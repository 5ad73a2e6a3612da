"""Chunks: ranges of the canonical text that hold all of it."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_llm_service.domain import Chunk, Extraction, Section, SectionKind
from ai_llm_service.search.split import MAX_PIECE_TOKENS, split_text
from ai_llm_service.text import count_tokens_alike


def uncovered(text: str, chunks: Iterable[Chunk]) -> str:
    left, done = "", 0
    for chunk in chunks:
        left += text[done : chunk.start]
        done = max(done, chunk.end)
    return (left + text[done:]).strip()


def paged(*pages: str) -> Extraction:
    text, sections = "", []
    for number, page in enumerate(pages, 1):
        sections.append(Section(SectionKind.PAGE, str(number), len(text), len(text) + len(page)))
        text += page + "\n\n"
    return Extraction(text.removesuffix("\n\n"), tuple(sections))


@given(
    st.lists(
        st.sampled_from(
            [
                "word ",
                "long" * 90,
                "x" * 2000,
                "End. ",
                "\n",
                "\n\n",
                "क्षि" * 40,
                "北京。",
                "1,2,3\n",
            ]
        ),
        max_size=80,
    ).map("".join)
)
def test_chunks_are_exact_ranges_that_hold_every_character(text: str) -> None:
    chunks = split_text("d1", Extraction(text))
    assert all(chunk.text == text[chunk.start : chunk.end] for chunk in chunks)
    assert [chunk.number for chunk in chunks] == list(range(len(chunks)))
    assert uncovered(text, chunks) == ""
    assert all(chunk.text == chunk.text.strip() != "" for chunk in chunks)
    assert all(count_tokens_alike(chunk.text) <= MAX_PIECE_TOKENS * 1.2 for chunk in chunks)


def test_a_chunk_never_crosses_a_page() -> None:
    extraction = paged("Short page.", "", *(f"Page {n} has this sentence. " * 40 for n in range(5)))
    chunks = split_text("d1", extraction)
    for chunk in chunks:
        assert any(
            page.start <= chunk.start and chunk.end <= page.end for page in extraction.sections
        )
    assert uncovered(extraction.text, chunks) == ""


def test_chunks_are_whole_sentences_one_behind_the_other() -> None:
    text = " ".join(f"This is the sentence with the number {n} of the text." for n in range(200))
    chunks = split_text("d1", Extraction(text))
    assert len(chunks) > 20
    assert " ".join(chunk.text for chunk in chunks) == text
    assert all(chunk.text.startswith("This is") for chunk in chunks)
    assert all(chunk.text.endswith("of the text.") for chunk in chunks)


def test_lines_of_a_log_stay_whole() -> None:
    lines = [f"2024-01-01 12:00:{n % 60:02} INFO worker {n} done. Next. Ok" for n in range(300)]
    for chunk in split_text("d1", Extraction("\n".join(lines))):
        assert set(chunk.text.split("\n")) <= set(lines)


@pytest.mark.parametrize("text", ["x" * 5_000_000, "." * 2_000_000, "a\u0301\u0302" * 500_000])
def test_one_endless_line_is_cut(text: str) -> None:
    chunks = split_text("d1", Extraction(text))
    assert chunks[-1].end == len(text)
    assert max(len(chunk.text) for chunk in chunks) < 2_000


def test_a_blank_text_has_no_chunks() -> None:
    assert not split_text("d1", Extraction(" \n\t "))
