"""How sure it is that the documents hold the answer, from 0 to 1."""

import math
from collections.abc import Sequence

from ai_llm_service.search.passages import Excerpt

# Below it an answer without a model is not given. It is a quote with its place, so that a reader
# sees at once what it is worth: better one too many of them than none for a short document.
ABSTAIN_BELOW = 0.25
# The logistic curve over the score of the best chunk, fitted on XQuAD in English and Hindi: 1,164
# questions with an answer in the files and 100 without. docs/quality.md has the held-out check.
STEEPNESS, MIDDLE = 20.0, 0.42


def confidence_of(excerpts: Sequence[Excerpt]) -> float | None:
    """The confidence of a lookup; None where nothing was looked up."""
    return confidence_in(max((excerpt.passage.score for excerpt in excerpts), default=0.0))


def confidence_in(best_score: float) -> float:
    """How sure a best chunk of that score makes."""
    return round(1 / (1 + math.exp(-STEEPNESS * (best_score - MIDDLE))), 3)
