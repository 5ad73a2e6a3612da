"""The seam for what is computed instead of read: counts, sums, rows of tables, figures of logs."""

from typing import Protocol

from ai_llm_service.domain import Answer, Query
from ai_llm_service.providers.base import ChatModel
from ai_llm_service.search.opened import Opened


class Computer(Protocol):
    """Answers a question by a computation over the documents, or leaves it to the readers."""

    def compute(
        self, query: Query, opened: Opened, model: ChatModel, seconds: float
    ) -> Answer | None:
        """Answer with citations but without their list, or None: nothing to compute here.

        It is asked unless the mode of the query is `lookup` or `read_all`. What it leaves out
        (coverage, missing documents, the classic list of files) is added by the caller.
        """
        ...
