"""Questions for a figure of a column or for a cell: total, average, the Y of V."""

import re

from ai_llm_service.search.tables.rules.heads import Head, head_or_key, is_plural, measure_after
from ai_llm_service.search.tables.rules.plan import (
    Filter,
    Plan,
    cells_are,
    rows_of,
    said,
    select,
    trust,
)
from ai_llm_service.search.tables.rules.question import Question

_AGGREGATES = (
    (re.compile(r"\b(?:average|mean)\b"), "avg", "Average"),
    (re.compile(r"\bmedian\b"), "median", "Median"),
    (re.compile(r"\b(?:total|sum|combined|altogether|add(?:ed)? up|plus)\b"), "sum", "Sum"),
)
_HARD = (
    r"how many|number of|most|least|fewest|highest|lowest|difference|more|less|before|after|next|"
    r"previous|same|or|not|other than|besides|except|above|below|longest|shortest|largest|"
    r"between|consecutive|total|average|how long|only"
)


def plan_aggregate(question: Question) -> Plan | None:
    """`The average Y of …`, `the total Y of all …`."""
    for pattern, function, word in _AGGREGATES:
        match = pattern.search(question.text)
        if match is None:
            continue
        span = question.span_of(match)
        link = measure_after(question, span.end) or measure_after(question, 0, 100)
        if link is None or not link.column.is_measure:
            continue
        values = [v for v in question.values(but=(link.column,)) if not v.span.overlaps(link.span)]
        filters = question.filters_of(values)
        filters += [made for made, _ in question.comparisons]
        rows = rows_of(question.grid, filters)
        if not rows:
            continue
        spans = [span, link.span, *(v.span for v in values)]
        spans += [at for _, at in question.comparisons]
        sure = link.strength * trust(values) * 0.75 ** len(question.unexplained(spans))
        sure *= (
            0.4
            if question.leaves(
                "differ\\w*|most|highest|per|each|or|not|besides|name|which|who|many|number of"
            )
            else 1.0
        )
        number = link.column.number_sql
        if function == "median":
            # The middle of two decimals may have a place more than they have.
            number = f"CAST({number} AS DOUBLE)"
        statement = select(f"{function}({number})", question.grid, filters)
        return Plan(statement, sure, f"{word} of {link.column.name}{said(filters)}", function)
    return None


def plan_lookup(question: Question) -> Plan | None:
    """`The Y of V`, `who is V`: one cell of the one row that is named."""
    head = head_or_key(question)
    if head is None:
        return None
    values = [v for v in question.values(but=(head.column,)) if not head.covers(v.span)]
    compared = question.comparisons
    own = _others(question, head)
    if not values and not compared:
        return None
    filters = question.filters_of(values) + [made for made, _ in compared] + own
    rows = rows_of(question.grid, filters, drop_totals=False)
    cells = list(dict.fromkeys(head.column.cells[at] for at in rows if head.column.cells[at]))
    if not cells:
        return None
    spans = [head.span, *(v.span for v in values), *(at for _, at in compared)]
    named = {value.column for value in values}
    spans += [c.span for c in question.links.columns if c.column in named]
    sure = min(1.0, 0.4 + 0.6 * head.strength) * trust(values)
    sure *= 0.8 ** len(question.unexplained(spans))
    sure *= 0.4 if question.has(_HARD) and not compared else 1.0
    sure *= 0.3 if question.is_unclear else 1.0
    # What is told of the column needs not be asked.
    told = any(found.column is head.column for found in filters) and not own
    sure *= 0.3 if told else 1.0
    if len(cells) > 1:
        sure *= 0.9 if is_plural(question, head) else 0.5 if compared else 0.3
    statement = select(f"DISTINCT {head.column.written}", question.grid, filters, drop_totals=False)
    return Plan(statement, sure, f"{head.column.name}{said(filters)}", "lookup")


def _others(question: Question, head: Head) -> list[Filter]:
    """`A and which other X`: A itself is not asked for."""
    if not question.has("other|another|else"):
        return []
    named = [v for v in question.values() if v.column is head.column and not head.covers(v.span)]
    rows = frozenset(range(question.grid.rows))
    return [
        Filter(f"({found.sql}) IS NOT TRUE", f"not {found.label}", rows - found.rows, found.column)
        for found in (cells_are(v.column, v.cells, v.rows) for v in named)
    ]
