"""Lexical retrieval (BM25) over the chunks of one session."""

import math
import sys
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ai_llm_service.domain import Chunk, Document
from ai_llm_service.search.base import Ingested
from ai_llm_service.search.postings import BLOCK_CHUNKS, Stretch, count_words
from ai_llm_service.text import Chunks, words

K1 = 1.2
B = 0.75
# A word in a document's name says what the document is about, but not which part answers.
NAME_WEIGHT = 0.3


def never() -> None:
    """Let a build go on as long as it takes."""


@dataclass(frozen=True, slots=True)
class Source:
    """One ready document with its text and chunks."""

    document: Document
    ingested: Ingested


class Bm25Index:
    """Posting lists over all chunks of a session, in document order.

    A position is the place of a chunk among all of them. `check` is called often while the index
    is built, and may raise.
    """

    def __init__(self, sources: Iterable[Source], check: Callable[[], None] = never) -> None:
        self.sources = tuple(sources)
        self._ranges = _ranges(self.sources)
        self._names = _name_terms(self.sources)
        self._blocks = count_words([_stretch(source.ingested) for source in self.sources], check)
        self._total = sum(len(source.ingested.chunks) for source in self.sources)
        self._norms = _norms([block.lengths for block in self._blocks])

    @property
    def size_bytes(self) -> int:
        """About what the index and its texts hold in memory."""
        texts = sum(sys.getsizeof(source.ingested.extraction.text) for source in self.sources)
        return texts + 20 * self._total + sum(block.size_bytes for block in self._blocks)

    def chunk(self, position: int) -> Chunk:
        firsts = [first for first, _ in self._ranges.values()]
        number = bisect_right(firsts, position) - 1
        return self.sources[number].ingested.chunks[position - firsts[number]]

    def search(
        self, question_words: Sequence[str], limit: int, document_id: str | None = None
    ) -> list[tuple[int, float]]:
        """The best chunks as (position, score), best first; ties in document order."""
        terms = list(dict.fromkeys(question_words))
        scores = np.zeros(self._total)
        best_possible = sum(self._add_term(term, scores) for term in terms)
        if not best_possible:
            return []
        self._add_names(terms, scores)
        first, last = self._ranges.get(document_id, (0, 0)) if document_id else (0, len(scores))
        found = _best(scores[first:last] / best_possible, limit)
        return [(first + place, min(score, 1.0)) for place, score in found]

    def _add_term(self, term: str, scores: NDArray[np.float64]) -> float:
        """Add what one term gives to each chunk; return the most that it could give."""
        found = [block.find(term) for block in self._blocks]
        chunks = sum(hits.stop - hits.start for hits in found)
        # A word that no chunk has keeps the score of all of them honest.
        idf = math.log1p((self._total - chunks + 0.5) / (chunks + 0.5))
        for number, (block, hits) in enumerate(zip(self._blocks, found, strict=True)):
            if hits.start < hits.stop:
                positions = block.places[hits] + np.int64(number * BLOCK_CHUNKS)
                counts = block.counts[hits].astype(np.float64)
                scores[positions] += idf * (K1 + 1) * counts / (counts + self._norms[positions])
        return (K1 + 1) * idf

    def _add_names(self, terms: Iterable[str], scores: NDArray[np.float64]) -> None:
        for term in terms:
            owners = self._names.get(term, ())
            rarity = math.log1p((len(self.sources) - len(owners) + 0.5) / (len(owners) + 0.5))
            for owner in owners:
                first, last = self._ranges[owner]
                scores[first:last] += NAME_WEIGHT * rarity


def _ranges(sources: Sequence[Source]) -> dict[str, tuple[int, int]]:
    """Which positions belong to which document."""
    ranges: dict[str, tuple[int, int]] = {}
    first = 0
    for source in sources:
        last = first + len(source.ingested.chunks)
        ranges[source.document.id] = (first, last)
        first = last
    return ranges


def _name_terms(sources: Iterable[Source]) -> dict[str, list[str]]:
    """Which documents have a word in their name."""
    owners: dict[str, list[str]] = defaultdict(list)
    for source in sources:
        for term in set(words(source.document.name)):
            owners[term].append(source.document.id)
    return dict(owners)


def _stretch(ingested: Ingested) -> Stretch:
    text, chunks = ingested.extraction.text, ingested.chunks
    if not isinstance(chunks, Chunks):
        chunks = Chunks("", text, ((chunk.start, chunk.end) for chunk in chunks))
    return Stretch(text, chunks.starts, chunks.ends)


def _norms(lengths: Sequence[NDArray[np.int32]]) -> NDArray[np.float32]:
    """What BM25 adds to the count of a word in each chunk, by the chunk's length."""
    all_lengths = np.concatenate([*lengths, np.zeros(0, np.int32)])
    average = max(float(all_lengths.mean()), 1.0) if len(all_lengths) else 1.0
    norms: NDArray[np.float32] = (K1 * (1 - B + B * all_lengths / average)).astype(np.float32)
    return norms


def _best(scores: NDArray[np.float64], limit: int) -> list[tuple[int, float]]:
    places = np.flatnonzero(scores > 0)
    if len(places) > limit:
        threshold = np.partition(scores[places], -limit)[-limit]
        places = places[scores[places] >= threshold]
    order = np.argsort(-scores[places], kind="stable")[:limit]
    return [(int(place), float(scores[place])) for place in places[order]]
