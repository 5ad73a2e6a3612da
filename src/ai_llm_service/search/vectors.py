"""The meaning of chunks as vectors: who makes them, and how near those of an index are."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ai_llm_service.text.patterns import Pattern

Vectors = NDArray[np.float32]
Scores = NDArray[np.float64]

KEPT_QUESTIONS = 1024
# Of a text with fewer Latin letters an embedder of English makes nothing that can be compared.
LEAST_LATIN = 0.2

_LATIN = Pattern(r"\p{Latin}")
_LETTER = Pattern(r"\p{L}")


class Vectorizer(Protocol):
    """Makes vectors of length 1 that lie near each other where texts mean the same."""

    @property
    def name(self) -> str:
        """The model as `provider:model`; vectors of another one can't be compared with its own."""
        ...

    @property
    def reads_latin_only(self) -> bool:
        """Whether it was taught nothing but languages in Latin letters."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row for each text, or raise a ProviderError."""
        ...


class Asker:
    """The vectors of questions; those that come again are kept."""

    def __init__(self, vectorizer: Vectorizer) -> None:
        self._vectorizer = vectorizer
        self._embed: Callable[[str], Vectors] = lru_cache(KEPT_QUESTIONS)(self._embed_one)

    @property
    def name(self) -> str:
        return self._vectorizer.name

    def vector(self, question: str) -> Vectors:
        return self._embed(question)

    def trust(self, question: str) -> float:
        """How far, from 0 to 1, the vector of a question can be believed by its script."""
        return latin_share(question) if self._vectorizer.reads_latin_only else 1.0

    def alike(self, text: str, others: Sequence[str]) -> list[float]:
        """How near, from 0 to 1, each of some texts is to a text; 0 in scripts it can't read."""
        trust = self.trust(text)
        if not trust or not others:
            return [0.0] * len(others)
        vectors = self._vectorizer.embed(list(others))
        return [max(0.0, float(near)) * trust for near in vectors @ self.vector(text)]

    def _embed_one(self, question: str) -> Vectors:
        vector: Vectors = self._vectorizer.embed([question])[0]
        return vector


def latin_share(text: str) -> float:
    """How many of the letters are Latin; 1 of a text without letters."""
    if text.isascii():
        return 1.0
    letters = len(_LETTER.findall(text))
    return len(_LATIN.findall(text)) / letters if letters else 1.0


def vectors_of(texts: Sequence[str], vectorizer: Vectorizer) -> Vectors:
    """The vectors of chunks; zeros for those that the embedder can't read."""
    readable = [
        number
        for number, text in enumerate(texts)
        if text.strip() and (not vectorizer.reads_latin_only or latin_share(text) >= LEAST_LATIN)
    ]
    if not readable:
        return np.zeros((len(texts), 1), np.float32)
    made = vectorizer.embed([texts[number] for number in readable])
    vectors = np.zeros((len(texts), made.shape[1]), np.float32)
    vectors[readable] = made
    return vectors
