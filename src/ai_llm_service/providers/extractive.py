"""Answers without a language model: the best sentences of the passages, word for word."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ai_llm_service.domain import Generation, Passage
from ai_llm_service.providers.base import NOT_FOUND, Prompt, Similarity
from ai_llm_service.providers.log_summary import summary_of_logs
from ai_llm_service.providers.quoted_rows import is_row_of
from ai_llm_service.providers.summary import Said, central
from ai_llm_service.text import best_part, sentences, words
from ai_llm_service.text.answer_kinds import has_answer, wanted_kind
from ai_llm_service.text.questions import asks_for_all, asks_for_summary

NAME = "extractive"
MAX_SENTENCES = 4
MAX_CHARACTERS = 600
# What a sentence takes besides: a blank, its mark, and what shows that it was cut.
MARK_CHARACTERS = 10
# A summary, and an answer that may stand in many places, may be longer.
MAX_CENTRAL_SENTENCES, MAX_CENTRAL_CHARACTERS = 7, 1500
MAX_LISTED_SENTENCES = 12
# A sentence that says less of the question than this, by its rare words, is chance; unless it
# has so many of its words: what all passages were found by is not rare among them.
LEAST_SHARE = 0.2
LEAST_WORDS = 0.4
# A word that stands in all of two sentences is not therefore a common word.
UNSEEN_SENTENCES = 10
# Beside the best sentence stand only those that come near to it.
NEAR_THE_BEST = 0.5
# What counts beside the words of a sentence: the rank of its passage, the sentence before it, a
# date, number or name where one is asked for, words that stand side by side as in the question,
# and its meaning. Measured on public questions in English and Hindi.
PASSAGE_WEIGHT, CONTEXT_WEIGHT, KIND_WEIGHT, PAIRS_WEIGHT, MEANING_WEIGHT = 0.4, 0.3, 0.2, 0.2, 1.0
BREVITY_WORDS = 400
LOOKED_AT_CLOSELY, COMPARED_IN_MEANING = 24, 4
# Between two sentences that follow each other stand blanks alone.
MAX_GAP = 20

ABSTENTION = (
    "The documents do not answer this in words that can be quoted. "
    "Ask with words that the documents use, or have a language model configured."
)
SUMMARY = "Without a language model, these are the sentences that say most of it, as they stand:"

_REQUEST_WORDS = frozenset(
    words(
        "summary summarise summarize summaries summarised overview gist tl dr key main points ideas"
        " topic topics outline document documents file files text report log data say contain give"
        " please short brief whole all everything list tell"
    )
)
# A document's own `[2]` must not read as the mark of passage 2.
_BRACKETED_NUMBER = re.compile(r"\[(?=\s*\d[\d\s,;–-]*\])")


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
        logs = summary_of_logs(prompt.question, prompt.passages, lambda text: _quoted(text, {}))
        candidates = _candidates(prompt.passages)
        if logs and not candidates:
            return Generation(logs, self.name)
        text = self._text(prompt, candidates)
        return Generation(f"{logs}\n\n{text}" if logs else text, self.name)

    def _text(self, prompt: Prompt, candidates: Sequence[_Candidate]) -> str:
        question = prompt.question
        if candidates and asks_for_summary(question):
            most = _central(candidates, question)
            chosen = _in_order(_shortened(most, MAX_CENTRAL_CHARACTERS, MAX_CENTRAL_SENTENCES))
            return f"{SUMMARY}\n{_joined(chosen, {})}"
        weights = _weights(set(words(question)), candidates, unseen=0)
        ranked = _best(candidates, weights, prompt)
        if not ranked:
            return f"{NOT_FOUND} {ABSTENTION}"
        if asks_for_all(question):
            chosen = _shortened(ranked, MAX_CENTRAL_CHARACTERS, MAX_LISTED_SENTENCES)
        else:
            chosen = _shortened(ranked, MAX_CHARACTERS)
        return _joined(_in_order(chosen), weights)


def best_sentence(prompt: Prompt) -> str:
    """The one sentence that answers best, as it stands in its document."""
    candidates = _candidates(prompt.passages)
    weights = _weights(set(words(prompt.question)), candidates, unseen=0)
    return next((each.text for each in _best(candidates, weights, prompt)), "")


def _candidates(passages: Sequence[Passage]) -> list[_Candidate]:
    """Each sentence of the passages once, best passage first; not of those of a digest."""
    found: dict[str, _Candidate] = {}
    for number, passage in enumerate(passages, 1):
        for candidate in () if passage.note else _sentences(number, passage):
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
        own_header = header if is_row_of(header, text) else None
        terms = frozenset(words(f"{own_header}\n{text}" if own_header else text))
        candidates.append(
            _Candidate(number, chunk.document_id, chunk.start + start, text, terms, own_header)
        )
    rows = [candidate for candidate in candidates if candidate.header]
    return [one for one in candidates if not rows or one.text != header]


def _central(candidates: Sequence[_Candidate], question: str) -> list[_Candidate]:
    """The sentences that say most of the documents, or of what the question names in them."""
    topic = set(words(question)) - _REQUEST_WORDS
    in_order = _in_order(candidates)
    numbers: Counter[str] = Counter()
    said = []
    for candidate in in_order:
        said.append(Said(candidate.document_id, numbers[candidate.document_id], candidate.terms))
        numbers[candidate.document_id] += 1
    return [in_order[place] for place in central(said, topic, MAX_CENTRAL_SENTENCES)]


def _best(
    candidates: Sequence[_Candidate],
    in_these: dict[str, float],
    prompt: Prompt,
) -> list[_Candidate]:
    """The sentences that share most with the question, best first."""
    wanted = set(in_these)
    at_large = _weights(wanted, candidates, unseen=UNSEEN_SENTENCES)
    is_ranked = _is_ranked(prompt.passages)
    before = _before(candidates)
    scored: list[tuple[float, _Candidate]] = []
    for candidate in candidates:
        share = _share(candidate, in_these)
        if share:
            # Of two sentences that say the same, the shorter one says it better.
            brevity = 1 / (1 + len(candidate.terms) / BREVITY_WORDS)
            around = 1 / candidate.passage_number if is_ranked else 1.0
            context = _share_of(before.get(candidate, frozenset()) - candidate.terms, in_these)
            score = share * brevity + PASSAGE_WEIGHT * around + CONTEXT_WEIGHT * context
            scored.append((score, candidate))
    shares = ((_share(found, at_large), found) for _, found in scored)
    if not any(_is_more_than_chance(share, found, wanted) for share, found in shares):
        return []
    scored.sort(key=lambda item: -item[0])
    ranked = _looked_at_closely(scored, prompt.question, prompt.similarity)
    least = ranked[0][0] * NEAR_THE_BEST
    return [found for score, found in ranked if score >= least]


def _looked_at_closely(
    scored: Sequence[tuple[float, _Candidate]], question: str, similarity: Similarity | None
) -> list[tuple[float, _Candidate]]:
    """The same, where the first ones are ranked by what they have of an answer, too."""
    kind = wanted_kind(question)
    asked = words(question)
    pairs = set(pairwise(asked))
    first = []
    for score, candidate in scored[:LOOKED_AT_CLOSELY]:
        answers = has_answer(candidate.text, kind, question) if kind else 0.0
        kept = len(pairs & set(pairwise(words(candidate.text)))) / max(1, len(pairs))
        first.append((score + KIND_WEIGHT * answers + PAIRS_WEIGHT * kept, candidate))
    first.sort(key=lambda item: -item[0])
    if similarity:
        texts = [candidate.text[:MAX_CHARACTERS] for _, candidate in first[:COMPARED_IN_MEANING]]
        alike = [*similarity(question, texts), *([0.0] * len(first))]
        first = [
            (score + MEANING_WEIGHT * near, candidate)
            for (score, candidate), near in zip(first, alike, strict=False)
        ]
        first.sort(key=lambda item: -item[0])
    return [*first, *scored[LOOKED_AT_CLOSELY:]]


def _is_ranked(passages: Sequence[Passage]) -> bool:
    """Whether the passages come best first, and not as they stand in their documents."""
    return len(passages) > 1 and passages[0].score > passages[-1].score


def _before(candidates: Sequence[_Candidate]) -> dict[_Candidate, frozenset[str]]:
    """The words of the sentence before each sentence."""
    in_order = sorted(candidates, key=lambda one: (one.document_id, one.start))
    return {
        one: last.terms
        for last, one in pairwise(in_order)
        if last.document_id == one.document_id
        and one.start - last.start - len(last.text) <= MAX_GAP
    }


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
    return _share_of(candidate.terms, weights)


def _share_of(terms: frozenset[str], weights: dict[str, float]) -> float:
    said = sum(weight for term, weight in weights.items() if term in terms)
    return said / sum(weights.values()) if said else 0.0


def _shortened(
    ranked: Sequence[_Candidate], characters: int, count: int = MAX_SENTENCES
) -> list[_Candidate]:
    """As many as an answer may hold; the first one always, cut where it is endless."""
    chosen: list[_Candidate] = []
    for candidate in ranked[: 2 * count]:
        shown = {None, *(one.header for one in chosen)}
        header = "" if candidate.header in shown else candidate.header or ""
        taken = len(candidate.text) + len(header) + MARK_CHARACTERS
        if len(chosen) < count and (taken <= characters or not chosen):
            chosen.append(candidate)
            characters -= taken
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
    start, end = best_part(one_line, weights, MAX_CHARACTERS - MARK_CHARACTERS)
    before, after = "… " if start else "", " …" if end < len(one_line) else ""
    quote = f"{before}{one_line[start:end].strip()}{after}"
    return _BRACKETED_NUMBER.sub(r"\\[", quote)
