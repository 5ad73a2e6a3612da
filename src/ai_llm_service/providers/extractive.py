"""Answers without a language model: the best sentences of the passages, word for word."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ai_llm_service.domain import Generation, Passage
from ai_llm_service.providers.base import Prompt
from ai_llm_service.text import best_part, sentences, words

NAME = "extractive"
MAX_SENTENCES = 4
MAX_CHARACTERS = 600
OPENING_SENTENCES = 3
# A sentence that says less of the question than this, by its rare words, is chance; unless it
# has so many of its words: what all passages were found by is not rare among them.
LEAST_SHARE = 0.2
LEAST_WORDS = 0.4
# A word that stands in all of two sentences is not therefore a common word.
UNSEEN_SENTENCES = 10
# Beside the best sentence stand only those that come near to it.
NEAR_THE_BEST = 0.5
# How much the passage around a sentence counts.
PASSAGE_WEIGHT = 0.5
MIN_CELLS = 3

ABSTENTION = (
    "The documents do not answer this in words that can be quoted. "
    "Ask with words that the documents use, or have a language model configured."
)
OPENING = "Without a language model the documents can't be summarised. They begin:"

_ABOUT_THE_WHOLE = re.compile(
    r"\b(?:summar\w*|overview|gist|tl;?dr|key points|main (?:points|ideas|topics?)|outline)\b"
    r"|\bwhat (?:is|are|does|do) (?:this|that|the|these|it)\b.{0,40}\b(?:about|say|contain)\b"
    r"|\b(?:résum\w*|resum\w*|zusammenfass\w*)|सारांश|सार |摘要|总结|概要|ملخص|لخص|সারাংশ|சுருக்க",
    re.IGNORECASE | re.DOTALL,
)
_REQUEST_WORDS = frozenset(
    words(
        "summary summarise summarize summaries summarised overview gist tl dr key main points ideas"
        " topic topics outline document documents file files text report log data say contain give"
        " please short brief whole all everything list tell"
    )
)
# A document's own `[2]` must not read as the mark of passage 2.
_BRACKETED_NUMBER = re.compile(r"\[(?=\s*\d[\d\s,;–-]*\])")
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sentence of a passage. A higher score is a better match."""

    passage_number: int
    document_id: str
    start: int
    text: str
    terms: frozenset[str]
    header: str | None = None
    score: float = 0.0


class Extractive:
    """A chat model without a model: it only quotes."""

    name = NAME
    context_tokens = 0

    def generate(self, prompt: Prompt, timeout_seconds: float) -> Generation:  # noqa: ARG002
        candidates = _candidates(prompt.passages)
        weights = _weights(_wanted(prompt.question), candidates, unseen=0)
        chosen = _best(candidates, weights, prompt.passages)
        if chosen:
            return Generation(_joined(chosen, weights), self.name)
        if candidates and _ABOUT_THE_WHOLE.search(prompt.question):
            opening = _shortened(_opening(candidates))
            return Generation(f"{OPENING}\n{_joined(opening, {})}", self.name)
        return Generation(ABSTENTION, self.name)


def _candidates(passages: Sequence[Passage]) -> list[_Candidate]:
    """Each sentence of the passages once, best passage first."""
    found: dict[str, _Candidate] = {}
    for number, passage in enumerate(passages, 1):
        for candidate in _sentences(number, passage):
            found.setdefault(candidate.text, candidate)
    return list(found.values())


def _sentences(number: int, passage: Passage) -> list[_Candidate]:
    """The sentences of one passage; the row that names a table's cells goes with each row."""
    chunk = passage.chunk
    spans = [span for span in sentences(chunk.text) if chunk.text[slice(*span)].strip()]
    header = chunk.text[slice(*spans[0])].strip() if spans and not chunk.start else ""
    candidates = []
    for start, end in spans:
        text = chunk.text[start:end].strip()
        own_header = header if _is_row_of(header, text) else None
        terms = frozenset(words(f"{own_header}\n{text}" if own_header else text))
        candidates.append(
            _Candidate(number, chunk.document_id, chunk.start + start, text, terms, own_header)
        )
    rows = [candidate for candidate in candidates if candidate.header]
    return [one for one in candidates if not rows or one.text != header]


def _is_row_of(header: str, line: str) -> bool:
    """Whether a line has as many cells as the table's first one, which names them."""
    if line == header or "\n" in line or re.search(r"\d", header):
        return False
    delimiter = max(_DELIMITERS, key=header.count)
    cells = header.count(delimiter) + 1
    return cells >= MIN_CELLS and line.count(delimiter) + 1 == cells


