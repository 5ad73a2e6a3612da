"""The seam for who finds the passages of a question and has it answered from them."""

from dataclasses import dataclass
from typing import Protocol

from ai_llm_service.domain import Generation, Query
from ai_llm_service.providers.base import ChatModel
from ai_llm_service.search.opened import Opened
from ai_llm_service.search.passages import Excerpt


@dataclass(frozen=True, slots=True)
class Reading:
    """What a model wrote, with the marks `[n]` in its text, and the excerpts they number from 1."""

    generation: Generation
    excerpts: tuple[Excerpt, ...]


class Reader(Protocol):
    """Answers a question from the best passages of the documents."""

    def read(
        self, query: Query, opened: Opened, model: ChatModel, budget: int | None, seconds: float
    ) -> Reading:
        """Find and generate, or raise a ProviderError.

        `budget` is how many tokens a prompt may take; None where the model counts none.
        """
        ...
