"""What a question asks for: the column behind `which country`, `who`, `when`, `how many goals`."""

import re
from dataclasses import dataclass

from ai_llm_service.search.tables.rules.grid import Column
from ai_llm_service.search.tables.rules.links import ColumnLink, Span
from ai_llm_service.search.tables.rules.question import Question
from ai_llm_service.search.tables.rules.words import stem, words_of

HEAD_WORDS = 4
_HEAD = re.compile(
    r"\b(?:which|what|whose|name|list|tell me|give|who|when|where)\b"
    r"(?:\s+(?:is|was|were|are|be)\b)?"
    r"(?:\s+(?:the|a|an|all|only|of|these|this|that|one|other|listed|first|last|next|final|"
    r"(?:name|title)s? of)\b)*"
)
PERSON = frozenset(
    ("name", "player", "driver", "rider", "winner", "athlet", "artist", "swimmer", "candid",
     "actor", "member", "coach", "manag", "presid", "champion", "wrestler", "skip", "competitor",
     "contest", "senat", "repres", "pilot", "cyclist")
)  # fmt: skip
BETWEEN = frozenset(
    ("has", "have", "had", "did", "does", "is", "was", "with", "in", "that", "won", "scored",
     "were", "are", "by", "for", "at", "who", "on")
)  # fmt: skip


@dataclass(frozen=True)
class Head:
    """The column that is asked for, the words that say so, and how sure that is."""

    column: Column
    span: Span
    strength: float
    noun: Span | None = None

    def covers(self, span: Span) -> bool:
        """Tell whether the words are part of what asks: a cell may stand before the noun."""
        return span.overlaps(self.noun or self.span)


def head_of(question: Question) -> Head | None:
    """Find the column that a question asks for, at its first question word."""
    match = _HEAD.search(question.text)
    if match is None:
        return None
    word = match[0].split()[0]
    start = len(words_of(question.text[: match.start()]))
    end = len(words_of(question.text[: match.end()]))
    if word in {"who", "whose"}:
        return by_kind(question, PERSON, Span(start, end))
    if word == "when":
        return _of_time(question, Span(start, end))
    if word == "where":
        kinds = frozenset(("locat", "place", "venu", "citi", "site", "stadium", "countri"))
        return by_kind(question, kinds, Span(start, end), strict=True)
    return _label(question, match, Span(start, end)) or _named(question, Span(start, end))


def _label(question: Question, match: re.Match[str], span: Span) -> Head | None:
    """`The title of the part` asks for the column of titles, where there is one."""
    word = re.search(r"\b(name|title)s? of\b", match[0])
    for column in question.grid.columns if word else ():
        if word and column.stems == (stem(word[1]),):
            return Head(column, span, 1.0)
    return None


def _named(question: Question, span: Span) -> Head | None:
    start = span.end
    for value in sorted(question.links.values, key=lambda v: v.span.start):
        # "What was V's Y": the cell stands before the column.
        if start <= value.span.start <= start + 1:
            start = value.span.end
    links = question.columns(start, start + HEAD_WORDS)
    links = [c for c in links if not _is_broken(question, start, c.span.start)]
    if not links:
        return None
    first = min(c.span.start for c in links)
    best = max((c for c in links if c.span.start <= first + 1), key=lambda c: c.strength)
    return Head(best.column, Span(span.start, best.span.end), best.strength, best.span)


def _is_broken(question: Question, start: int, end: int) -> bool:
    """Tell whether a verb or a preposition stands between the question word and the column."""
    between = {word.text for word in question.links.words[start:end]}
    return bool(between & BETWEEN)


def by_kind(
    question: Question, kinds: frozenset[str], span: Span, *, strict: bool = False
) -> Head | None:
    for column in question.grid.columns:
        if set(column.stems) & kinds and not column.is_numeric:
            return Head(column, span, 0.9)
    if strict:
        return None
    key = question.grid.key
    return None if key is None else Head(key, span, 0.7)


def _of_time(question: Question, span: Span) -> Head | None:
    times = [column for column in question.grid.columns if column.is_time]
    return Head(times[0], span, 0.9 if len(times) == 1 else 0.6) if times else None


def head_or_key(question: Question) -> Head | None:
    """Find the head; words that name no column ask for the row itself."""
    head = head_of(question)
    key = question.grid.key
    if head is not None or key is None:
        return head
    match = re.search(r"\b(?:which|who|what(?! (?:is|was|were|are)\b)|name|list)\b", question.text)
    if match is None:
        return None
    span = question.span_of(match)
    return Head(key, Span(span.start, span.end + 1), 0.55)


def is_plural(question: Question, head: Head) -> bool:
    """Tell whether several are asked for."""
    words = question.links.words[head.span.start : head.span.end]
    return bool(words) and words[-1].text.endswith("s") and not words[-1].text.endswith("ss")


def measure_after(question: Question, at: int, reach: int = 5) -> ColumnLink | None:
    """Find the column of numbers that is named at or soon after a word."""
    links = [c for c in question.columns(at, at + reach) if c.column.is_numeric or c.column.is_rank]
    links = [c for c in links if not c.column.is_id]
    if not links:
        return None
    first = min(c.span.start for c in links)
    near = [c for c in links if c.span.start <= first + 1]
    # The longer of two names that begin alike.
    return max(near, key=lambda c: (c.strength, c.span.end - c.span.start))
