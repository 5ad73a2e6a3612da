"""Many texts embedded by several threads at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class _Vectorizer(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def reads_latin_only(self) -> bool: ...

    def embed(self, texts: Sequence[str]) -> Vectors: ...


class SideBySide:
    """A vectorizer whose texts are shared out to threads; `prepare` runs in each of them once."""

    def __init__(self, vectorizer: _Vectorizer, threads: int, prepare: Callable[[], None]) -> None:
        self.name = vectorizer.name
        self.reads_latin_only = vectorizer.reads_latin_only
        self._vectorizer = vectorizer
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, "embedding", prepare)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row for each text; what one thread raises is raised."""
        number = max(1, min(self._threads, len(texts)))
        shares = [texts[first::number] for first in range(number)]
        made = list(self._pool.map(self._vectorizer.embed, shares))
        vectors = np.empty((len(texts), made[0].shape[1]), np.float32)
        for first, share in enumerate(made):
            vectors[first::number] = share
        return vectors
