"""Questions for extremes and for places in an order: most, highest, first, last, next."""

import re

from ai_llm_service.search.tables.rules.grid import Column
from ai_llm_service.search.tables.rules.heads import PERSON, Head, by_kind, head_of, measure_after
from ai_llm_service.search.tables.rules.links import ColumnLink, Span
from ai_llm_service.search.tables.rules.plan import (
    Filter,
    Plan,
    rows_of,
    said,
    select,
    trust,
)
from ai_llm_service.search.tables.rules.question import Question

_UP = r"most|highest|largest|greatest|biggest|maximum|max|best|top"
_DOWN = r"least|fewest|lowest|smallest|minimum|min|worst"
_SUPER = re.compile(rf"(?<!\bat )\b({_UP}|{_DOWN})\b")
# Adjectives name their column themselves.
_OWN = (
    (r"longest", ("length", "long", "durat", "time", "distanc", "year"), "DESC"),
    (r"shortest", ("length", "durat", "time", "distanc", "height"), "ASC"),
    (r"tallest", ("height", "elev"), "DESC"),
    (r"oldest", ("age",), "DESC"),
    (r"youngest", ("age",), "ASC"),
    (r"heaviest", ("weight", "mass"), "DESC"),
    (r"fastest", ("speed",), "DESC"),
    (r"fastest|quickest", ("time",), "ASC"),
    (r"slowest", ("time",), "DESC"),
    (r"earliest|oldest|first", ("date", "year", "built", "open", "establish", "found"), "ASC"),
    (r"latest|newest|most recent|last", ("date", "year", "built", "open", "establish"), "DESC"),
)
_OF_PEOPLE = re.compile(r"\b(?:oldest|youngest|tallest|heaviest)\b")
_PLACES = frozenset(("best", "top", "worst", "highest", "lowest"))
FEW_GROUPS = 0.34
_TOGETHER = "average|mean|total|sum|combined|overall"
_NAMED = re.compile(r"\b(?:which|who|what(?! (?:is|was|were|are)\b))\b")
_MODE = re.compile(
    r"\b(?:most|least)\b(?:\s+\w+)?$|\b(?:most|least) (?:often|frequent\w*|times|common|popular|"
    r"listed|represented)\b|\b(?:appear\w*|listed|list|used|occur\w*|show\w*|featured) the "
    r"(most|least)\b|\bthe (?:most|least) (?:times|number of times)\b"
)


def plan_superlative(question: Question) -> Plan | None:
    """`Which X has the most Y`, `what is the highest Y`."""
    found = _measure(question)
    if found is None:
        return _plan_mode(question)
    column, direction, span, sure = found
    values = [v for v in question.values(but=(column,)) if not v.span.overlaps(span)]
    filters = question.filters_of(values)
    filters += [made for made, at in question.comparisons if not at.overlaps(span)]
    rows = rows_of(question.grid, filters)
    if len(rows) < 2:
        return None
    head = head_of(question)
    spans = [span, *(value.span for value in values), *(at for _, at in question.comparisons)]
    if head is not None:
        spans.append(head.span)
    sure *= trust(values) * 0.75 ** len(question.unexplained(spans, frozenset(column.stems)))
    if question.has("second|third|2nd|3rd|difference|how many|or|besides|other than|total number"):
        sure *= 0.3
    key = question.grid.key
    if head is None and _OF_PEOPLE.search(question.text):
        head = by_kind(question, PERSON, span)
    if head is None and key and (_NAMED.search(question.text) or not question.has("what")):
        # The words that ask name no column: then the row itself is asked for.
        head = Head(key, span, 0.6)
    if head is None or head.column is column:
        return _extreme(question, column, direction, filters, sure)
    return _holder(question, head, (column, direction), filters, sure)


def _measure(question: Question) -> tuple[Column, str, Span, float] | None:
    for pattern, names, direction in _OWN[:9]:
        match = re.search(rf"\b(?:{pattern})\b", question.text)
        columns = [c for c in question.grid.columns if set(c.stems) & set(names)]
        columns = [c for c in columns if c.is_numeric]
        if match and columns:
            sure = 0.9 if len(columns) == 1 else 0.7
            return columns[0], direction, question.span_of(match), sure
    match = _SUPER.search(question.text)
    if match is None:
        return None
    span = question.span_of(match)
    link = measure_after(question, span.end) or _measure_before(question, span)
    if link is None:
        return None
    direction = "DESC" if re.fullmatch(_UP, match[1]) else "ASC"
    is_better = link.column.is_duration and match[1] in {"best", "top", "worst"}
    # The highest place is the first.
    is_higher = link.column.is_rank and match[1] in _PLACES
    if is_better or is_higher:
        direction = "ASC" if direction == "DESC" else "DESC"
    whole = Span(min(span.start, link.span.start), max(span.end, link.span.end))
    return link.column, direction, whole, link.strength


