"""The sentences of some documents that say most of what all of them say."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

# A sentence with fewer words says little, one with more says much because it is long.
LEAST_WORDS, MOST_WORDS = 4, 60
# What a summary loses with a sentence that is like one it has.
COST_OF_LIKENESS = 0.7
# A text says early what it is about.
LEAD_BONUS, LEAD_SENTENCES = 0.1, 5
# How much the matter counts that the question names.
TOPIC_WEIGHT = 0.6

Vector = dict[str, float]


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence: its document, its place among the document's sentences, and its words."""

    document_id: str
    number: int
    terms: Set[str]


def central(sentences: Sequence[Said], topic: Set[str], count: int) -> list[int]:
    """Which sentences (by their index) say most: of each document one, then the best of all."""
    weights = _rarity(sentences)
    vectors = [_vector(one.terms, weights) for one in sentences]
    centroid = _centroid(vectors)
    names = topic & weights.keys()
    scores = {
        place: _score(one, vectors[place], centroid, names)
        for place, one in enumerate(sentences)
        if LEAST_WORDS <= len(one.terms) <= MOST_WORDS
    }
    if not scores:
        return list(range(min(count, len(sentences))))
    documents = list(dict.fromkeys(sentences[place].document_id for place in scores))[:count]
    chosen: list[int] = []
    likeness: dict[int, float] = defaultdict(float)
    for turn in range(count):
        wanted = documents[turn] if turn < len(documents) else None
        free = [
            place
            for place in scores
            if place not in chosen and wanted in {None, sentences[place].document_id}
        ]
        if not free:
            continue
        best = max(free, key=lambda at: (scores[at] - COST_OF_LIKENESS * likeness[at], -at))
        chosen.append(best)
        for place in scores:
            likeness[place] = max(likeness[place], _cosine(vectors[place], vectors[best]))
    return chosen


def _score(one: Said, vector: Vector, centroid: Vector, topic: Set[str]) -> float:
    lead = LEAD_BONUS if one.number < LEAD_SENTENCES else 0.0
    about = len(one.terms & topic) / len(topic) if topic else 0.0
    return _cosine(vector, centroid) + lead + TOPIC_WEIGHT * about


def _rarity(sentences: Sequence[Said]) -> dict[str, float]:
    spread = Counter(term for one in sentences for term in one.terms)
    total = len(sentences)
    # A word of one sentence alone says nothing of the whole.
    return {
        term: math.log(1 + total / count) for term, count in spread.items() if count > 1
    } or dict.fromkeys(spread, 1.0)


def _vector(terms: Iterable[str], weights: Mapping[str, float]) -> Vector:
    found = {term: weights[term] for term in terms if term in weights}
    length = math.sqrt(sum(value * value for value in found.values())) or 1.0
    return {term: value / length for term, value in found.items()}


def _centroid(vectors: Iterable[Vector]) -> Vector:
    total: dict[str, float] = defaultdict(float)
    for vector in vectors:
        for term, value in vector.items():
            total[term] += value
    length = math.sqrt(sum(value * value for value in total.values())) or 1.0
    return {term: value / length for term, value in total.items()}


def _cosine(one: Vector, other: Vector) -> float:
    small, large = sorted((one, other), key=len)
    return sum(value * large[term] for term, value in small.items() if term in large)
