"""Lexical retrieval (BM25) over the chunks of one session, and the cache of such indexes."""

import math
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import count
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from ai_llm_service.domain import Chunk, Document
from ai_llm_service.search.base import Ingested
from ai_llm_service.text import words

K1 = 1.2
B = 0.75
# A word in a document's name says what the document is about, but not which part answers.
NAME_WEIGHT = 0.3

CacheKey = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Source:
    """One ready document with its text and chunks."""

    document: Document
    ingested: Ingested


class Bm25Index:
    """Posting lists over all chunks of a session, in document order.

    A position is the place of a chunk in `chunks`.
    """

    def __init__(self, sources: Iterable[Source]) -> None:
        self.sources = tuple(sources)
        self.chunks: tuple[Chunk, ...] = tuple(
            chunk for source in self.sources for chunk in source.ingested.chunks
        )
        self._ranges = _ranges(self.sources)
        self._names = _name_terms(self.sources)
        self._vocabulary, terms, positions, frequencies, lengths = _count_words(self.chunks)
        order = np.argsort(terms, kind="stable")
        self._positions = positions[order]
        counts = np.bincount(terms, minlength=len(self._vocabulary))
        self._bounds = np.concatenate(([0], np.cumsum(counts)))
        self._idf = np.log1p((len(self.chunks) - counts + 0.5) / (counts + 0.5))
        self._weights = _weights(frequencies[order], lengths, self._positions)

    @property
    def size_bytes(self) -> int:
        """About what the index and its texts hold in memory."""
        characters = sum(len(source.ingested.extraction.text) for source in self.sources)
        # Overlapping chunks repeat about half of the text.
        return int(2.5 * characters) + self._positions.nbytes + self._weights.nbytes

    def search(
        self, question_words: Sequence[str], limit: int, document_id: str | None = None
    ) -> list[tuple[int, float]]:
        """The best chunks as (position, score), best first; ties in document order."""
        terms = list(dict.fromkeys(question_words))
        scores = np.zeros(len(self.chunks))
        best_possible = sum(self._add_term(term, scores) for term in terms)
        if not best_possible:
            return []
        self._add_names(terms, scores)
        first, last = self._ranges.get(document_id, (0, 0)) if document_id else (0, len(scores))
        found = _best(scores[first:last] / best_possible, limit)
        return [(first + place, min(score, 1.0)) for place, score in found]

    def _add_term(self, term: str, scores: NDArray[np.float64]) -> float:
        """Add what one term gives to each chunk; return the most that it could give."""
        number = self._vocabulary.get(term)
        if number is None:
            # A word that no chunk has keeps the score of all of them honest.
            return (K1 + 1) * math.log1p((len(self.chunks) + 0.5) / 0.5)
        hits = slice(int(self._bounds[number]), int(self._bounds[number + 1]))
        idf = float(self._idf[number])
        scores[self._positions[hits]] += idf * self._weights[hits]
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


def _count_words(
    chunks: Sequence[Chunk],
) -> tuple[
    dict[str, int],
    NDArray[np.int32],
    NDArray[np.int32],
    NDArray[np.float32],
    NDArray[np.float32],
]:
    """The vocabulary, and per posting its term, chunk and frequency; per chunk its length."""
    vocabulary: dict[str, int] = defaultdict(count().__next__)
    terms: list[NDArray[np.int32]] = []
    frequencies: list[NDArray[np.float32]] = []
    sizes = np.zeros(len(chunks), np.int32)
    for position, chunk in enumerate(chunks):
        counted = Counter(words(chunk.text))
        sizes[position] = len(counted)
        terms.append(np.fromiter(map(vocabulary.__getitem__, counted), np.int32, len(counted)))
        frequencies.append(np.fromiter(counted.values(), np.float32, len(counted)))
    positions = np.repeat(np.arange(len(chunks), dtype=np.int32), sizes)
    lengths = np.fromiter((part.sum() for part in frequencies), np.float32, len(chunks))
    empty = np.zeros(0)
    return (
        dict(vocabulary),
        np.concatenate([*terms, empty.astype(np.int32)]),
        positions,
        np.concatenate([*frequencies, empty.astype(np.float32)]),
        lengths,
    )


def _weights(
    frequencies: NDArray[np.float32],
    lengths: NDArray[np.float32],
    positions: NDArray[np.int32],
) -> NDArray[np.float32]:
    """BM25's share of each posting, without the rarity of its term."""
    average = max(float(lengths.mean()), 1.0) if len(lengths) else 1.0
    norm = (K1 * (1 - B + B * lengths / average)).astype(np.float32)
    weights: NDArray[np.float32] = frequencies * np.float32(K1 + 1)
    weights /= frequencies + norm[positions]
    return weights


def _best(scores: NDArray[np.float64], limit: int) -> list[tuple[int, float]]:
    places = np.flatnonzero(scores > 0)
    if len(places) > limit:
        threshold = np.partition(scores[places], -limit)[-limit]
        places = places[scores[places] >= threshold]
    order = np.argsort(-scores[places], kind="stable")[:limit]
    return [(int(place), float(scores[place])) for place in places[order]]


class IndexCache:
    """The indexes of this process: the least recently used go first; each is built once."""

    def __init__(self, max_bytes: int = 512 * 1024 * 1024) -> None:
        self._max_bytes = max_bytes
        self._lock = Lock()
        self._entries: OrderedDict[CacheKey, Future[Bm25Index]] = OrderedDict()

    def get(
        self,
        session_id: str,
        documents: Sequence[Document],
        load: Callable[[str], Ingested],
    ) -> Bm25Index:
        """The index over these ready documents, built by the first thread that asks."""
        key = (session_id, tuple(document.id for document in documents))
        with self._lock:
            entry = self._entries.get(key)
            is_builder = entry is None
            if entry is None:
                entry = self._entries[key] = Future()
            self._entries.move_to_end(key)
        if is_builder:
            self._build(key, entry, documents, load)
        return entry.result()

    def forget(self, session_id: str) -> None:
        """Drop all indexes of a session, one that is being built included."""
        with self._lock:
            for key in [key for key in self._entries if key[0] == session_id]:
                del self._entries[key]

    def _build(
        self,
        key: CacheKey,
        entry: Future[Bm25Index],
        documents: Sequence[Document],
        load: Callable[[str], Ingested],
    ) -> None:
        try:
            index = Bm25Index(Source(document, load(document.id)) for document in documents)
        except BaseException as error:
            with self._lock:
                if self._entries.get(key) is entry:
                    del self._entries[key]
            entry.set_exception(error)
            raise
        entry.set_result(index)
        self._evict(key)

    def _evict(self, newest: CacheKey) -> None:
        """Keep within the bound, but always the newest: it is in use."""
        with self._lock:
            built = {
                key: entry.result().size_bytes
                for key, entry in self._entries.items()
                if entry.done() and entry.exception() is None
            }
            total = sum(built.values())
            # Documents are only ever added: an older set of a session is not asked for again.
            old_first = sorted(built, key=lambda key: key[0] != newest[0])
            for key in old_first:
                superseded = key[0] == newest[0]
                if key != newest and (superseded or total > self._max_bytes):
                    del self._entries[key]
                    total -= built[key]
