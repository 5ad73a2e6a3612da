"""What a question asks of a log: a rule for each form, and no answer where a word is left over."""

import re
from dataclasses import dataclass, field
from enum import StrEnum

from ai_llm_service.search.logs.window import Window, take_window
from ai_llm_service.search.logs.wording import Wording


class Measure(StrEnum):
    """What is computed over the chosen lines."""

    COUNT = "count"
    DISTINCT = "distinct"
    TOP = "top"
    GROUP = "group"
    FIRST = "first"
    LAST = "last"
    DURATION = "duration"
    LIST = "list"
    SHARE = "share"
    WHEN = "when"
    EXISTS = "exists"


class Column(StrEnum):
    """What is counted."""

    LINE = "lines"
    LEVEL = "level"
    SOURCE = "component"
    ADDRESS = "address"
    MESSAGE = "message"
    STATUS = "status"
    DAY = "day"
    HOUR = "hour"
    MINUTE = "minute"


class Grave(StrEnum):
    """Errors or warnings, as the levels or, without any, the words of a log have it."""

    ERROR = "errors"
    FAILURE = "failures"
    WARNING = "warnings"


@dataclass(frozen=True, slots=True)
class LogQuestion:
    """A computation over a log. `texts` are all in a line, or any of them; `without` none.

    `is_exact`: the texts stood in quotes. `level` and `source` are names as asked. `is_of_lines`:
    all lines count, not only those that begin a record. `asks_time`: a time is asked for.
    """

    measure: Measure
    column: Column = Column.LINE
    texts: tuple[str, ...] = ()
    is_any: bool = False
    without: tuple[str, ...] = ()
    is_exact: bool = True
    addresses: tuple[str, ...] = ()
    level: str | None = None
    grave: Grave | None = None
    source: str | None = None
    window: Window = field(default_factory=Window)
    limit: int = 1
    is_of_lines: bool = False
    asks_time: bool = True

    @property
    def is_of_records(self) -> bool:
        """Tell whether a record counts once, though several of its lines have the text."""
        is_kind = self.grave is not None or self.level is not None
        return bool(self.texts) and is_kind and not (self.is_of_lines or self.is_exact)

    @property
    def is_filtered(self) -> bool:
        named = self.texts or self.without or self.addresses or self.level or self.grave
        return bool(named or self.source or not self.window.is_open)


