"""Vectors from every server that speaks OpenAI's `/embeddings`."""

import math
import time
from collections.abc import Sequence
from typing import Any

from ai_llm_service.domain import ProviderLimits, Usage
from ai_llm_service.errors import ProviderMisbehaved
from ai_llm_service.providers.base import Embeddings
from ai_llm_service.providers.openai_model import limits_in, usage_in
from ai_llm_service.providers.openai_wire import OpenAIWire, unreadable, whole

# Every server takes this many; OpenAI itself up to 2,048 with 300,000 tokens in all.
BATCH = 64
LEAST_SECONDS = 1.0

Vector = tuple[float, ...]


class OpenAIEmbedder:
    """One embedding model; its first vector decides how many dimensions all of them have."""

    def __init__(self, wire: OpenAIWire, model: str) -> None:
        self._wire = wire
        self._model = model
        self._dimensions: int | None = None

    @property
    def name(self) -> str:
        return f"{self._wire.provider}:{self._model}"

    def embed(self, texts: Sequence[str], timeout_seconds: float) -> Embeddings:
        give_up_at = time.monotonic() + timeout_seconds
        vectors: list[Vector] = []
        usage, limits = Usage(), None
        for start in range(0, len(texts), BATCH):
            batch = list(texts[start : start + BATCH])
            body, limits = self._ask(batch, max(give_up_at - time.monotonic(), LEAST_SECONDS))
            vectors += self._vectors(body, len(batch))
            usage += usage_in(body.get("usage"), ("prompt", "completion"))
        return Embeddings(tuple(vectors), self.name, usage, limits)

    def _ask(self, batch: list[str], timeout_seconds: float) -> tuple[Any, ProviderLimits | None]:
        # Left to itself the SDK asks for base64, which servers answer with other numbers.
        with self._wire.reply(
            lambda client, timeout: client.embeddings.with_streaming_response.create(
                model=self._model, input=batch, encoding_format="float", timeout=timeout
            ),
            timeout_seconds,
        ) as reply:
            body = whole(reply)
            return body if isinstance(body, dict) else {}, limits_in(reply.headers)

    def _vectors(self, body: Any, count: int) -> list[Vector]:
        """The vectors in the order of the texts, each of them finite and as long as the others."""
        try:
            rows = sorted(body["data"], key=lambda row: row.get("index", 0))
            vectors = [tuple(float(value) for value in row["embedding"]) for row in rows]
        except (KeyError, TypeError, ValueError, AttributeError):
            raise unreadable() from None
        if len(vectors) != count:
            raise ProviderMisbehaved("The provider sent another number of vectors than of texts.")
        lengths = {len(vector) for vector in vectors} | {self._dimensions or len(vectors[0])}
        if len(lengths) != 1 or 0 in lengths:
            raise ProviderMisbehaved("The provider sent vectors of different lengths.")
        if not all(math.isfinite(value) for vector in vectors for value in vector):
            raise ProviderMisbehaved("The provider sent vectors that hold no numbers.")
        self._dimensions = lengths.pop()
        return vectors
