"""The words of all chunks of a session, counted."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from ai_llm_service.search.base import Ingested, Source
from ai_llm_service.search.levels import Runs, Scores, weighted
from ai_llm_service.search.links import Links
from ai_llm_service.search.names import Names
from ai_llm_service.search.postings import BLOCK_CHUNKS, Stretch, count_words
from ai_llm_service.text import Chunks

# A chunk itself, and as many chunks around it: about 100, 200 and 400 tokens.
SIZES = (1, 2, 4)
# A word that stands in all of two chunks is not therefore a common word.
UNSEEN_CHUNKS = 10


def never() -> None:
    """Let a build go on as long as it takes."""


class Counted:
    """Posting lists over all chunks, and what the names and first lines of the documents say.

    `check` is called often while it is built, and may raise.
    """

    def __init__(self, sources: Sequence[Source], check: Callable[[], None]) -> None:
        self.names = Names([source.document.name for source in sources])
        self.links = Links([(each.document, each.ingested.extraction.text) for each in sources])
        self._blocks = count_words([_stretch(source.ingested) for source in sources], check)
        lengths = [np.zeros(0, np.int32), *(block.lengths for block in self._blocks)]
        self.lengths = np.concatenate(lengths)
        numbers = [0, *(len(source.ingested.chunks) for source in sources)]
        firsts = np.cumsum(numbers[:-1], dtype=np.int64)
        self.runs = [Runs(firsts, self.lengths, size) for size in SIZES]

    @property
    def size_bytes(self) -> int:
        return sum(block.size_bytes for block in self._blocks)

    def by_words(self, terms: Sequence[str]) -> tuple[list[Scores], dict[str, float]]:
        """What BM25 says of each level, and how rare each word is."""
        scores = [np.zeros(len(self.lengths)) for _ in SIZES]
        rarity: dict[str, float] = {}
        for term in terms:
            found = [block.find(term) for block in self._blocks]
            chunks = sum(hits.stop - hits.start for hits in found)
            # A word that no chunk has keeps the score of all of them honest.
            others = len(self.lengths) + UNSEEN_CHUNKS - chunks
            idf = rarity[term] = math.log1p((others + 0.5) / (chunks + 0.5))
            if not chunks:
                continue
            counts = self._counts(found)
            for number, runs in enumerate(self.runs):
                scores[number] += idf * weighted(runs.sums(counts), runs.norms)
        return scores, rarity

    def _counts(self, found: Sequence[slice]) -> Scores:
        counts = np.zeros(len(self.lengths))
        for number, (block, hits) in enumerate(zip(self._blocks, found, strict=True)):
            if hits.start < hits.stop:
                positions = block.places[hits] + np.int64(number * BLOCK_CHUNKS)
                counts[positions] = block.counts[hits]
        return counts


def _stretch(ingested: Ingested) -> Stretch:
    text, chunks = ingested.extraction.text, ingested.chunks
    if not isinstance(chunks, Chunks):
        chunks = Chunks("", text, ((chunk.start, chunk.end) for chunk in chunks))
    return Stretch(text, chunks.starts, chunks.ends)
