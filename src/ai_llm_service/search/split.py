"""Cuts a canonical text into chunks: overlapping windows of whole sentences."""

import unicodedata
from collections.abc import Iterator

from ai_llm_service.domain import Extraction, SectionKind
from ai_llm_service.text import Chunks, Span, each_sentence, estimate_tokens

# Measured on the evaluation sets: 250 tokens with an overlap of up to a half found most.
CHUNK_TOKENS = 250
OVERLAP_TOKENS = 100
# A piece of a sentence that is too long for a chunk; small, so that pieces overlap, too.
PIECE_CHARACTERS = 320
# More marks than this on one letter are no writing.
MAX_MARKS = 16
MAX_PIECE_TOKENS = CHUNK_TOKENS - OVERLAP_TOKENS


def split_text(document_id: str, extraction: Extraction) -> Chunks:
    """Cut the text into chunks that hold all of it; none crosses the border of a page."""
    text = extraction.text
    windows = (
        window for start, end in _regions(extraction) for window in _windows(text, start, end)
    )
    return Chunks(document_id, text, windows)


def _regions(extraction: Extraction) -> Iterator[Span]:
    """Take the pages and whatever stands between them, or the whole text."""
    done = 0
    for section in extraction.sections:
        if section.kind is SectionKind.PAGE:
            yield done, section.start
            yield section.start, section.end
            done = section.end
    yield done, len(extraction.text)


def _windows(text: str, start: int, end: int) -> Iterator[Span]:
    """Pack units until a chunk is full; the next one begins with the last units of this one."""
    window: list[tuple[Span, int]] = []
    tokens = 0
    for unit in _units(text, start, end):
        if window and tokens + unit[1] > CHUNK_TOKENS:
            yield window[0][0][0], window[-1][0][1]
            window = _overlap(window, min(OVERLAP_TOKENS, CHUNK_TOKENS - unit[1]))
            tokens = sum(count for _, count in window)
        window.append(unit)
        tokens += unit[1]
    if window:
        yield window[0][0][0], window[-1][0][1]


def _overlap(window: list[tuple[Span, int]], room_tokens: int) -> list[tuple[Span, int]]:
    """Keep the last units that have room, and never all of them."""
    kept = 0
    for number in range(len(window) - 1, 0, -1):
        kept += window[number][1]
        if kept > room_tokens:
            return window[number + 1 :]
    return window[1:]


def _units(text: str, start: int, end: int) -> Iterator[tuple[Span, int]]:
    """Take each sentence with its tokens; one that would fill a chunk alone comes in pieces."""
    region = text if (start, end) == (0, len(text)) else text[start:end]
    for first, last in each_sentence(region):
        tokens = estimate_tokens(region[first:last])
        if tokens <= MAX_PIECE_TOKENS:
            yield (start + first, start + last), tokens
            continue
        for piece in _pieces(region, first, last):
            yield (start + piece[0], start + piece[1]), estimate_tokens(region[slice(*piece)])


def _pieces(text: str, start: int, end: int) -> Iterator[Span]:
    """Cut at a blank where there is one, else anywhere but before a mark of a letter."""
    while start < end:
        cut = min(end, start + PIECE_CHARACTERS)
        while cut < end and estimate_tokens(text[start:cut]) > MAX_PIECE_TOKENS:
            cut = start + (cut - start) // 2
        cut = _good_cut(text, start, cut) if cut < end else end
        yield start, start + len(text[start:cut].rstrip())
        start = cut
        while start < end and text[start].isspace():
            start += 1


def _good_cut(text: str, start: int, cut: int) -> int:
    for blank in ("\n", " "):
        at = text.rfind(blank, start + (cut - start) // 2, cut)
        if at > start:
            return at + 1
    for before in range(cut, max(start, cut - MAX_MARKS), -1):
        if not unicodedata.category(text[before]).startswith("M"):
            return before
    return cut