_COUNT = re.compile(
    r"\b(?:how many(?: times)?|how often|how frequently|(?:total |exact )?(?:number|count) of"
    r"|count(?: up)?|amount of)\b"
)
_DISTINCT = re.compile(
    r"\b(?:different|distinct|unique|separate|individual|(?:kinds|types|sorts) of)\b"
)
_TOP = re.compile(
    r"\b(?:the )?(?:(?P<n>\d{1,3}|two|three|five|ten) )?most (?:common|frequent(?:ly)?|often|active"
    r"|lines|entries|records|messages|log lines|log entries|log messages|errors|warnings|times"
    r"|logged|numerous|repeated)\b|\btop[- ]?(?P<top>\d{1,3}|two|three|five|ten)?\b"
    r"|\b(?:noisiest|busiest|chattiest|biggest number of|highest number of|largest number of"
    r"|more (?:lines|entries) than any other|dominant|most)\b"
)
_NUMBERS = {"two": 2, "three": 3, "five": 5, "ten": 10}
_FIRST = re.compile(r"\b(?:first(?: time)?|earliest|initial(?:ly)?)\b")
_LAST = re.compile(r"\b(?:last(?: time)?|latest|final|most recent(?:ly)?)\b")
_BEGINS = re.compile(r"\bwhen (?:does|did) (?:the |this )?(?:log|it|run|file)? ?(?:start|begin)\w*")
_ENDS = re.compile(
    r"\bwhen (?:does|did) (?:the |this )?(?:log|it|run|file)? ?(?:end|stop|finish)\w*"
)
_DURATION = re.compile(
    r"\b(?:how long (?:is|was|does|did)|(?:what )?(?:time span|period|duration)|how much time"
    r"|over what (?:time|period))\b"
)
_DURATION_WORDS = re.compile(r"\b(?:take|last|cover|run|span|go on|covered|running)\b")
_WHEN = re.compile(r"\b(?:when|at (?:what|which) times?|what (?:date|time))\b")
_LIST = re.compile(r"\b(?:list|show(?: me)?|print|display|give me|which lines|find)\b")
_SHARE = re.compile(
    r"\b(?:what |which )?(?:percentage|percent|share|fraction|proportion)(?: of)?\b"
)
_EXISTS = re.compile(
    r"^\W*(?:are there|is there|does|do|did|was there|were there)\b(?: any| a| an)?"
)
_GROUP = re.compile(
    r"\b(?:(?:for|per|by|in|of|grouped by|broken down by) (?:each |every )?|each |every )"
    r"(?P<column>level|severity|component|source|service|logger|hour|minute|day|date"
    r"|status(?: code)?|ip(?: address)?)\b"
)
_MEASURES = (
    (_SHARE, Measure.SHARE),
    (_BEGINS, Measure.FIRST),
    (_ENDS, Measure.LAST),
    (_COUNT, Measure.COUNT),
    (_TOP, Measure.TOP),
    (_FIRST, Measure.FIRST),
    (_LAST, Measure.LAST),
    (_DURATION, Measure.DURATION),
    (_EXISTS, Measure.EXISTS),
    (_LIST, Measure.LIST),
    (_WHEN, Measure.WHEN),
)
_NOUNS = (
    (Column.ADDRESS, r"ip(?:v4)?(?:[- ]?addresses|[- ]?address|s)?|addresses|address"),
    (
        Column.SOURCE,
        (
            r"components?|sources?|services?|loggers?|process(?:es)?|modules?|programs?|daemons?"
            r"|classes|class|tasks?|containers?"
        ),
    ),
    (Column.LEVEL, r"(?:log |severity )?levels?|severit(?:y|ies)"),
    (Column.STATUS, r"(?:http )?(?:status|response)(?: codes?)?"),
    (Column.HOUR, r"hours?"),
    (Column.MINUTE, r"minutes?"),
    (Column.DAY, r"days?|dates?"),
    (
        Column.MESSAGE,
        (
            r"(?:log )?messages?|templates?"
            r"|(?:kinds?|types?|sorts?) of (?:messages?|lines?|events?)"
            r"|message (?:kinds?|types?)|events?|(?:kinds?|types?) of(?= ¦)"
        ),
    ),
    (Column.LINE, r"(?:log )?(?:lines?|entr(?:y|ies)|records?)|log messages?|occurrences?|times"),
)
_COUNTED = re.compile(r"\b(?:how many|number of|count(?: of)?) (?:the )?(?P<words>\w+(?: \w+)?)")
_COUNTED_ONCE = frozenset([Column.ADDRESS, Column.SOURCE, Column.LEVEL])
_GROUPED = {
    "level": Column.LEVEL, "severity": Column.LEVEL, "hour": Column.HOUR, "minute": Column.MINUTE,
    "day": Column.DAY, "date": Column.DAY, "status": Column.STATUS, "status code": Column.STATUS,
    "ip": Column.ADDRESS, "ip address": Column.ADDRESS,
}  # fmt: skip
# Of a group without "most" there are so many rows.
MAX_GROUPS = 100


