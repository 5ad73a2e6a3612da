"""The part of a long text that matters most."""

from collections.abc import Mapping, Sequence

from ai_llm_service.text.patterns import Pattern
from ai_llm_service.text.words import words

# Scripts without spaces, base64: what has no blanks is looked at in pieces.
_PIECE = Pattern(r"\S{1,64}")
_BLANK = Pattern(r"\s+")
_LAST_BLANK = Pattern(r"\s+\S*\Z")
# What stands before a match says what it is about.
SHARE_BEFORE = 1 / 3

_Hit = tuple[int, int, frozenset[str]]


def best_part(text: str, weights: Mapping[str, float], max_characters: int) -> tuple[int, int]:
    """The span, of at most so many characters, that has most of the words by their weights.

    It is not cut within a word where there are blanks. Without any of the words, the beginning.
    """
    if len(text) <= max_characters:
        return 0, len(text)
    pieces = [match.span() for match in _PIECE.finditer(text)]
    hits = [
        (start, end, found)
        for start, end in pieces
        if (found := frozenset(words(text[start:end])) & weights.keys())
    ]
    first, last = _densest(hits, weights, max_characters)
    before = int((max_characters - (last - first)) * SHARE_BEFORE)
    start = max(0, min(first - before, len(text) - max_characters))
    end = start + max_characters
    return _after_blank(text, start, first), _before_blank(text, end, last)


def _densest(
    hits: Sequence[_Hit], weights: Mapping[str, float], max_characters: int
) -> tuple[int, int]:
    """The stretch of hits that says most; of those that say as much, the shortest and first."""
    best = (0.0, 0)
    stretch = (0, 0)
    for number, (start, _, _) in enumerate(hits):
        said: frozenset[str] = frozenset()
        for _, end, found in hits[number : number + max_characters]:
            if end - start > max_characters:
                break
            said |= found
            value = (sum(weights[word] for word in said), start - end)
            if value > best:
                best, stretch = value, (start, end)
    return stretch


def _after_blank(text: str, start: int, latest: int) -> int:
    """Where the next word begins, if that is not after what must be kept."""
    if start == 0 or text[start - 1].isspace():
        return start
    blank = _BLANK.search(text, start, max(start, latest))
    return blank.end() if blank else start


def _before_blank(text: str, end: int, earliest: int) -> int:
    """Where the last whole word ends, if that is not before what must be kept."""
    if end >= len(text) or text[end].isspace():
        return end
    kept = _LAST_BLANK.search(text, earliest, end)
    return kept.start() if kept else end
