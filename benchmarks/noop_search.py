"""A file search that answers at once: what is left is the engine."""

from pathlib import Path

from ai_llm_service.domain import Answer, Coverage, Document, Method, Query
from ai_llm_service.search.base import Ingested


class NoopSearch:
    """Implements `FileSearch` without reading anything."""

    def ingest(self, document: Document, path: Path) -> Ingested:
        raise NotImplementedError

    def answer(self, query: Query, timeout_seconds: float) -> Answer:  # noqa: ARG002
        return Answer(query.text, "done", Method.LOOKUP, "noop", (), Coverage(0, 0, ()))

    def forget(self, session_id: str) -> None:
        """Nothing is kept."""