def _measure_before(question: Question, span: Span) -> ColumnLink | None:
    """`The attendance was the highest`."""
    links = [c for c in question.columns(span.start - 3, span.start) if c.column.is_measure]
    links = [c for c in links if span.start - c.span.end <= 2]
    return max(links, key=lambda c: c.strength, default=None)


def _extreme(
    question: Question, column: Column, direction: str, filters: list[Filter], sure: float
) -> Plan:
    order = f" ORDER BY {column.number_sql} {direction} NULLS LAST LIMIT 1"
    statement = select(column.written, question.grid, filters, order)
    word = "Highest" if direction == "DESC" else "Lowest"
    return Plan(statement, sure * 0.95, f"{word} {column.name}{said(filters)}", "extreme")


def _holder(
    question: Question,
    head: Head,
    measured: tuple[Column, str],
    filters: list[Filter],
    sure: float,
) -> Plan | None:
    column, direction = measured
    rows = rows_of(question.grid, filters)
    known = [(column.numbers[at], at) for at in rows if column.numbers[at] is not None]
    if not known:
        return None
    pick = max if direction == "DESC" else min
    best = pick(number for number, _ in known if number is not None)
    names = {head.column.cells[at] for number, at in known if number == best}
    if len(names) > 1:
        sure *= 0.45
    # Those that share the first place share the answer.
    function = "max" if direction == "DESC" else "min"
    extreme = select(f"{function}({column.number_sql})", question.grid, filters)
    at_most = Filter(f"{column.number_sql} = ({extreme})", "", frozenset(rows))
    statement = select(f"DISTINCT {head.column.written}", question.grid, [*filters, at_most])
    word = "highest" if direction == "DESC" else "lowest"
    label = f"{head.column.name} with the {word} {column.name}{said(filters)}"
    is_few = head.column.distinct <= FEW_GROUPS * question.grid.rows and not column.is_rank
    is_repeated = head.column.distinct < head.column.filled and question.has(_TOGETHER)
    if is_few or is_repeated:
        # Each name stands in many rows: it has what all of them have together.
        made, figure = ("avg", "average") if question.has("average|mean") else ("sum", "sum")
        order = f" GROUP BY 1 ORDER BY {made}({column.number_sql}) {direction} NULLS LAST LIMIT 1"
        label = f"{head.column.name} with the {word} {figure} of {column.name}{said(filters)}"
        statement = select(head.column.written, question.grid, filters, order)
    return Plan(statement, sure * min(1, 0.4 + head.strength * 0.6), label, "holder")


def _plan_mode(question: Question) -> Plan | None:
    """`Which X is listed the most`: the value of most rows."""
    match = re.search(r"(?<!\bat )\b(most|least|fewest)\b", question.text)
    head = head_of(question)
    if match is None or head is None or question.has("recent"):
        return None
    values = question.values(but=(head.column,))
    filters = question.filters_of(values)
    rows = rows_of(question.grid, filters)
    counts: dict[str, int] = {}
    for at in rows:
        if cell := head.column.cells[at]:
            counts[cell] = counts.get(cell, 0) + 1
    if not counts:
        return None
    best = (max if match[1] == "most" else min)(counts.values())
    winners = [cell for cell, count in counts.items() if count == best]
    sure = (0.95 if _MODE.search(question.text) else 0.8) * trust(values)
    sure *= min(1.0, 0.4 + 0.6 * head.strength)
    sure *= 1.0 if len(winners) == 1 else 0.3
    # A total is one of a figure, not of rows.
    has_figure = any(column.is_measure for column in question.grid.columns)
    sure *= 0.3 if has_figure and question.has("in total|in all|altogether") else 1.0
    # The word after it names what a row is: "the most visits".
    most = question.span_of(match)
    spans = [head.span, Span(most.start, most.end + 1), *(value.span for value in values)]
    sure *= 0.8 ** len(question.unexplained(spans))
    direction = "DESC" if match[1] == "most" else "ASC"
    order = f" GROUP BY 1 ORDER BY count(*) {direction}, min(_row) LIMIT 1"
    statement = select(head.column.written, question.grid, filters, order)
    return Plan(
        statement, sure, f"{head.column.name} of the {match[1]} rows{said(filters)}", "mode"
    )
