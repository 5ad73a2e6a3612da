"""Embedders in the shape of chat models, so that their calls go through the same gateway.

The texts are the messages of the prompt; the vectors are the text of the generation, as JSON.
"""

import json
from collections.abc import Iterable, Sequence

from ai_llm_service.domain import Generation
from ai_llm_service.providers.base import Embedder, Prompt
from ai_llm_service.search.vectors import Vectorizer

# More digits than single precision holds would only take room.
DIGITS = 7


class ProviderEmbedder:
    """An embedding model behind a wire."""

    context_tokens = 0

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.name = embedder.name

    def generate(self, prompt: Prompt, timeout_seconds: float) -> Generation:
        made = self._embedder.embed(_texts(prompt), timeout_seconds)
        return Generation(_as_text(made.vectors), made.model, made.usage, limits=made.limits)


class LocalEmbedder:
    """An embedder that runs here and costs nothing."""

    context_tokens = 0

    def __init__(self, vectorizer: Vectorizer) -> None:
        self._vectorizer = vectorizer
        self.name = vectorizer.name

    def generate(self, prompt: Prompt, timeout_seconds: float) -> Generation:  # noqa: ARG002
        vectors = self._vectorizer.embed(_texts(prompt))
        return Generation(_as_text(vectors.tolist()), self.name)


def _texts(prompt: Prompt) -> list[str]:
    return [message.content for message in prompt.messages]


def _as_text(vectors: Iterable[Sequence[float]]) -> str:
    return json.dumps([[round(number, DIGITS) for number in vector] for vector in vectors])
