"""Questions for a share: what percentage of X is Y, which share of the Y comes from X."""

import re
from collections.abc import Sequence

from ai_llm_service.search.tables.rules.heads import measure_after
from ai_llm_service.search.tables.rules.plan import Filter, Plan, said, select, trust, where
from ai_llm_service.search.tables.rules.question import Question

_SHARE = re.compile(r"\b(?:percentage|percent|per cent|share|fraction|proportion) of\b")
_VERB = re.compile(
    r"\b(?:is|are|was|were|came|come|comes|has|have|had|did|do|does|made|went|goes|belongs?)\b"
)


def asks_for_a_share(question: Question) -> bool:
    """Tell whether a part of something is asked for, in per cent."""
    return _SHARE.search(question.text) is not None


def plan_share(question: Question) -> Plan | None:
    """The rows that are asked for, of all; what stands before the verb chooses what all are."""
    match = _SHARE.search(question.text)
    if match is None:
        return None
    span = question.span_of(match)
    verb = _VERB.search(question.text, match.end())
    middle = question.span_of(verb).start if verb else span.end
    measure = measure_after(question, span.end, 4)
    if measure is not None and not measure.column.is_measure:
        measure = None
    values = question.values(but=(measure.column,) if measure else ())
    pairs = [(f, v.span) for v in values for f in question.filters_of([v])]
    base = [f for f, at in [*pairs, *question.comparisons] if at.start < middle]
    chosen = [f for f, at in [*pairs, *question.comparisons] if at.start >= middle]
    if not chosen or len(pairs) > len({f.column for f, _ in pairs}):
        return None
    spans = [span, *(at for _, at in pairs), *(at for _, at in question.comparisons)]
    if verb:
        spans.append(question.span_of(verb))
    if measure:
        spans.append(measure.span)
    sure = trust(values) * 0.7 ** len(question.unexplained(spans))
    sure *= 0.3 if question.is_unclear or question.leaves("or|per|each|most|least") else 1.0
    return _made(question, base, chosen, measure.column.number_sql if measure else None, sure)


def _made(
    question: Question,
    base: Sequence[Filter],
    chosen: Sequence[Filter],
    number: str | None,
    sure: float,
) -> Plan:
    figure = f"sum({number})" if number else "count(*)"
    condition = where(chosen, question.grid, drop_totals=False).removeprefix(" WHERE ")
    part = f"100.0 * {figure} FILTER (WHERE {condition}) / nullif({figure}, 0)"
    what = "the sum" if number else "the rows"
    told = " and ".join(found.label for found in chosen)
    label = f"Per cent of {what}{said(base)}, for which {told}"
    return Plan(select(part, question.grid, base), sure * 0.95, label, "sum")
