"""Retrieval over the chunks of one session: by words and, where there are vectors, by meaning."""

import sys
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from threading import RLock

import numpy as np

from ai_llm_service.domain import Chunk
from ai_llm_service.errors import ProviderError
from ai_llm_service.search.base import Library, Source
from ai_llm_service.search.counted import Counted, never
from ai_llm_service.search.found import Evidence, Found, Wanted
from ai_llm_service.search.levels import Places, Scores, scaled
from ai_llm_service.search.lines import LINE_WEIGHT, LOOKED_AT, is_log, share_of_best_line
from ai_llm_service.search.links import LEADING_DOCUMENTS, LINK_WEIGHT
from ai_llm_service.search.meaning import Meaning
from ai_llm_service.search.vectors import Asker, Vectors
from ai_llm_service.text import words

# Of the levels of the count.
WEIGHTS = (1.0, 1.0, 1.0)
# A word in a document's name says what the document is about, but not which part answers.
NAME_WEIGHT = 0.2
# Counting so many takes some hundredths of a second; many questions read documents whole.
COUNTED_LATER_CHUNKS = 200
# How much words count at least, and beside meaning when they explain the whole question.
LEAST_WORDS, MORE_WORDS = 0.1, 0.85


class SessionIndex:
    """Posting lists and vectors over all chunks of a session, in document order.

    A position is the place of a chunk among all of them. `check` is called often while the index
    is built, and may raise; `grown` whenever the index has come to hold more.
    """

    def __init__(
        self,
        sources: Iterable[Source],
        check: Callable[[], None] = never,
        asker: Asker | None = None,
        grown: Callable[[], None] = never,
    ) -> None:
        self._grown = grown
        self.sources = tuple(sources)
        self._asker = asker
        self._ranges = _ranges(self.sources)
        self._total = sum(len(source.ingested.chunks) for source in self.sources)
        self._firsts = [first for first, _ in self._ranges.values()]
        self._logs = [source.document.id for source in self.sources if is_log(source.ingested)]
        self._counted: Counted | None = None
        self._meaning: Meaning | None = None
        self._is_complete = False
        self._lock = RLock()
        check()
        if self._total > COUNTED_LATER_CHUNKS:
            self._counted = Counted(self.sources, check)

    @property
    def size_bytes(self) -> int:
        """About what the index and its texts hold in memory."""
        texts = sum(sys.getsizeof(source.ingested.extraction.text) for source in self.sources)
        vectors = self._meaning.vectors.nbytes if self._meaning else 0
        counted = self._counted.size_bytes if self._counted else 0
        return texts + vectors + 60 * self._total + counted

    def chunk(self, position: int) -> Chunk:
        number = self._number(position)
        return self.sources[number].ingested.chunks[position - self._firsts[number]]

    def positions(self, document_id: str) -> range:
        """The positions of a document's chunks."""
        return range(*self._ranges.get(document_id, (0, 0)))

    def refresh(self, library: Library, session_id: str) -> None:
        """Take in the vectors that were made since the last time."""
        if self._asker is None or self._is_complete:
            return
        counted = self._count()
        with self._lock:
            known = library.embedded(session_id)
            own = {id_: known[id_] for id_ in self._ranges if id_ in known}
            meaning = self._meaning or Meaning(self._total)
            for document_id, embedded in own.items():
                # The lines of a log are found by their words, however they got vectors.
                if embedded.embedder == self._asker.name and document_id not in self._logs:
                    self._take(meaning, library, document_id, embedded.chunks)
            if meaning.has_changed:
                self._meaning = meaning.measured(counted.runs, counted.lengths)
                self._grown()
            self._is_complete = len(own) == len(self._ranges) and all(
                embedded.finished for embedded in own.values()
            )

    def _count(self) -> Counted:
        """The words of all chunks; of few chunks not counted before somebody looks for them."""
        if self._counted is None:
            with self._lock:
                self._counted = self._counted or Counted(self.sources, never)
            self._grown()
        return self._counted

    def _take(self, meaning: Meaning, library: Library, document_id: str, chunks: int) -> None:
        """Take in what the store has of a document and the index has not."""
        reached = meaning.reached.get(document_id, 0)
        if chunks > reached:
            for first, vectors in library.vectors(document_id, reached):
                meaning.take(document_id, self.positions(document_id), first, vectors)

    def ask(self, question: str, limit: int, allowed: Sequence[range] | None = None) -> Found:
        """The best chunks for a question, by its words and its meaning."""
        vector, trust = None, 0.0
        if self._asker is not None and self._meaning is not None:
            trust = self._asker.trust(question)
            # Without its provider a question is still found by its words.
            with suppress(ProviderError):
                vector = self._asker.vector(question) if trust else None
        return self.search(Wanted(words(question), question, vector, trust), limit, allowed)

    def search(self, wanted: Wanted, limit: int, allowed: Sequence[range] | None = None) -> Found:
        """The best chunks, of the allowed positions alone; ties in document order."""
        places = _places(allowed, self._total)
        counted = self._count()
        by_words, rarity = counted.by_words(tuple(dict.fromkeys(wanted.words)))
        most = sum(rarity.values())
        best_words = max((float(level[places].max(initial=0.0)) for level in by_words), default=0.0)
        explained = min(1.0, best_words / most) if most else 0.0
        weight = LEAST_WORDS + MORE_WORDS * explained**2
        by_meaning = self._by_meaning(wanted.vector)
        if by_meaning is None:
            fused = self._fused(by_words, None, 1.0, places)
            evidence = Evidence(explained, None, 1.0)
        else:
            weight = 1.0 - (1.0 - weight) * wanted.trust
            fused = self._fused(by_words, by_meaning, weight, places)
            nearest = float(by_meaning[0][places].max(initial=0.0))
            evidence = Evidence(explained, nearest, weight)
        self._add_names(wanted.text, fused)
        self._add_lines(rarity, fused, places)
        self._add_links(fused, places)
        return Found(_best(fused, places, limit, evidence.best), evidence.best)

    def _by_meaning(self, vector: Vectors | None) -> list[Scores] | None:
        meaning = self._meaning
        if vector is None or meaning is None or meaning.vectors.shape[1] != len(vector):
            return None
        return meaning.cosines(vector)

    def _fused(
        self, by_words: list[Scores], by_meaning: list[Scores] | None, weight: float, places: Places
    ) -> Scores:
        """Words and meaning of each level on one scale, and the levels summed; from 0 to 1."""
        fused = np.zeros(self._total)
        matches = np.zeros(self._total, np.bool_)
        for number, runs in enumerate(self._count().runs):
            level = scaled(by_words[number], places, 0.0)
            if by_meaning is not None and weight < 1.0:
                level = weight * level + (1 - weight) * scaled(by_meaning[number], places)
            fused += WEIGHTS[number] * runs.best_around(level)
            if not number:
                # A neighbour of what matches is no match of its own.
                matches = level > 0
        return np.where(matches, fused, 0.0) / sum(WEIGHTS)

    def _add_names(self, question: str, fused: Scores) -> None:
        """What matches is better in a document whose name the question says."""
        shares = self._count().names.shares(question)
        for (first, last), share in zip(self._ranges.values(), shares, strict=True):
            if share:
                part = fused[first:last]
                part += NAME_WEIGHT * share * (part > 0)

    def _add_lines(self, rarity: Mapping[str, float], fused: Scores, places: Places) -> None:
        """Of a log, what counts as much is how much of the question one single line says."""
        if not self._logs:
            return
        logs = [range(*self._ranges[document_id]) for document_id in self._logs]
        for each in logs:
            fused[each.start : each.stop] /= 1 + LINE_WEIGHT
        of_logs = np.intersect1d(places, _places(logs, self._total), assume_unique=True)
        for position, _ in _best(fused, of_logs, LOOKED_AT, 1.0):
            share = share_of_best_line(self.chunk(position), rarity)
            fused[position] += share * LINE_WEIGHT / (1 + LINE_WEIGHT)

    def _add_links(self, fused: Scores, places: Places) -> None:
        """What the best passages of other documents name is better, in its best chunk."""
        if len(self.sources) == 1:
            return
        leading: dict[int, tuple[int, float]] = {}
        for position, score in _best(fused, places, LOOKED_AT, 1.0):
            leading.setdefault(self._number(position), (position, score))
        gains: dict[int, float] = {}
        for number, (position, score) in list(leading.items())[:LEADING_DOCUMENTS]:
            for named in self._count().links.of(self._around(number, position)) - {number}:
                gains[named] = max(gains.get(named, 0.0), score**2)
        among = np.full(self._total, -1.0)
        among[places] = fused[places]
        for named, gain in gains.items():
            own = among[slice(*self._ranges[self.sources[named].document.id])]
            if len(own):
                fused[self._firsts[named] + int(own.argmax())] += LINK_WEIGHT * gain

    def _number(self, position: int) -> int:
        """Which document a chunk is of."""
        return bisect_right(self._firsts, position) - 1

    def _around(self, number: int, position: int) -> str:
        """The text of a chunk and of those before and behind it."""
        ingested = self.sources[number].ingested
        at = position - self._firsts[number]
        first, last = ingested.chunks[max(at - 1, 0)], ingested.chunks[at : at + 2][-1]
        return ingested.extraction.text[first.start : last.end]


def _places(allowed: Sequence[range] | None, total: int) -> Places:
    if allowed is None:
        return np.arange(total)
    parts = [np.zeros(0, np.int64), *(np.arange(each.start, each.stop) for each in allowed)]
    return np.concatenate(parts)


def _ranges(sources: Sequence[Source]) -> dict[str, tuple[int, int]]:
    """Which positions belong to which document."""
    ranges: dict[str, tuple[int, int]] = {}
    first = 0
    for source in sources:
        last = first + len(source.ingested.chunks)
        ranges[source.document.id] = (first, last)
        first = last
    return ranges


def _best(fused: Scores, places: Places, limit: int, best: float) -> tuple[tuple[int, float], ...]:
    """The best positions; their scores fall from that of the best one."""
    among = fused[places]
    kept = np.flatnonzero(among > 0)
    if best <= 0 or not len(kept):
        return ()
    if len(kept) > limit:
        threshold = np.partition(among[kept], -limit)[-limit]
        kept = kept[among[kept] >= threshold]
    order = kept[np.argsort(-among[kept], kind="stable")[:limit]]
    scale = best / float(among[order[0]])
    return tuple((int(places[each]), float(among[each]) * scale) for each in order)
