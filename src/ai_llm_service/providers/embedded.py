"""An embedder of a provider as the search asks for it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ai_llm_service.providers.base import Embedder

QUESTION_SECONDS = 60.0


class UnitVectors:
    """Vectors of length 1 for the search."""

    reads_latin_only = False

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.name = embedder.name

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        found = self._embedder.embed(texts, QUESTION_SECONDS).vectors
        vectors = np.asarray(found, np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)
