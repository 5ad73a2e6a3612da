"""The vectors of all chunks of a session, as its index holds them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ai_llm_service.search.levels import Runs, RunVectors, Scores
from ai_llm_service.search.vectors import Vectors


class Meaning:
    """The vectors of all chunks; zeros where there are none yet."""

    def __init__(self, total: int) -> None:
        self._total = total
        self.vectors: Vectors = np.zeros((total, 0), np.float32)
        self.reached: dict[str, int] = {}
        self.has_changed = False
        self._levels: list[RunVectors] = []

    def take(self, document_id: str, positions: range, first: int, vectors: Vectors) -> None:
        """Take a batch of a document, whose chunks have these positions."""
        dimensions = vectors.shape[1]
        # Chunks in which the embedder can read nothing come with one zero each.
        if self.vectors.shape[1] < dimensions:
            self.vectors = np.zeros((self._total, dimensions), np.float32)
        if dimensions == self.vectors.shape[1]:
            place = positions.start + first
            self.vectors[place : place + len(vectors)] = vectors
        self.reached[document_id] = first + len(vectors)
        self.has_changed = True

    def measured(self, runs: Sequence[Runs], lengths: NDArray[np.int32]) -> "Meaning":
        """The same, ready to be searched; who searches it meanwhile has the one before."""
        weights = np.maximum(lengths, 1).astype(np.float64)
        ready = Meaning(self._total)
        ready.vectors, ready.reached = self.vectors, dict(self.reached)
        ready._levels = [RunVectors(each, self.vectors, weights) for each in runs]
        return ready

    def cosines(self, vector: Vectors) -> list[Scores]:
        near = (self.vectors @ vector).astype(np.float64)
        return [level.cosines(near) for level in self._levels]
