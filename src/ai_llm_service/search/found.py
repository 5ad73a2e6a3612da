"""What a search is given, and what it finds."""

from collections.abc import Sequence
from dataclasses import dataclass

from ai_llm_service.search.vectors import Vectors


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for: words, and the vector of the question with the trust in it (0 to 1)."""

    words: Sequence[str]
    text: str = ""
    vector: Vectors | None = None
    trust: float = 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """How well the best chunk matches, from 0 to 1: by words and by meaning."""

    words: float
    meaning: float | None
    words_weight: float

    @property
    def best(self) -> float:
        meaning = max(self.meaning or 0.0, 0.0)
        return min(1.0, self.words_weight * self.words + (1 - self.words_weight) * meaning)


@dataclass(frozen=True, slots=True)
class Found:
    """Positions with their scores, best first; `best`: the evidence for the first, from 0 to 1."""

    hits: tuple[tuple[int, float], ...]
    best: float
