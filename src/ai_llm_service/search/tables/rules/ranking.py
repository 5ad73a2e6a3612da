"""Questions for several places or a later one: top 3 X by Y, the 5 highest, the second largest."""

import re
from dataclasses import dataclass

from ai_llm_service.search.tables.rules.heads import measure_after
from ai_llm_service.search.tables.rules.links import ColumnLink, Span
from ai_llm_service.search.tables.rules.plan import Filter, Plan, rows_of, said, select, trust
from ai_llm_service.search.tables.rules.question import Question
from ai_llm_service.search.tables.rules.words import NUMBER_WORDS, ORDINALS

_UP = r"most|highest|largest|greatest|biggest|top|best(?:[- ]\w+)?|maximum"
_DOWN = r"least|fewest|lowest|smallest|bottom|worst|minimum"
_COUNT = r"(?P<count>\d{1,3}|" + "|".join(word for word in NUMBER_WORDS if word != "zero") + r")"
_PLACE = (
    r"(?P<place>" + "|".join(word for word in ORDINALS if word != "first") + r"|[2-9](?:nd|rd|th))"
)
_RANKED = (
    re.compile(rf"\b(?P<word>top|bottom|best|worst|first) {_COUNT}\b(?!\s*(?:st|nd|rd|th|%)\b)"),
    re.compile(rf"\b{_COUNT} (?P<word>{_UP}|{_DOWN})\b"),
    re.compile(rf"\b{_PLACE}[- ](?P<word>{_UP}|{_DOWN})\b"),
    re.compile(rf"\b(?:which|what|the|list|show|name) {_COUNT} \w+ .*\b(?P<word>{_UP}|{_DOWN})\b"),
)
_BY = re.compile(r"\b(?:by|in terms of|according to|ranked by|sorted by|based on)\b")
_COUNTED = re.compile(r"\b(?:number|count|amount) of\b|\bcount\b")


@dataclass(frozen=True)
class _Asked:
    """How many places, from which one, the larger first or not, and the words that say so."""

    count: int
    place: int | None
    is_up: bool
    spans: tuple[Span, ...]

    @property
    def direction(self) -> str:
        return "DESC" if self.is_up else "ASC"

    @property
    def condition(self) -> str:
        return f"= {self.place}" if self.place else f"<= {self.count}"

    def told(self) -> str:
        word = "highest" if self.is_up else "lowest"
        return f"number {self.place} of the {word}" if self.place else f"the {self.count} {word}"


@dataclass(frozen=True)
class _Figure:
    """What is ranked: a column, or what is made of it for each group, in SQL and in words."""

    sql: str
    told: str
    shown: str
    known: tuple[Filter, ...] = ()
    is_of_groups: bool = True


def plan_ranking(question: Question) -> Plan | None:
    """Rows, or groups of rows, in the order of a figure; those of one place stand together."""
    asked = asked_places(question)
    if asked is None or question.has("how many|difference|between|except|consecutive|per|each"):
        return None
    head = _head(question)
    measure = _measure(question, head)
    figure = _figure(question, head, measure)
    shown = head.column if head else question.grid.key
    if figure is None or shown is None:
        return None
    links = [link for link in (head, measure) if link]
    spans = [*asked.spans, *(link.span for link in links)]
    values = [v for v in question.values() if not any(v.span.overlaps(at) for at in spans)]
    compared = [(f, at) for f, at in question.comparisons if not _covers(asked.spans, at)]
    filters = question.filters_of(values) + [made for made, _ in compared]
    if not rows_of(question.grid, filters):
        return None
    spans += [*(v.span for v in values), *(at for _, at in compared)]
    extra = frozenset(measure.column.stems) if measure else frozenset()
    sure = trust(values) * 0.7 ** len(question.unexplained(spans, extra))
    sure *= min(link.strength for link in links) if links else 0.5
    statement = select(
        f"{shown.written}, {figure.shown}",
        question.grid,
        [*filters, *figure.known],
        _order(asked, figure),
    )
    label = f"{shown.name}: {asked.told()} {figure.told}{said(filters)}"
    return Plan(statement, sure, label, "group")


def _order(asked: _Asked, figure: _Figure) -> str:
    order = f"ORDER BY {figure.sql} {asked.direction}"
    rank = "dense_rank" if asked.place else "rank"
    groups = " GROUP BY 1" if figure.is_of_groups else ""
    return f"{groups} QUALIFY {rank}() OVER ({order}) {asked.condition} {order}"


def asked_places(question: Question) -> _Asked | None:
    """Find how many places are asked for, or which one."""
    for pattern in _RANKED:
        match = pattern.search(question.text)
        if match is None:
            continue
        named = match.groupdict()
        word = match["word"]
        is_up = not re.fullmatch(_DOWN, word)
        place = named.get("place")
        number = _number(place or match["count"])
        if not 0 < number <= 100 or (word == "first" and not _BY.search(question.text)):
            continue
        keys = ("word", "place" if place else "count")
        spans = tuple(question.span_of(match, key) for key in keys)
        return _Asked(1 if place else number, number if place else None, is_up, spans)
    return None


def _number(word: str) -> int:
    digits = re.match(r"\d+", word)
    if digits:
        return int(digits[0])
    return ORDINALS.get(word) or int(NUMBER_WORDS.get(word, 0))


def _covers(spans: tuple[Span, ...], span: Span) -> bool:
    return any(span.overlaps(own) for own in spans)


def _head(question: Question) -> ColumnLink | None:
    """Find the column whose cells are asked for: named, and no figure."""
    links = [c for c in question.links.columns if not c.column.is_numeric or c.column.is_id]
    links = [c for c in links if c.strength >= 0.5]
    return min(links, key=lambda c: (-c.strength, c.span.start), default=None)


def _measure(question: Question, head: ColumnLink | None) -> ColumnLink | None:
    """Find the figure: named after `by`, or anywhere; the only one of the table where none is."""
    by = _BY.search(question.text)
    if by is not None and _COUNTED.match(question.text[by.end() :].strip().removeprefix("the ")):
        return None
    link = measure_after(question, question.span_of(by).end) if by else None
    links = [c for c in question.links.columns if c.column.is_measure]
    link = link or max(links, key=lambda c: c.strength, default=None)
    if link is not None or _is_counted(question):
        return link
    measures = [c for c in question.grid.columns if c.is_measure]
    at = head.span if head else Span(0, 0)
    return ColumnLink(at, measures[0], 0.7) if len(measures) == 1 else None


def _figure(
    question: Question, head: ColumnLink | None, measure: ColumnLink | None
) -> _Figure | None:
    if measure is None:
        is_counted = head is not None and _is_counted(question)
        return _Figure("count(*)", "numbers of rows", "count(*)") if is_counted else None
    number, name = measure.column.number_sql, measure.column.name
    known = (Filter(f"{number} IS NOT NULL", "", frozenset()),)
    if head is None or head.column.distinct >= head.column.filled:
        return _Figure(number, name, measure.column.written, known, is_of_groups=False)
    # Each name stands in several rows: it has what all of them have together.
    function, word = ("avg", "averages") if question.has("average|mean") else ("sum", "sums")
    figure = f"{function}({number})"
    return _Figure(figure, f"{word} of {name}", figure, known)


def _is_counted(question: Question) -> bool:
    """`By number of X`, or the most rows: `the most orders`."""
    if _COUNTED.search(question.text):
        return True
    match = re.search(rf"\b(?:{_UP}|{_DOWN})\b", question.text)
    at = question.span_of(match).end if match else 0
    words = question.links.words[at : at + 1] if match else ()
    return any(word.stem in question.grid.row_stems for word in words)
