"""Answers questions of counts and times over the logs of a session, without any model."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from ai_llm_service.domain import (
    Answer,
    Citation,
    CitationStyle,
    Computation,
    Coverage,
    Method,
    Mode,
    Query,
)
from ai_llm_service.errors import DocumentsTooLarge
from ai_llm_service.providers.base import ChatModel
from ai_llm_service.search.base import Source
from ai_llm_service.search.logs.compute import Figures, compute
from ai_llm_service.search.logs.explain import sentence, statement
from ai_llm_service.search.logs.plan import is_computation, names_a_log, plan
from ai_llm_service.search.logs.question import LogQuestion, Measure
from ai_llm_service.search.logs.rewording import is_worth_a_call, reworded, rewording_prompt
from ai_llm_service.search.logs.shelf import LogShelf
from ai_llm_service.search.logs.table import LogTable
from ai_llm_service.search.opened import Opened
from ai_llm_service.search.prompt import count_tokens

NAME = "log-rules"
MAX_QUOTE_CHARACTERS = 600


@dataclass(frozen=True, slots=True)
class _Log:
    source: Source
    table: LogTable

    @property
    def name(self) -> str:
        return self.source.document.name


@dataclass(frozen=True, slots=True)
class _Found:
    """What one log answers."""

    log: _Log
    question: LogQuestion
    figures: Figures


class LogComputer:
    """A rule for each form of question, over all lines; it leaves what it is not sure of.

    Where there is a chat model, it may say a question in a form that there is a rule for.
    """

    def __init__(self, shelf: LogShelf) -> None:
        self._shelf = shelf

    def compute(
        self, query: Query, opened: Opened, model: ChatModel, seconds: float
    ) -> Answer | None:
        """Answer from the logs among the documents; None: there is none, or no rule fits."""
        give_up_at = time.monotonic() + seconds
        names = [source.document.name for source in opened.sources]
        is_forced = query.options.mode is Mode.COMPUTE
        may_reword = model.context_tokens > 0 and (is_forced or is_worth_a_call(query.text))
        if not may_reword and not is_computation(query.text, names):
            return None
        logs = self._asked(query.text, opened.sources, partial(_check, give_up_at))
        if not logs:
            return None
        found = _found(query.text, logs, names)
        # Over a log that is kept as a table the model writes statements of its own.
        is_table = any(log.source.document.tables for log in logs)
        if found or not may_reword or len(logs) > 1 or is_table:
            return _answer(query, found) if found else None
        return _by_model(query, logs[0], model, give_up_at)

    def _asked(
        self, question: str, sources: Sequence[Source], check: Callable[[], None]
    ) -> list[_Log]:
        """The logs that the question is about; beside other documents it must say so."""
        read = ((source, self._shelf.table(source, check)) for source in sources)
        logs = [_Log(source, table) for source, table in read if table is not None]
        asked = names_a_log(question, [source.document.name for source in sources])
        logs = [log for log in logs if not asked.named or log.name in asked.named]
        is_meant = asked.named or asked.says_log or len(logs) == len(sources)
        return logs if is_meant else []


def _found(question: str, logs: Sequence[_Log], names: Sequence[str]) -> list[_Found]:
    """What the logs answer, if all of them are asked for the same."""
    found = [each for log in logs if (each := _answered(question, log, names))]
    return found if len({each.question.measure for each in found}) == 1 else []


def _by_model(query: Query, log: _Log, model: ChatModel, give_up_at: float) -> Answer | None:
    """Compute the question as the model says it; a text that stands nowhere is an invention."""
    prompt = rewording_prompt(query, log.table)
    if count_tokens(prompt.messages) > model.context_tokens:
        return None
    generation = model.generate(prompt, max(give_up_at - time.monotonic(), 1.0))
    question = reworded(generation.text)
    found = [] if question is None else _found(question, [log], [log.name])
    if not found or (found[0].question.texts and not found[0].figures.cited):
        return None
    answer = _answer(query, found)
    return replace(answer, model=generation.model, usage=generation.usage)


def _check(give_up_at: float) -> None:
    if time.monotonic() > give_up_at:
        raise DocumentsTooLarge


def _answered(text: str, log: _Log, names: Sequence[str]) -> _Found | None:
    question = plan(text, log.table, names)
    figures = None if question is None else compute(log.table, question)
    return None if question is None or figures is None else _Found(log, question, figures)


def _answer(query: Query, found: Sequence[_Found]) -> Answer:
    """The sentence of each log with its mark; counts of several logs are summed as well."""
    is_inline = query.options.citations is CitationStyle.INLINE
    told = [
        f"{sentence(each.question, each.figures, each.log.name)}{f' [{number}]' * is_inline}"
        for number, each in enumerate(found, 1)
    ]
    if len(found) > 1 and found[0].question.measure is Measure.COUNT:
        total = sum(int(each.figures.value) for each in found)
        told.insert(0, f"{total} in all")
    citations = [
        _citation(each.log, number, row)
        for number, each in enumerate(found, 1)
        for row in each.figures.cited
    ]
    return Answer(
        query=query.text,
        text="; ".join(told),
        method=Method.COMPUTE,
        model=NAME,
        citations=tuple(citations),
        coverage=Coverage(0, 0),
        confidence=1.0,
        computation=_computation(found),
    )


def _computation(found: Sequence[_Found]) -> Computation:
    """The rows of one log, or of several with their names."""
    statements = "\n".join(statement(each.question, each.log.name) for each in found)
    names = tuple(each.log.name for each in found)
    first = found[0].figures
    if len(found) == 1:
        return Computation(statements, first.columns, first.rows, first.row_count, names)
    rows = tuple((each.log.name, *row) for each in found for row in each.figures.rows)
    count = sum(each.figures.row_count for each in found)
    return Computation(statements, ("document", *first.columns), rows, count, names)


def _citation(log: _Log, number: int, row: int) -> Citation:
    start, end = log.table.span(row)
    end = min(end, start + MAX_QUOTE_CHARACTERS)
    return Citation(
        number=number,
        document_id=log.source.document.id,
        document=log.name,
        page=None,
        line=row + 1,
        start=start,
        end=end,
        quote=log.table.text[start:end],
        verified=True,
        support=1.0,
    )
