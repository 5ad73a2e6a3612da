"""Cuts a canonical text into chunks: windows of whole sentences, one behind the other."""

import unicodedata
from collections.abc import Iterator
from itertools import pairwise

from ai_llm_service.domain import Extraction, SectionKind
from ai_llm_service.text import Chunks, Span, count_tokens_alike, each_sentence

# Small, so that a place is exact; retrieval looks at the chunks around it, too.
CHUNK_TOKENS = 100
# A text that is cut otherwise than before gets another name here.
SPLIT_RECIPE = "split-3"
# No chunk crosses the border of one of these.
CUT_AT = frozenset([SectionKind.PAGE, SectionKind.SLIDE, SectionKind.SHEET, SectionKind.PART])
# A piece of a sentence that is too long for a chunk.
PIECE_CHARACTERS = 320
# More marks than this on one letter are no writing.
MAX_MARKS = 16
# A sentence up to that length stays whole.
MAX_PIECE_TOKENS = 150


def split_text(document_id: str, extraction: Extraction) -> Chunks:
    """Cut the text into chunks that hold all of it; none crosses the border of a page or sheet."""
    text = extraction.text
    windows = (
        window for start, end in _regions(extraction) for window in _windows(text, start, end)
    )
    return Chunks(document_id, text, windows)


def _regions(extraction: Extraction) -> Iterator[Span]:
    """Take the pages, slides, sheets and parts, and whatever stands between them."""
    borders = {0, len(extraction.text)}
    for section in extraction.sections:
        if section.kind in CUT_AT:
            borders |= {section.start, section.end}
    return pairwise(sorted(borders))


def _windows(text: str, start: int, end: int) -> Iterator[Span]:
    """Pack units until a chunk is full."""
    window: list[tuple[Span, int]] = []
    tokens = 0
    for unit in _units(text, start, end):
        if window and tokens + unit[1] > CHUNK_TOKENS:
            yield window[0][0][0], window[-1][0][1]
            window, tokens = [], 0
        window.append(unit)
        tokens += unit[1]
    if window:
        yield window[0][0][0], window[-1][0][1]


def _units(text: str, start: int, end: int) -> Iterator[tuple[Span, int]]:
    """Take each sentence with its tokens; one that would fill a chunk alone comes in pieces."""
    region = text if (start, end) == (0, len(text)) else text[start:end]
    for first, last in each_sentence(region):
        tokens = count_tokens_alike(region[first:last])
        if tokens <= MAX_PIECE_TOKENS:
            yield (start + first, start + last), tokens
            continue
        for piece in _pieces(region, first, last):
            yield (start + piece[0], start + piece[1]), count_tokens_alike(region[slice(*piece)])


def _pieces(text: str, start: int, end: int) -> Iterator[Span]:
    """Cut at a blank where there is one, else anywhere but before a mark of a letter."""
    while start < end:
        cut = min(end, start + PIECE_CHARACTERS)
        while count_tokens_alike(text[start:cut]) > MAX_PIECE_TOKENS:
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
