"""An embedder without a model: a text is the sum of its words, each at a place of its own.

It knows no meaning; it stands in for a model where tests and trials shall need no weights.
"""

from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ai_llm_service.text import words

NAME = "hashed"
DIMENSIONS = 64


class Hashed:
    """Texts with the same words have the same vector."""

    name = NAME
    reads_latin_only = False

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
        for row, text in enumerate(texts):
            for word in words(text):
                vectors[row, crc32(word.encode()) % DIMENSIONS] += 1.0
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, 1.0), np.float32)
