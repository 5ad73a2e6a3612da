"""A file search that answers at once: what is left is the engine."""

from pathlib import Path

from ai_llm_service.domain import Answer, Coverage, Document, Method, Query
from ai_llm_service.providers.base import ChatModel
from ai_llm_service.search.base import Ingested
from ai_llm_service.search.bookmark import KEEPS_NOTHING, BookmarkKeeper
from ai_llm_service.search.extract.source import Told, silent


class NoopSearch:
    """Implements `FileSearch` without reading anything."""

    recipe = "noop"

    def ingest(self, document: Document, path: Path, told: Told = silent) -> Ingested:
        raise NotImplementedError

    def answer(
        self,
        query: Query,
        model: ChatModel,  # noqa: ARG002
        timeout_seconds: float,  # noqa: ARG002
        keeper: BookmarkKeeper = KEEPS_NOTHING,  # noqa: ARG002
    ) -> Answer:
        return Answer(query.text, "done", Method.LOOKUP, "noop", (), Coverage(0, 0, ()))

    def held(self) -> set[str]:
        return set()

    def forget(self, session_id: str) -> None:
        """Nothing is kept."""
