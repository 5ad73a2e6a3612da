"""Which words stand in which chunks how often, counted a block of chunks at a time."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, pairwise

import numpy as np
from numpy.typing import NDArray

from ai_llm_service.text import words

BLOCK_CHUNKS = 4096
# The tokens of a log repeat: what their terms are is kept for so many.
MAX_KNOWN_TOKENS = 65_536
MOST_COUNTED = np.iinfo(np.uint16).max

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Chunks of one text that follow each other."""

    text: str
    starts: Numbers
    ends: Numbers


@dataclass(frozen=True, slots=True)
class Block:
    """The postings of some thousand chunks, a few bytes each; a term is known by its hash.

    A place is that of a chunk within the block.
    """

    terms: Numbers
    bounds: NDArray[np.int32]
    places: NDArray[np.uint16]
    counts: NDArray[np.uint16]
    lengths: NDArray[np.int32]

    @property
    def size_bytes(self) -> int:
        parts = (self.terms, self.bounds, self.places, self.counts, self.lengths)
        return sum(part.nbytes for part in parts)

    def find(self, term: str) -> slice:
        """The postings of a term."""
        key = hash(term)
        number = int(np.searchsorted(self.terms, key))
        if number == len(self.terms) or self.terms[number] != key:
            return slice(0, 0)
        return slice(int(self.bounds[number]), int(self.bounds[number + 1]))


def count_words(stretches: Sequence[Stretch], check: Callable[[], None]) -> list[Block]:
    """Count the words of all chunks in order. `check` is called often and may raise."""
    counter = _Counter()
    blocks = []
    for part in _parts(stretches):
        check()
        blocks.append(counter.count(part))
    return blocks


def _parts(stretches: Sequence[Stretch]) -> Iterator[list[Stretch]]:
    """Cut into parts of as many chunks as a block holds."""
    part: list[Stretch] = []
    room = BLOCK_CHUNKS
    for stretch in stretches:
        first, total = 0, len(stretch.starts)
        while first < total:
            last = min(total, first + room)
            part.append(Stretch(stretch.text, stretch.starts[first:last], stretch.ends[first:last]))
            room -= last - first
            first = last
            if not room:
                yield part
                part, room = [], BLOCK_CHUNKS
    if part:
        yield part


class _Counter:
    """Counts block after block; each different token of a block is looked at once."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, ...]] = {}

    def count(self, stretches: Sequence[Stretch]) -> Block:
        tokens, firsts, lasts = _tokens_of(stretches)
        numbers = np.fromiter(tokens.numbers, np.int32, len(tokens.numbers))
        terms, kinds, bounds = self._terms_of(tokens.names)
        sizes = np.diff(bounds)[numbers]
        said = kinds[_ranges(bounds[:-1][numbers], sizes)]
        offsets = np.concatenate(([0], np.cumsum(sizes)))
        starts, lengths = offsets[firsts], offsets[lasts] - offsets[firsts]
        owners = np.repeat(np.arange(len(lengths)), lengths)
        # Sorted by term and then by chunk.
        keys = said[_ranges(starts, lengths)] * len(lengths) + owners
        postings, counts = np.unique(keys, return_counts=True)
        per_term = np.bincount(postings // max(len(lengths), 1), minlength=len(terms))
        return Block(
            terms=terms,
            bounds=np.concatenate(([0], np.cumsum(per_term))).astype(np.int32),
            places=(postings % max(len(lengths), 1)).astype(np.uint16),
            counts=np.minimum(counts, MOST_COUNTED).astype(np.uint16),
            lengths=lengths.astype(np.int32),
        )

    def _terms_of(self, names: Sequence[str]) -> tuple[Numbers, Numbers, Numbers]:
        """The different terms; and the terms of each token, by their numbers, with its bounds."""
        found = [self._hashes(name) for name in names]
        bounds = np.concatenate(([0], np.cumsum([len(hashes) for hashes in found]))).astype(int)
        flat = np.fromiter((key for hashes in found for key in hashes), np.int64, int(bounds[-1]))
        terms, kinds = np.unique(flat, return_inverse=True)
        return terms, kinds, bounds

    def _hashes(self, token: str) -> tuple[int, ...]:
        known = self._known.get(token)
        if known is None:
            if len(self._known) >= MAX_KNOWN_TOKENS:
                self._known.clear()
            known = self._known[token] = tuple(map(hash, words(token)))
        return known


@dataclass(frozen=True, slots=True)
class _Tokens:
    """The different tokens, and for each place in the text the number of the one there."""

    names: list[str]
    numbers: list[int]


def _tokens_of(stretches: Sequence[Stretch]) -> tuple[_Tokens, Numbers, Numbers]:
    """All tokens of the stretches, and the first and last one of each chunk.

    Words never go over a blank, so the words of a token can be had without its neighbours.
    What overlapping chunks share is read once: it is cut at all their borders.
    """
    known: defaultdict[str, int] = defaultdict(count().__next__)
    numbers: list[int] = []
    firsts, lasts = [], []
    for stretch in stretches:
        borders = np.unique(np.concatenate((stretch.starts, stretch.ends)))
        reached = [len(numbers)]
        for start, end in pairwise(borders.tolist()):
            numbers.extend(map(known.__getitem__, stretch.text[start:end].split()))
            reached.append(len(numbers))
        at = np.array(reached)
        firsts.append(at[np.searchsorted(borders, stretch.starts)])
        lasts.append(at[np.searchsorted(borders, stretch.ends)])
    return _Tokens(list(known), numbers), np.concatenate(firsts), np.concatenate(lasts)


def _ranges(starts: Numbers, sizes: Numbers) -> Numbers:
    """The numbers of all ranges, one range after the other."""
    ends = np.cumsum(sizes)
    shifts: Numbers = np.repeat(starts - (ends - sizes), sizes)
    return shifts + np.arange(len(shifts))
