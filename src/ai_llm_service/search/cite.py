"""From the marks of a generation to citations with their quotes, and the classic rendering."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ai_llm_service.domain import Citation, Extraction, Passage
from ai_llm_service.domain.places import place_of, rows_of
from ai_llm_service.providers.base import Similarity
from ai_llm_service.search.checks import Checks
from ai_llm_service.search.marks import Mark, Marked, take_marks
from ai_llm_service.search.verify import (
    COST_OF_A_SENTENCE,
    MAX_QUOTE_SENTENCES,
    Support,
)
from ai_llm_service.text import Span, best_part, sentences, words

MAX_QUOTE_CHARACTERS = 600
# Less than this between two marks of a sentence says nothing by itself.
LEAST_WORDS = 2

_LIST_LINE = re.compile(r"\s*(?:[-*]\s*)?[\[【](\d{1,4})[\]】]:?\s*(.+?)\s*")
_HEADING = re.compile(r"\W*(?:sources?|references?|citations?|documents?)\W*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cited:
    """A text with its marks renumbered per file, and the citations behind them.

    `unsupported` are its sentences that no passage supports; `marked` is it before rendering.
    """

    text: str
    citations: tuple[Citation, ...]
    unsupported: tuple[str, ...]
    marked: Marked


def cite(
    text: str,
    question: str,
    passages: Sequence[Passage],
    texts: Mapping[str, Extraction],
    similarity: Similarity | None = None,
) -> Cited:
    """Number the cited files in the order of their first mark; find and check each quote."""
    marked = take_marks(_without_own_list(text, passages), len(passages))
    return cite_marked(marked, question, passages, texts, similarity)


def cite_marked(
    marked: Marked,
    question: str,
    passages: Sequence[Passage],
    texts: Mapping[str, Extraction],
    similarity: Similarity | None = None,
) -> Cited:
    """The same for a text that was parted from its marks."""
    checks = Checks(passages, similarity)
    numbers: dict[str, int] = {}
    found: dict[tuple[str, int, int, bool], Citation] = {}
    weak: list[Span] = []
    rendered: list[str] = []
    read_to = 0
    for mark, (start, end) in zip(marked.marks, _statements(marked), strict=True):
        statement = marked.text[start:end]
        supports = checks.supports(statement, mark.passages)
        cited = []
        for passage, support in zip(mark.passages, supports, strict=True):
            chosen = passages[passage - 1]
            file_number = numbers.setdefault(chosen.chunk.document_id, len(numbers) + 1)
            cited.append(file_number)
            placed = support or _nearest(chosen.chunk.text, statement, question)
            _keep(found, _citation(chosen, file_number, placed, statement, texts))
        if mark.passages and not any(support and support.is_verified for support in supports):
            weak.append((start, end))
        rendered.append(marked.text[read_to : mark.offset])
        rendered.append(_render(cited, marked.text, mark.offset))
        read_to = mark.offset
    rendered.append(marked.text[read_to:])
    unsupported = _unsupported(marked, weak, checks)
    return Cited("".join(rendered), tuple(found.values()), unsupported, marked)


def _keep(found: dict[tuple[str, int, int, bool], Citation], new: Citation) -> None:
    """Each place once, or twice where it supports one sentence and another one not."""
    key = (new.document_id, new.start, new.end, new.verified)
    old = found.get(key)
    if old is None or old.support < new.support:
        found[key] = new


def _unsupported(marked: Marked, weak: Sequence[Span], checks: Checks) -> tuple[str, ...]:
    """The sentences, as they stand, that nothing cited or given supports."""
    if not marked.marks:
        return ()
    cited = dict.fromkeys(number for mark in marked.marks for number in mark.passages)
    found = []
    for start, end in sentences(marked.text):
        sentence = marked.text[start:end]
        has_mark = any(start <= mark.offset <= end for mark in marked.marks)
        is_weak = any(first < end and start < last for first, last in weak)
        if is_weak or (not has_mark and not checks.is_supported(sentence, cited)):
            found.append(sentence.strip())
    return tuple(dict.fromkeys(found))


def with_list(text: str, citations: Iterable[Citation]) -> str:
    """The text with its cited files, one a line, after a blank line."""
    names = {citation.number: " ".join(citation.document.split()) for citation in citations}
    if not names:
        return text
    lines = [f"[{number}] {name}" for number, name in sorted(names.items())]
    return "\n\n".join([text.rstrip(), "\n".join(lines)])


def without_marks(text: str) -> str:
    """An earlier answer as it reads without the classic rendering of its citations."""
    body, _, block = text.rpartition("\n\n")
    lines = [_LIST_LINE.fullmatch(line) for line in block.split("\n")]
    numbers = {int(line[1]) for line in lines if line}
    if not body or not all(lines) or numbers != set(range(1, len(lines) + 1)):
        return text
    return take_marks(body, max(numbers)).text


def _without_own_list(text: str, passages: Sequence[Passage]) -> str:
    """Drop a list of sources that the model wrote although it was told not to."""
    lines = text.rstrip().split("\n")
    end = len(lines)
    while end and _names_its_passage(lines[end - 1], passages):
        end -= 1
    if end == len(lines):
        return text
    while end and (not lines[end - 1].strip() or _HEADING.fullmatch(lines[end - 1])):
        end -= 1
    return "\n".join(lines[:end]) if end else text


def _names_its_passage(line: str, passages: Sequence[Passage]) -> bool:
    match = _LIST_LINE.fullmatch(line)
    if not match or not 1 <= int(match[1]) <= len(passages):
        return False
    name = passages[int(match[1]) - 1].document_name
    rest = match[2].replace(name, "", 1)
    return name in match[2] and len(rest) < 20


def _statements(marked: Marked) -> list[Span]:
    """What each mark stands for: the sentence that it ends, or begins where it opens a line.

    A second mark in one sentence stands for what follows the first one.
    """
    spans = sentences(marked.text)
    found: list[Span] = []
    last = 0
    for mark in marked.marks:
        found.append(_statement(marked.text, mark, spans, last))
        last = mark.offset
    return found


def _statement(text: str, mark: Mark, spans: Sequence[Span], last: int) -> Span:
    opens_line = not text[: mark.offset].rpartition("\n")[2].strip()
    for start, end in spans:
        if opens_line and start >= mark.offset:
            return start, end
        if start < mark.offset <= end and not opens_line:
            return _said_before(text, mark, (start, end), max(start, last))
    before = [span for span in spans if span[1] <= mark.offset]
    return before[-1] if before else (0, len(text))


def _said_before(text: str, mark: Mark, span: Span, last: int) -> Span:
    """What stands between the mark and the one before it, or else the beginning, or all of it."""
    for first in (last, span[0]):
        if len(words(text[first : mark.offset])) >= LEAST_WORDS:
            return first, mark.offset
    return (span[0], mark.offset) if words(text[span[0] : mark.offset]) else span


def _nearest(text: str, statement: str, question: str) -> Support:
    """Where nothing of a statement is said: what shares most with it, else with the question."""
    spans = [span for start, end in sentences(text) if (span := _trimmed(text, start, end))]
    if not spans:
        return Support(0, len(text), 0.0, is_verified=False)
    found = [set(words(text[start:end])) for start, end in spans]
    for wanted in (set(words(statement)), set(words(question))):
        window = _best_window(found, wanted)
        if window:
            return Support(spans[window[0]][0], spans[window[1]][1], 0.0, is_verified=False)
    return Support(*spans[0], 0.0, is_verified=False)


def _best_window(found: Sequence[set[str]], wanted: set[str]) -> tuple[int, int] | None:
    """The first and last of up to three sentences; rare words of the passage weigh more."""
    spread = Counter(word for group in found for word in group & wanted)
    total = sum(1 / count for count in spread.values())
    best: tuple[float, int, int] | None = None
    for first in range(len(found)):
        covered: set[str] = set()
        for last in range(first, min(first + MAX_QUOTE_SENTENCES, len(found))):
            covered |= found[last] & wanted
            if not covered:
                continue
            share = sum(1 / spread[word] for word in covered) / total
            value = share - COST_OF_A_SENTENCE * (last - first)
            if best is None or value > best[0] + 1e-9:
                best = (value, first, last)
    return best[1:] if best else None


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    part = text[start:end]
    start += len(part) - len(part.lstrip())
    end -= len(part) - len(part.rstrip())
    return (start, end) if start < end else None


def _at_most(text: str, start: int, end: int, wanted: set[str]) -> tuple[int, int]:
    """Cut a quote that is too long around the words that it is quoted for."""
    first, last = best_part(text[start:end], dict.fromkeys(wanted, 1.0), MAX_QUOTE_CHARACTERS)
    return _trimmed(text, start + first, start + last) or (start, end)


def _citation(
    passage: Passage,
    number: int,
    support: Support,
    statement: str,
    texts: Mapping[str, Extraction],
) -> Citation:
    chunk = passage.chunk
    extraction = texts[chunk.document_id]
    wanted = set(words(statement))
    start, end = _at_most(chunk.text, support.start, support.end, wanted)
    first, last = chunk.start + start, chunk.start + end
    place = place_of(extraction, first)
    return Citation(
        number=number,
        document_id=chunk.document_id,
        document=passage.document_name,
        page=place.page,
        line=place.line,
        start=first,
        end=last,
        quote=extraction.text[first:last],
        verified=support.is_verified,
        support=support.score,
        slide=place.slide,
        sheet=place.sheet,
        rows=rows_of(extraction, first, last),
    )


def _render(numbers: Iterable[int], text: str, offset: int) -> str:
    """` [1] [2]`, each file once; without the blank where the mark opens a line."""
    marks = " ".join(f"[{number}]" for number in dict.fromkeys(numbers))
    opens_line = not offset or text[offset - 1].isspace()
    return marks if opens_line else f" {marks}"
