"""Questions for a figure of each group: average flow per block, number of wells by type."""

import re

from ai_llm_service.search.tables.rules.heads import measure_after
from ai_llm_service.search.tables.rules.links import ColumnLink, Span
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


def plan_group(question: Question) -> Plan | None:
    """One row for each value of the column that is named after `per`."""
    match = _PER.search(question.text)
    if match is None:
        return None
    span = question.span_of(match)
    links = [c for c in question.columns(span.end, span.end + 2) if not c.column.is_measure]
    if not links:
        return None
    group = max(links, key=lambda c: c.strength)
    if group.column.distinct > MOST_GROUPS * question.grid.rows:
        return None
    return _figure(question, group) or _count(question, group)


def _figure(question: Question, group: ColumnLink) -> Plan | None:
    for pattern, function, word in _FIGURES:
        match = pattern.search(question.text)
        link = measure_after(question, question.span_of(match).end) if match else None
        if match is None or link is None or not link.column.is_measure:
            continue
        spans = [question.span_of(match), link.span]
        what = f"{function}({link.column.number_sql})"
        return _made(question, group, spans, what, f"{word} of {link.column.name}")
    return None


def _count(question: Question, group: ColumnLink) -> Plan | None:
    match = _COUNTS.search(question.text)
    if match is None:
        return None
    span = question.span_of(match)
    noun = Span(span.start, span.end + 2)
    return _made(question, group, [noun], "count(*)", "Number of rows")


def _made(
    question: Question, group: ColumnLink, spans: list[Span], what: str, label: str
) -> Plan | None:
    values = question.values(but=(group.column,))
    filters = question.filters_of(values) + [made for made, _ in question.comparisons]
    if not rows_of(question.grid, filters):
        return None
    spans = [*spans, group.span, *(v.span for v in values), *(s for _, s in question.comparisons)]
    sure = group.strength * trust(values) * 0.8 ** len(question.unexplained(spans))
    column = group.column.sql
    order = " GROUP BY 1 ORDER BY 2 DESC"
    statement = select(f"{column}, {what}", question.grid, filters, order)
    return Plan(statement, sure, f"{label} by {group.column.name}{said(filters)}", "group")
