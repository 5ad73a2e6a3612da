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


NOTHING = Evidence(0.0, None, 1.0)


@dataclass(frozen=True, slots=True)
class Found:
    """Positions with their scores, best first."""

    hits: tuple[tuple[int, float], ...]
    evidence: Evidence