def ask(wording: Wording) -> LogQuestion | None:
    """Take the question apart; None where it is no computation that there is a rule for."""
    window = take_window(wording)
    counted = _counted(wording)
    grave = _grave(wording)
    level = _level(wording)
    measure = _measure(wording)
    if measure is None:
        return None
    top = wording.took
    group = wording.take(_GROUP)
    column = _column(wording, measure)
    limit = 1
    if measure is Measure.TOP and top is not None:
        limit = _number(top["n"] or top["top"]) or (_several(wording) if top["top"] is None else 1)
    if group is not None and measure in {Measure.COUNT, Measure.LIST}:
        measure, limit = Measure.GROUP, MAX_GROUPS
        column = _GROUPED.get(group["column"], Column.SOURCE)
    if measure is Measure.COUNT and counted is not None:
        if grave is not None:
            return None
        measure, column = Measure.DISTINCT, counted
    is_kind = measure in {Measure.TOP, Measure.DISTINCT} and grave is not None
    if is_kind and column is Column.LINE:
        column = Column.MESSAGE
    return LogQuestion(
        measure,
        column,
        texts=wording.texts,
        is_any=wording.is_any,
        without=wording.without,
        addresses=wording.addresses,
        level=level,
        grave=grave,
        window=window,
        limit=limit,
        is_of_lines=wording.says_lines,
        asks_time=wording.asks_time,
    )


def _counted(wording: Wording) -> Column | None:
    """Of "how many components" the components: they are counted once each, lines are not."""
    match = _COUNTED.search(wording.rest)
    words = match["words"] if match else ""
    for column, pattern in _NOUNS:
        if column in _COUNTED_ONCE and re.match(rf"(?:{pattern})\b", words):
            return column
    return None


def _measure(wording: Wording) -> Measure | None:
    """What is asked for, by the first form that fits."""
    for pattern, measure in _MEASURES:
        if wording.take(pattern):
            is_distinct = measure is Measure.COUNT and wording.take(_DISTINCT)
            while measure is Measure.DURATION and wording.take(_DURATION_WORDS):
                pass
            return Measure.DISTINCT if is_distinct else measure
    return None


def _column(wording: Wording, measure: Measure) -> Column:
    """The thing that is counted; for counts and times it is always the lines."""
    found = Column.LINE
    for column, words in _NOUNS:
        if wording.take(re.compile(rf"\b(?:{words})\b")) and found is Column.LINE:
            found = column
    by_column = {Measure.DISTINCT, Measure.TOP}
    return found if measure in by_column else Column.LINE


def _number(word: str | None) -> int:
    return 0 if word is None else _NUMBERS.get(word) or int(word)


def _several(wording: Wording) -> int:
    """How many to tell where the question names no number: one, or some of "the most common"."""
    return 5 if wording.says_plural else 1


_LEVEL_NAMES = (
    "trace|debug|verbose|info|information|notice|warn|warning|error|err|severe|failure|fatal"
    "|critical|crit|alert|emerg|emergency|panic"
)
_LEVEL = re.compile(
    r"\b(?:(?:the |with |have |at |of )*(?:log[- ]?|severity )?(?:level|severity)"
    r"(?: (?:of|is|equal to|named|called))?[ =:]+\"?(?P<after>[a-z]+)\b\"?"
    rf"|(?P<before>{_LEVEL_NAMES})[- ](?:level|severity|lines?|entr(?:y|ies)|messages?|records?"
    r"|logs?|events?)\b"
    rf"|(?:of|at|with|have|are|were|is|as) (?P<alone>{_LEVEL_NAMES})(?= ¦|\W*$))"
)
_NO_LEVEL = {
    "is", "are", "has", "have", "was", "in", "of", "does", "that", "which", "the", "do", "wrote",
    "most", "appear", "appears", "for", "occurs", "names", "and", "with",
}  # fmt: skip
_GRAVE = re.compile(
    r"\b(?:(?P<error>errors?)|(?P<failure>failures?|exceptions?|fail(?:s|ed)?|crash(?:es|ed)?)"
    r"|warnings?)\b"
)


def _level(wording: Wording) -> str | None:
    match = wording.take(_LEVEL, unless=lambda found: found["after"] in _NO_LEVEL)
    if match is None:
        return None
    name: str = match["after"] or match["before"] or match["alone"]
    return name


def _grave(wording: Wording) -> Grave | None:
    """Errors or warnings, unless it is the name of a level that is asked for."""
    if _LEVEL.search(wording.rest):
        return None
    match = wording.take(_GRAVE)
    if match is None:
        return None
    if match["failure"]:
        return Grave.FAILURE
    return Grave.ERROR if match["error"] else Grave.WARNING
