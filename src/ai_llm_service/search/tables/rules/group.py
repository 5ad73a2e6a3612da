"""Questions for a figure of each group: average flow per block, number of wells by type."""

import re
from dataclasses import dataclass

from ai_llm_service.search.tables.rules.days import column_of
from ai_llm_service.search.tables.rules.grid import Column
from ai_llm_service.search.tables.rules.heads import measure_after
from ai_llm_service.search.tables.rules.links import Span
from ai_llm_service.search.tables.rules.plan import Plan, rows_of, said, select, trust
from ai_llm_service.search.tables.rules.question import Question

_PER = re.compile(r"\b(?:per|by|for each|in each|of each|for every|in every|grouped by)\b")
_FIGURES = (
    (re.compile(r"\b(?:average|mean)\b"), "avg", "Average"),
    (re.compile(r"\bmedian\b"), "median", "Median"),
    (re.compile(r"\b(?:highest|maximum|max|largest|most)\b"), "max", "Highest"),
    (re.compile(r"\b(?:lowest|minimum|min|smallest|least)\b"), "min", "Lowest"),
    (re.compile(r"\b(?:total|sum)\b"), "sum", "Sum"),
)
_COUNTS = re.compile(r"\b(?:how many|number of|count of|count)\b")
MOST_GROUPS = 0.8
_PARTS = {"month": "%Y-%m", "year": "%Y", "day": "%Y-%m-%d", "date": "%Y-%m-%d"}


@dataclass(frozen=True)
class Group:
    """What the rows are put together by, in SQL and in words; the column, if it is one."""

    sql: str
    name: str
    span: Span
    strength: float
    column: Column | None


def plan_group(question: Question) -> Plan | None:
    """One row for each value of the column that is named after `per`."""
    match = _PER.search(question.text)
    if match is None:
        return None
    span = question.span_of(match)
    links = [c for c in question.columns(span.end, span.end + 2) if not c.column.is_measure]
    parts = part_of_time(question, span.end) if not any(c.strength == 1 for c in links) else None
    if parts is not None:
        return _figure(question, parts) or _count(question, parts)
    if not links:
        return None
    link = max(links, key=lambda c: c.strength)
    group = Group(link.column.sql, link.column.name, link.span, link.strength, link.column)
    if link.column.distinct > MOST_GROUPS * question.grid.rows:
        return None
    return _figure(question, group) or _count(question, group)


def part_of_time(question: Question, at: int) -> Group | None:
    """`Per month`: each month of each year of the column of dates."""
    words = question.links.words[at : at + 1]
    form = _PARTS.get(words[0].text) if words else None
    column = column_of(question, Span(at, at + 1))
    if form is None or column is None:
        return None
    sql = f"strftime({column.sql}, '{form}')"
    return Group(sql, f"{words[0].text} of {column.name}", Span(at, at + 1), 1.0, None)


def _figure(question: Question, group: Group) -> Plan | None:
    for pattern, function, word in _FIGURES:
        match = pattern.search(question.text)
        link = measure_after(question, question.span_of(match).end) if match else None
        if match is None or link is None or not link.column.is_measure:
            continue
        spans = [question.span_of(match), link.span]
        what = f"{function}({link.column.number_sql})"
        return _made(question, group, spans, what, f"{word} of {link.column.name}")
    return None


def _count(question: Question, group: Group) -> Plan | None:
    match = _COUNTS.search(question.text)
    first = question.links.words[:1]
    if match is None and not (first and first[0].stem in question.grid.row_stems):
        return None
    # "Orders per state" counts them.
    span = question.span_of(match) if match else Span(0, 0)
    noun = Span(span.start, span.end + 2)
    return _made(question, group, [noun], "count(*)", "Number of rows")


def _made(
    question: Question, group: Group, spans: list[Span], what: str, label: str
) -> Plan | None:
    values = question.values(but=(group.column,) if group.column else ())
    filters = question.filters_of(values) + [made for made, _ in question.comparisons]
    if not rows_of(question.grid, filters):
        return None
    spans = [*spans, group.span, *(v.span for v in values), *(s for _, s in question.comparisons)]
    sure = group.strength * trust(values) * 0.75 ** len(question.unexplained(spans))
    # Times stand in their order, others by the figure.
    order = " GROUP BY 1 ORDER BY 2 DESC" if group.column else " GROUP BY 1 ORDER BY 1"
    statement = select(f"{group.sql}, {what}", question.grid, filters, order)
    return Plan(statement, sure, f"{label} by {group.name}{said(filters)}", "group")
