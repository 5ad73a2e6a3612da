"""Questions for places in an order: first, last, next, before."""

import re

from ai_llm_service.search.tables.rules.days import column_of
from ai_llm_service.search.tables.rules.heads import Head, head_of, head_or_key
from ai_llm_service.search.tables.rules.links import Span, ValueLink
from ai_llm_service.search.tables.rules.plan import (
    Plan,
    rows_of,
    said,
    select,
    trust,
    year_sql,
    years,
)
from ai_llm_service.search.tables.rules.question import Question

_FIRST = re.compile(r"\b(first|last|earliest|latest|most recent|final|top|bottom)\b")

_BY_TIME = frozenset(("earliest", "latest", "most recent"))


def plan_first(question: Question) -> Plan | None:
    """`The first X`, `the last year in which …`: by time where the table has one, else by place."""
    match = _FIRST.search(question.text)
    head = head_or_key(question)
    if match is None or head is None:
        return None
    span = question.span_of(match)
    values = [v for v in question.values() if not v.span.overlaps(span)]
    values = [v for v in values if v.column is not head.column]
    filters = question.filters_of(values)
    filters += [made for made, _ in question.comparisons]
    rows = rows_of(question.grid, filters)
    if len(rows) < 1:
        return None
    spans = [span, head.span, *(v.span for v in values), *(at for _, at in question.comparisons)]
    sure = trust(values) * min(1.0, 0.4 + 0.6 * head.strength)
    sure *= 0.75 ** len(question.unexplained(spans))
    if question.has(
        "how many|difference|before|after|place|or|finish\\w*|came in|second|total|average"
    ):
        sure *= 0.4
    if match[1] in _BY_TIME and not any(column.is_time for column in question.grid.columns):
        sure *= 0.4
    if re.search(rf"\b{match[1]} (?:\d+|two|three|four|five|place|name)\b", question.text):
        sure *= 0.3
    is_first = match[1] in {"first", "earliest", "top"}
    order = _order(question, is_first)
    statement = select(head.column.written, question.grid, filters, f" ORDER BY {order} LIMIT 1")
    word = "First" if is_first else "Last"
    # By the day a row is the first of all rows, also of those that were not looked at.
    form = "first" if order.startswith("_row") else "extreme"
    return Plan(statement, sure * 0.95, f"{word} {head.column.name}{said(filters)}", form)


def _order(question: Question, is_first: bool) -> str:
    """Order by time only where the rows are not in that order already, either way."""
    direction = "ASC" if is_first else "DESC"
    if question.has("listed|list|row|bottom|top"):
        return f"_row {direction}"
    day = column_of(question, Span(0, 0))
    if day is not None:
        return f"{day.sql} {direction} NULLS LAST, _row"
    for column in question.grid.columns:
        if not column.is_time:
            continue
        values = [year for year in years(column) if year is not None]
        if len(values) < 0.9 * question.grid.rows:
            break
        if values == sorted(values):
            return f"_row {direction}"
        if values == sorted(values, reverse=True):
            return f"_row {'DESC' if is_first else 'ASC'}"
        return f"{year_sql(column)} {direction}, _row {direction}"
    return f"_row {direction}"


def _runs_back(question: Question) -> bool:
    """Tell whether the rows go back in time."""
    for column in question.grid.columns:
        values = [year for year in years(column) if year is not None] if column.is_time else []
        if len(values) > 0.9 * question.grid.rows and len(set(values)) > 1:
            return values == sorted(values, reverse=True)
    return False


_BESIDE = re.compile(
    r"\b(?:(?:right |directly |immediately |just |listed |comes? |came |next |finish\w* |plac\w* |"
    r"ranked )*)(after|before|above|below|previous to|prior to|following|preceding|"
    r"next to|ahead of|behind|succeed\w*|precede\w*|under)\b"
)


def plan_beside(question: Question) -> Plan | None:
    """`Who came after V`: the row next to the one that is named."""
    match = _BESIDE.search(question.text)
    if match is None or question.has("how many|number of|more|most|difference|at least"):
        return None
    span = question.span_of(match)
    values = [v for v in question.values() if v.span.start >= span.end - 1]
    if not values:
        return None
    value = values[0]
    rows = value.rows
    head = head_of(question)
    is_named = head is not None and head.strength >= 0.7 and not question.has("who")
    target = head.column if head and is_named else value.column
    is_after = match[1] in {"after", "below", "following", "next to", "behind", "under"}
    is_after = is_after or match[1].startswith("succeed")
    if question.has("came|come|comes|succeeded|preceded|won|held|served") and _runs_back(question):
        is_after = not is_after
    if len(rows) != 1:
        return None
    at = rows[0] + (1 if is_after else -1)
    if not 0 <= at < question.grid.rows:
        return None
    others = [v for v in question.values() if v is not value and not _is_head(v, head)]
    spans = [span, value.span, *([head.span] if head else [])]
    sure = 0.5 if question.has("second|third|date|most|first|last|time") else 1.0
    sure *= trust([value]) * 0.8 ** len(question.unexplained(spans)) * 0.5 ** len(others)
    number = question.grid.numbers[at]
    statement = select(
        f"{target.written}", question.grid, [], f" WHERE _row = {number}", drop_totals=False
    )
    label = f"{target.name} {match[1]} {value.cells[0]}"
    return Plan(statement, sure, label, "beside")


def _is_head(value: ValueLink, head: Head | None) -> bool:
    return head is not None and value.span.overlaps(head.span)
