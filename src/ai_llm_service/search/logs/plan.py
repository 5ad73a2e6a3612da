"""From the words of a question to a computation over one log, or none."""

import re
from collections.abc import Iterator, Sequence
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

# Words of questions: that a line has them by chance says nothing.
_ASKING = frozenset(
    ("first", "last", "next", "previous", "past", "recent", "half", "before", "after", "since",
     "until", "more", "less", "than", "same", "other", "both", "between", "during", "today",
     "yesterday", "average", "mean", "total", "per", "longest", "shortest", "maximum", "minimum")
)  # fmt: skip
_EVENTS = re.compile(
    r"(?:timeout|retrie|traceback|restart|request|attempt|(?:re|dis)connect(?:ion)?|log(?:in|out)"
    r"|deadlock|alert|abort|rollback|upload|download|quer(?:y|ie)|start|stop|job)s"
)
_REQUESTS = re.compile(r"(?:requests?|hits?|calls?)")
_STATUS = re.compile(
    r"(?:(?:http|status|codes?|returned|return|got|responses?|requests?|hits?|with) )*([1-5]\d\d)"
    r"(?: (?:errors?|responses?|status|codes?|requests?|hits?))*"
)
_REQUEST = re.compile(r'"[A-Z]+ [^"]*" [1-5]\d\d\b')
REQUESTS_LOOKED_AT = 50
_GROUPED = re.compile(r"\b(?:each|every|per) (?P<word>\w+)")


def plan(text: str, table: LogTable, file_names: Sequence[str] = ()) -> LogQuestion | None:
    """The computation that answers the question; None: not sure that there is one."""
    wording = Wording(text, file_names, lambda part: part in table.text)
    question = ask(wording)
    if question is None or any(wording.tells(m["word"]) for m in _GROUPED.finditer(wording.rest)):
        # "On each worker": not known what the lines are grouped by.
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
    """What a left-over name is: a level, a component, a status, or a text of the log."""
    if _REQUESTS.fullmatch(stretch) and _is_of_requests(table):
        return question
    status = _STATUS.fullmatch(stretch)
    if status and not question.texts and _is_of_requests(table):
        # "404 errors" are what they are called, of whatever class.
        return replace(question, texts=(f'" {status[1]} ',), grave=None)
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
    if question.measure not in _OF_LINES or question.texts or not is_word or stretch in _ASKING:
        return None
    text = table.text.lower()
    found = next((form for form in _forms(stretch) if form in text), None)
    return None if found is None else replace(question, texts=(found,), is_exact=False)


def _forms(stretch: str) -> Iterator[str]:
    """As it is asked, then one of several: `connection timeouts` stands as `connection timeout`."""
    yield stretch
    if " " not in stretch and not _EVENTS.fullmatch(stretch):
        # Of things, such as users, not the lines are asked for that name one.
        return
    if stretch.endswith("ies"):
        yield stretch.removesuffix("ies") + "y"
    elif stretch.endswith("s") and not stretch.endswith("ss"):
        yield stretch.removesuffix("s")


def _is_of_requests(table: LogTable) -> bool:
    """Tell whether its lines are requests with a status, as those of nginx and Apache."""
    heads = table.heads[:REQUESTS_LOOKED_AT]
    found = sum(_REQUEST.search(table.line(int(row))) is not None for row in heads)
    return found > len(heads) / 2


def _ends_with(name: str, stretch: str) -> bool:
    return any(name.endswith(mark + stretch) for mark in ".$:/") or f"'{stretch}'" in name


def _is_whole(question: LogQuestion, table: LogTable) -> bool:
    """Whether the log has what the question names."""
    if question.level is not None:
        return bool(table.level_names)
    return True
