"""Takes sentences out of a text without losing the marks of the others."""

from collections.abc import Iterable, Sequence

from ai_llm_service.search.marks import Mark, Marked
from ai_llm_service.text import Span, sentences


def without_sentences(marked: Marked, dropped: Iterable[str]) -> Marked:
    """The text without these sentences, as they stand, and without their marks."""
    unwanted = set(dropped)
    spans = [
        span for span in sentences(marked.text) if marked.text[slice(*span)].strip() in unwanted
    ]
    marks = [
        Mark(mark.offset - _length_before(spans, mark.offset), mark.passages)
        for mark in marked.marks
        if not any(start < mark.offset <= end for start, end in spans)
    ]
    kept: list[str] = []
    read_to = 0
    for start, end in spans:
        kept.append(marked.text[read_to:start])
        read_to = end
    kept.append(marked.text[read_to:])
    return Marked("".join(kept), tuple(marks))


def _length_before(spans: Sequence[Span], offset: int) -> int:
    return sum(min(end, offset) - start for start, end in spans if start < offset)
