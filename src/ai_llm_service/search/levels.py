"""How well each chunk, and each run of neighbours around it, matches a question.

A chunk is small, so that the place is exact; the run of chunks around it says whether that place
is about the matter at all. Both are scored from the same postings and vectors: the words of a run
are the sum of its chunks' words, its vector is their sum by length.
"""

import numpy as np
from numpy.typing import NDArray

K1 = 1.2
B = 0.75

Scores = NDArray[np.float64]
Places = NDArray[np.int64]


class Runs:
    """All runs of so many chunks that follow each other in one document."""

    def __init__(self, firsts: Places, lengths: NDArray[np.int32], size: int) -> None:
        """`firsts` are the positions at which documents begin; `lengths` count words."""
        total = len(lengths)
        positions = np.arange(total)
        owners = np.searchsorted(firsts, positions, side="right") - 1
        ends = np.append(firsts[1:], total)[owners] if total else positions
        self._size = size
        self._ends = np.minimum(positions + size, ends)
        self._offsets = [
            np.flatnonzero(owners[shift:] == owners[: total - shift]) for shift in range(1, size)
        ]
        run_lengths = self.sums(lengths.astype(np.float64))
        average = max(float(run_lengths.mean()), 1.0) if total else 1.0
        self.norms = K1 * (1 - B + B * run_lengths / average)

    def sums(self, values: Scores) -> Scores:
        """What the chunks of each run add up to, by its first chunk; row by row."""
        if self._size == 1:
            return values
        reached = np.concatenate((np.zeros_like(values[:1]), np.cumsum(values, axis=0)))
        total: Scores = reached[self._ends] - reached[:-1]
        return total

    def best_around(self, scores: Scores) -> Scores:
        """For each chunk the score of the best run that it is in."""
        best = scores.copy()
        for shift, places in enumerate(self._offsets, 1):
            best[places + shift] = np.maximum(best[places + shift], scores[places])
        return best


def weighted(counts: Scores, norms: Scores) -> Scores:
    """What BM25 makes of the counts of a word."""
    weights: Scores = (K1 + 1) * counts / (counts + norms)
    return weights


class RunVectors:
    """The vectors of all runs, by what is known of their chunks."""

    def __init__(self, runs: Runs, vectors: NDArray[np.float32], lengths: Scores) -> None:
        self._runs = runs
        self._lengths = lengths
        squares = np.zeros(len(vectors))
        for column in range(0, vectors.shape[1], 32):
            sums = runs.sums(vectors[:, column : column + 32] * lengths[:, None])
            squares += np.einsum("ij,ij->i", sums, sums)
        self._norms = np.sqrt(np.maximum(squares, np.finfo(np.float64).tiny))

    def cosines(self, chunk_cosines: Scores) -> Scores:
        """The cosine of each run, from those of the chunks with the question."""
        cosines: Scores = self._runs.sums(chunk_cosines * self._lengths) / self._norms
        return cosines


def scaled(scores: Scores, allowed: Places, low: float | None = None) -> Scores:
    """From 0 to 1 between the worst of those that are allowed, or `low`, and the best."""
    among = scores[allowed]
    if not len(among):
        return np.zeros_like(scores)
    high = float(among.max())
    low = float(among.min()) if low is None else low
    return (scores - low) / (high - low) if high > low else np.full_like(scores, high > 0)
