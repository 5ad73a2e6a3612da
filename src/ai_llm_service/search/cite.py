"""From the marks of a generation to citations with their quotes, and the classic rendering."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ai_llm_service.domain import Citation, Extraction, Passage
from ai_llm_service.search.marks import Mark, take_marks
from ai_llm_service.search.passages import page_of
from ai_llm_service.text import best_part, line_of, sentences, words

MAX_QUOTE_SENTENCES = 3
MAX_QUOTE_CHARACTERS = 600
# What one more sentence must add to a quote, as a share of the statement's words.
COST_OF_A_SENTENCE = 0.1

_LIST_LINE = re.compile(r"\s*(?:[-*]\s*)?[\[【](\d{1,4})[\]】]:?\s*(.+?)\s*")
_HEADING = re.compile(r"\W*(?:sources?|references?|citations?|documents?)\W*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cited:
    """A text with its marks renumbered per file, and the citations behind them."""

    text: str
    citations: tuple[Citation, ...]


def cite(
    text: str, question: str, passages: Sequence[Passage], texts: Mapping[str, Extraction]
) -> Cited:
    """Number the cited files in the order of their first mark and find each quote."""
    marked = take_marks(_without_own_list(text, passages), len(passages))
    spans = sentences(marked.text)
    numbers: dict[str, int] = {}
    citations: dict[Citation, None] = {}
    rendered: list[str] = []
    read_to = 0
    for mark in marked.marks:
        statement = _statement(marked.text, mark, spans)
        found = [_locate(passages[number - 1], statement, question) for number in mark.passages]
        cited = []
        for passage, (start, end) in zip(mark.passages, found, strict=True):
            chosen = passages[passage - 1]
            file_number = numbers.setdefault(chosen.chunk.document_id, len(numbers) + 1)
            cited.append(file_number)
            citations[_citation(chosen, file_number, start, end, texts)] = None
        rendered.append(marked.text[read_to : mark.offset])
        rendered.append(_render(cited, marked.text, mark.offset))
        read_to = mark.offset
    rendered.append(marked.text[read_to:])
    return Cited("".join(rendered), tuple(citations))


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


def _statement(text: str, mark: Mark, spans: Sequence[tuple[int, int]]) -> str:
    """The sentence that a mark ends, or begins where the mark opens a line."""
    opens_line = not text[: mark.offset].rpartition("\n")[2].strip()
    for start, end in spans:
        if opens_line and start >= mark.offset:
            return text[start:end]
        if start < mark.offset <= end and not opens_line:
            said = text[start : mark.offset]
            return said if words(said) else text[start:end]
    before = [span for span in spans if span[1] <= mark.offset]
    return text[slice(*before[-1])] if before else text


def _locate(passage: Passage, statement: str, question: str) -> tuple[int, int]:
    """The range of the passage that shares most with the statement, else with the question."""
    text = passage.chunk.text
    spans = [span for start, end in sentences(text) if (span := _trimmed(text, start, end))]
    if not spans:
        return 0, len(text)
    found = [set(words(text[start:end])) for start, end in spans]
    for wanted in (set(words(statement)), set(words(question))):
        window = _best_window(found, wanted)
        if window:
            first, last = window
            return _at_most(text, spans[first][0], spans[last][1], wanted)
    return _at_most(text, *spans[0], set())


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
    passage: Passage, number: int, start: int, end: int, texts: Mapping[str, Extraction]
) -> Citation:
    chunk = passage.chunk
    extraction = texts[chunk.document_id]
    first, last = chunk.start + start, chunk.start + end
    return Citation(
        number=number,
        document_id=chunk.document_id,
        document=passage.document_name,
        page=page_of(extraction, first),
        line=line_of(extraction.text, first),
        start=first,
        end=last,
        quote=extraction.text[first:last],
    )


def _render(numbers: Iterable[int], text: str, offset: int) -> str:
    """` [1] [2]`, each file once; without the blank where the mark opens a line."""
    marks = " ".join(f"[{number}]" for number in dict.fromkeys(numbers))
    opens_line = not offset or text[offset - 1].isspace()
    return marks if opens_line else f" {marks}"