def _wanted(question: str) -> set[str]:
    """The words of the question that the documents are searched for."""
    wanted = set(words(question))
    return wanted - _REQUEST_WORDS if _ABOUT_THE_WHOLE.search(question) else wanted


def _best(
    candidates: Sequence[_Candidate], in_these: dict[str, float], passages: Sequence[Passage]
) -> list[_Candidate]:
    """The sentences that share most with the question, in the order of their documents."""
    wanted = set(in_these)
    at_large = _weights(wanted, candidates, unseen=UNSEEN_SENTENCES)
    ranked: list[tuple[float, float, _Candidate]] = []
    for candidate in candidates:
        share = _share(candidate, in_these)
        if share:
            around = passages[candidate.passage_number - 1].score
            # Of two sentences that say the same, the shorter one says it better.
            brevity = 1 / (1 + len(candidate.terms) / 200)
            score = share * brevity + PASSAGE_WEIGHT * around
            ranked.append((score, _share(candidate, at_large), candidate))
    ranked.sort(key=lambda item: -item[0])
    if not any(_is_more_than_chance(share, found, wanted) for _, share, found in ranked):
        return []
    least = ranked[0][0] * NEAR_THE_BEST
    return _in_order(_shortened([found for score, _, found in ranked if score >= least]))


def _is_more_than_chance(share: float, candidate: _Candidate, wanted: set[str]) -> bool:
    return share >= LEAST_SHARE or len(candidate.terms & wanted) >= LEAST_WORDS * len(wanted)


def _weights(
    wanted: Iterable[str], candidates: Sequence[_Candidate], unseen: int
) -> dict[str, float]:
    """How rare each word of the question is among the sentences and as many unseen ones."""
    spread = Counter(term for candidate in candidates for term in candidate.terms)
    total = len(candidates) + unseen
    return {
        term: math.log1p((total - spread[term] + 0.5) / (spread[term] + 0.5)) for term in wanted
    }


def _share(candidate: _Candidate, weights: dict[str, float]) -> float:
    """How much of the question's rare words the sentence says, from 0 to 1."""
    said = sum(weight for term, weight in weights.items() if term in candidate.terms)
    return said / sum(weights.values()) if said else 0.0


def _opening(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """The first sentences of the first document among the passages."""
    first = candidates[0].document_id
    of_first = [candidate for candidate in candidates if candidate.document_id == first]
    return sorted(of_first, key=lambda candidate: candidate.start)[:OPENING_SENTENCES]


def _shortened(ranked: Sequence[_Candidate]) -> list[_Candidate]:
    """As many as an answer may hold; the first one always, cut where it is endless."""
    chosen: list[_Candidate] = []
    left = MAX_CHARACTERS
    for candidate in ranked[: 2 * MAX_SENTENCES]:
        if len(chosen) < MAX_SENTENCES and (len(candidate.text) <= left or not chosen):
            chosen.append(candidate)
            left -= len(candidate.text)
    return chosen


def _in_order(chosen: Sequence[_Candidate]) -> list[_Candidate]:
    """The document of the best sentence first, and each document from its beginning."""
    documents = list(dict.fromkeys(candidate.document_id for candidate in chosen))
    return sorted(
        chosen, key=lambda candidate: (documents.index(candidate.document_id), candidate.start)
    )


def _joined(chosen: Sequence[_Candidate], weights: Mapping[str, float]) -> str:
    """Prose in one paragraph; rows of a table line by line under their header."""
    parts: list[str] = []
    header = None
    for candidate in chosen:
        if candidate.header and candidate.header != header:
            parts.append(f"\n{_quoted(candidate.header, {})} [{candidate.passage_number}]")
        header = candidate.header or header
        blank = "\n" if candidate.header or _is_line(candidate.text) else " "
        parts.append(f"{blank}{_quoted(candidate.text, weights)}")
        parts.append(f" [{candidate.passage_number}]")
    return "".join(parts).strip()


def _is_line(text: str) -> bool:
    """Whether it reads as a line of its own: a row, an entry of a log, a heading."""
    return text[-1].isalnum() or any(mark in text for mark in "\t|{}=")


def _quoted(text: str, weights: Mapping[str, float]) -> str:
    """Word for word, but for line breaks; of an endless sentence the part that says most."""
    one_line = " ".join(text.split("\n"))
    start, end = best_part(one_line, weights, MAX_CHARACTERS)
    before, after = "… " if start else "", " …" if end < len(one_line) else ""
    quote = f"{before}{one_line[start:end].strip()}{after}"
    return _BRACKETED_NUMBER.sub(r"\\[", quote)
