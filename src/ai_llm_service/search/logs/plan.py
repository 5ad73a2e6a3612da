"""From the words of a question to a computation over one log, or none."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ai_llm_service.search.logs.question import LogQuestion, Measure, ask
from ai_llm_service.search.logs.severity import same_level
from ai_llm_service.search.logs.table import LogTable
from ai_llm_service.search.logs.wording import Wording

_LOG_WORD = re.compile(r"\b(?:logs?|log ?files?|log lines?|logged)\b", re.IGNORECASE)
# A shorter word or a number stands in too many lines by chance.
LEAST_LETTERS = 3
# A text without quotes may be meant by these alone.
_OF_LINES = frozenset(
    [Measure.COUNT, Measure.FIRST, Measure.LAST, Measure.WHEN, Measure.EXISTS, Measure.LIST]
)


def plan(text: str, table: LogTable, file_names: Sequence[str] = ()) -> LogQuestion | None:
    """The computation that answers the question; None: not sure that there is one."""
    wording = Wording(text, file_names, lambda part: part in table.text)
    question = ask(wording)
    if question is None:
        return None
    for stretch in wording.left_over:
        named = _named(table, question, stretch)
        if named is None:
            return None
        question = named
    return question if _is_whole(question, table) else None


@dataclass(frozen=True, slots=True)
class Asked:
    """Whether a question is about logs: the files that it names, and whether it says so."""

    named: tuple[str, ...]
    says_log: bool


def names_a_log(text: str, file_names: Sequence[str]) -> Asked:
    wording = Wording(text, file_names, lambda _: True)
    return Asked(wording.named, _LOG_WORD.search(text) is not None)


def is_computation(text: str, file_names: Sequence[str]) -> bool:
    """Whether it has the form of one; quick, so that no log is read for other questions."""
    return ask(Wording(text, file_names, lambda _: True)) is not None


def _named(table: LogTable, question: LogQuestion, stretch: str) -> LogQuestion | None:
    """What a left-over name is: a level, a component, or a text of the log."""
    levels = [name for name in table.level_names if same_level(stretch, name)]
    if levels:
        # Of two levels it is not known whether both are meant together.
        is_first = question.level is None and question.grave is None
        return replace(question, level=levels[0]) if is_first else None
    sources = [name for name in table.source_names if name.lower() == stretch]
    sources = sources or [name for name in table.source_names if _ends_with(name.lower(), stretch)]
    if len(sources) == 1 and question.source is None:
        return replace(question, source=sources[0])
    is_word = sum(map(str.isalpha, stretch)) >= LEAST_LETTERS
    can_be_text = question.measure in _OF_LINES and not question.texts and is_word
    if can_be_text and stretch in table.text.lower():
        return replace(question, texts=(stretch,), is_exact=False)
    return None


def _ends_with(name: str, stretch: str) -> bool:
    return any(name.endswith(mark + stretch) for mark in ".$:/") or f"'{stretch}'" in name


def _is_whole(question: LogQuestion, table: LogTable) -> bool:
    """Whether the log has what the question names."""
    if question.level is not None:
        return bool(table.level_names)
    return True
