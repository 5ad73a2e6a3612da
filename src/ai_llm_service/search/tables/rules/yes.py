"""Questions for yes or no: is it so of a row that is named."""

import re

from ai_llm_service.search.tables.rules.measures import measure_of
from ai_llm_service.search.tables.rules.pairs import two_of
from ai_llm_service.search.tables.rules.plan import Plan, rows_of, said, select, trust
from ai_llm_service.search.tables.rules.question import Question

_ASKS = re.compile(r"^(?:yes or no[.,:]? )?(?:is|was|are|were|did|does|do|has|have|had|can)\b")
_THAN = re.compile(
    r"\b(more|higher|larger|bigger|greater|better|less|fewer|lower|smaller|worse|faster|quicker|"
    r"slower|older|younger|longer|shorter|taller)\b"
)
_ABOVE = re.compile(r"\b(above|before|ahead of|below|after|behind)\b")
ANSWER = "CASE WHEN {} THEN 'yes' ELSE 'no' END AS answer"


def plan_yes(question: Question) -> Plan | None:
    """Tell whether A has more than B, stands above B, or has all that is said of it."""
    if not _ASKS.match(question.text):
        return None
    if question.has("or") and not question.has("more or less|less or more|yes or no"):
        return None
    return _compared(question) or _placed(question) or _so(question)


def _compared(question: Question) -> Plan | None:
    match = _THAN.search(question.text)
    pair = two_of(question) if match and question.has("than") else None
    measured = measure_of(question, match[1], pair[0].column) if match and pair else None
    if match is None or pair is None or measured is None:
        return None
    column, is_more, sure = measured
    a, b = (question.grid.numbers[value.rows[0]] for value in pair)
    told = ("more", "less") if question.has("more or less|less or more") else ("yes", "no")
    sign = ">" if is_more or told[0] == "more" else "<"
    first, second = (f"max({column.number_sql}) FILTER (_row = {number})" for number in (a, b))
    what = f"CASE WHEN {first} {sign} {second} THEN '{told[0]}' ELSE '{told[1]}' END AS answer"
    rest = f" WHERE _row IN ({a}, {b})"
    statement = select(what, question.grid, [], rest, drop_totals=False)
    spans = [question.span_of(match), pair[0].span, pair[1].span]
    left = question.unexplained(spans, frozenset(column.stems))
    sure *= trust(list(pair)) * 0.85 ** len(left)
    label = f"{column.name} of {pair[0].cells[0]} {sign} that of {pair[1].cells[0]}"
    return Plan(statement, sure, label, "yes")


def _placed(question: Question) -> Plan | None:
    match = _ABOVE.search(question.text)
    pair = two_of(question) if match else None
    if match is None or pair is None:
        return None
    a, b = (question.grid.numbers[value.rows[0]] for value in pair)
    sign = "<" if match[1] in {"above", "before", "ahead of"} else ">"
    what = f"CASE WHEN {a} {sign} {b} THEN 'yes' ELSE 'no' END AS answer"
    rest = f" WHERE _row = {a}"
    statement = select(what, question.grid, [], rest, drop_totals=False)
    spans = [question.span_of(match), pair[0].span, pair[1].span]
    sure = 0.8 * trust(list(pair)) * 0.8 ** len(question.unexplained(spans))
    return Plan(statement, sure, f"{pair[0].cells[0]} {match[1]} {pair[1].cells[0]}", "yes")


def _so(question: Question) -> Plan | None:
    """Whether a row has all the cells that are named."""
    values = question.values()
    compared = question.comparisons
    filters = question.filters_of(values) + [made for made, _ in compared]
    if len(filters) < 2 or question.has("than|same|most|least|ever|always|all|both|every"):
        return None
    spans = [v.span for v in values] + [span for _, span in compared]
    spans += [c.span for c in question.links.columns]
    sure = 0.75 * trust(values) * 0.8 ** len(question.unexplained(spans))
    sure *= 1.0 if rows_of(question.grid, filters) else 0.9
    statement = select(ANSWER.format("count(*) > 0"), question.grid, filters, drop_totals=False)
    return Plan(statement, sure, f"Is there a row{said(filters)}", "yes")
