"""Answers a question by a statement over the session's tables."""

import re
import time
from collections.abc import Sequence
from dataclasses import replace

from ai_llm_service.domain import Answer, Mode, Passage, Query
from ai_llm_service.providers.base import ChatModel, Prompt
from ai_llm_service.search.logs.asking import wants_digest
from ai_llm_service.search.opened import Opened
from ai_llm_service.search.tables.computed import Computed, answer_of, passages_beside
from ai_llm_service.search.tables.cues import asks_to_compute
from ai_llm_service.search.tables.rules.planner import Planner
from ai_llm_service.search.tables.sandbox import Sandbox, StatementFailed, View
from ai_llm_service.search.tables.sentence import is_borne_out, sentence_prompt, template
from ai_llm_service.search.tables.session import SessionTable, TableFiles, tables_of
from ai_llm_service.search.tables.sql_prompt import repair_prompt, statement_in, statement_prompt

RESERVE_TOKENS = 1000
# Measured: so sure a plan is right six times of seven. Who forces a computation takes a guess.
LEAST_SURENESS, LEAST_SURENESS_FORCED = 0.45, 0.15
_MARK = re.compile(r"\[(\d+)\]")
_PART = re.compile(
    r"\?\s+(?=\w)|,?\s+and\s+(?=(?:what|who|when|where|which|how|why)\b)", re.IGNORECASE
)


class TableComputer:
    """Lets a chat model write the statement; without one the common forms are planned by rules."""

    def __init__(self, files: TableFiles, sandbox: Sandbox) -> None:
        self._files = files
        self._sandbox = sandbox
        self._planner = Planner(sandbox)

    def compute(
        self, query: Query, opened: Opened, model: ChatModel, seconds: float
    ) -> Answer | None:
        """Answer, or None when there is no table or the question asks for no computation."""
        give_up_at = time.monotonic() + seconds
        tables = tables_of(source.document for source in opened.sources)
        if not tables:
            return None
        if not model.context_tokens:
            # Logs have rules of their own.
            tables = tuple(table for table in tables if not table.table.of_log)
            return self._by_rules(query, opened, tables, model, give_up_at) if tables else None
        if query.options.mode is not Mode.COMPUTE and not _asks_to_compute(query.text, tables):
            return None
        computed = self._by_model(query, tables, model, give_up_at)
        if computed is None:
            return None
        return self._in_words(query, opened, computed, model, give_up_at)

    def _by_rules(
        self,
        query: Query,
        opened: Opened,
        tables: Sequence[SessionTable],
        model: ChatModel,
        give_up_at: float,
    ) -> Answer | None:
        """Plan the question, or of a question with several parts the one that can be planned."""
        views = self._files.views(tables)
        forced = query.options.mode is Mode.COMPUTE
        least = LEAST_SURENESS_FORCED if forced else LEAST_SURENESS
        for part, rest in parts_of(query.text):
            planned = self._planner.plan(part, tables, views, least)
            if planned is None:
                continue
            read = _read(planned.statement, tables)
            computed = Computed(planned.statement, planned.result, read)
            text = planned.text
            passages = passages_beside(opened, replace(query, text=rest)) if rest else []
            if passages:
                text = f"{_first_marked(text)}\n{self._quoted(rest, passages, model, give_up_at)}"
            return answer_of(query, opened, computed, text, passages)
        return None

    def _quoted(
        self, rest: str, passages: Sequence[Passage], model: ChatModel, give_up_at: float
    ) -> str:
        """Answer the rest from the texts; the result has the first mark."""
        prompt = Prompt((), rest, tuple(passages))
        text = model.generate(prompt, _left(give_up_at)).text
        return _MARK.sub(lambda mark: f"[{int(mark[1]) + 1}]", text)

    def _by_model(
        self,
        query: Query,
        tables: Sequence[SessionTable],
        model: ChatModel,
        give_up_at: float,
    ) -> Computed | None:
        """Have the statement written; on an error the model gets the error, once."""
        views = self._files.views(tables)
        prompt = statement_prompt(query, tables, model.context_tokens - RESERVE_TOKENS)
        generation = model.generate(prompt, _left(give_up_at))
        usage = generation.usage
        statement = statement_in(generation.text)
        error = None
        if statement is not None:
            computed, error = self._run(statement, tables, views)
            if computed:
                return computed.paid(generation.model, usage)
        if error is None:
            return None
        again = model.generate(repair_prompt(prompt, generation.text, error), _left(give_up_at))
        statement = statement_in(again.text)
        computed = None if statement is None else self._run(statement, tables, views)[0]
        return computed and computed.paid(again.model, usage + again.usage)

    def _run(
        self, statement: str, tables: Sequence[SessionTable], views: Sequence[View]
    ) -> tuple[Computed | None, str | None]:
        read = _read(statement, tables)
        names = {table.view for table in read}
        # Tables that it does not name need not be opened.
        opened = [view for view in views if view.name in names] or views
        try:
            result = self._sandbox.run(statement, opened)
        except StatementFailed as error:
            return None, str(error)
        return Computed(statement, result, read), None

    def _in_words(
        self,
        query: Query,
        opened: Opened,
        computed: Computed,
        model: ChatModel,
        give_up_at: float,
    ) -> Answer:
        """Let the model put it into words; one with other numbers than the result is not used."""
        passages = passages_beside(opened, query)
        prompt = sentence_prompt(query, computed.computation(), passages)
        generation = model.generate(prompt, _left(give_up_at))
        sources = [query.text, *(passage.chunk.text for passage in passages)]
        text = generation.text.strip()
        if not text or not is_borne_out(text, computed.computation(), sources):
            text, passages = template(computed.computation()), []
        paid = computed.paid(generation.model, computed.usage + generation.usage)
        return answer_of(query, opened, paid, text, passages)


def _asks_to_compute(question: str, tables: Sequence[SessionTable]) -> bool:
    """Tell whether a statement answers better than a text or the digest of a log does."""
    is_of_logs = all(table.table.of_log for table in tables)
    return asks_to_compute(question) and not (is_of_logs and wants_digest(question))


def parts_of(question: str) -> list[tuple[str, str]]:
    """Return the whole question, then each of its parts with the rest."""
    parts = [part for part in _PART.split(question) if part.strip()]
    if len(parts) < 2:
        return [(question, "")]
    rests = [" ".join(parts[:at] + parts[at + 1 :]) for at in range(len(parts))]
    return [(question, ""), *zip(parts, rests, strict=True)]


def _first_marked(text: str) -> str:
    return f"{text} [1]."


def _left(give_up_at: float) -> float:
    return max(give_up_at - time.monotonic(), 1.0)


def _read(statement: str, tables: Sequence[SessionTable]) -> tuple[SessionTable, ...]:
    """Tell which tables a statement names."""
    words = set(re.findall(r"\w+", statement.lower()))
    return tuple(table for table in tables if table.view in words)
