"""Questions about two rows: their difference, which of them is ahead, what is the same."""

import re

from ai_llm_service.search.tables.rules.grid import Column
from ai_llm_service.search.tables.rules.heads import head_of
from ai_llm_service.search.tables.rules.links import ValueLink
from ai_llm_service.search.tables.rules.measures import measure_of
from ai_llm_service.search.tables.rules.plan import Plan, select, trust, years
from ai_llm_service.search.tables.rules.question import Question
from ai_llm_service.search.tables.sqltext import name_of, text_of

_DIFFERENCE = re.compile(
    r"\b(diff\w*ce|how many more|how much more|how many fewer|how much (?:older|longer|larger)|"
    r"how many years (?:are |were )?(?:between|after|before|later|earlier|passed))\b"
)
_MORE = re.compile(
    r"\b(more|higher|larger|bigger|greater|better|less|fewer|lower|smaller|worse|faster|quicker|"
    r"slower|older|younger|longer|shorter|taller)\b"
)


def two_of(question: Question) -> tuple[ValueLink, ValueLink] | None:
    """Find two cells of one column, each in one row."""
    values = [value for value in question.values() if len(value.rows) == 1]
    for at, first in enumerate(values):
        for second in values[at + 1 :]:
            if first.column is second.column and first.rows != second.rows:
                return first, second
    return None


def _measure(question: Question, pair: tuple[ValueLink, ValueLink]) -> tuple[Column, float] | None:
    if question.has("years"):
        times = [column for column in question.grid.columns if column.is_year]
        times = [column for column in times if column is not pair[0].column]
        if times:
            return times[0], 0.9 if len(times) == 1 else 0.6
    links = [c for c in question.links.columns if c.column.is_measure or c.column.is_rank]
    links = [c for c in links if c.column is not pair[0].column]
    if links:
        best = max(links, key=lambda c: c.strength)
        return best.column, best.strength
    measures = [column for column in question.grid.columns if column.is_measure]
    measures = [column for column in measures if column is not pair[0].column]
    return (measures[0], 0.6) if len(measures) == 1 else None


def plan_difference(question: Question) -> Plan | None:
    """`The difference in Y between A and B`."""
    match = _DIFFERENCE.search(question.text)
    pair = two_of(question) if match else None
    measured = _measure(question, pair) if pair else None
    if match is None or pair is None or measured is None:
        return None
    column, strength = measured
    first, second = (column.numbers[value.rows[0]] for value in pair)
    if first is None or second is None:
        return None
    a, b = (question.grid.numbers[value.rows[0]] for value in pair)
    view = name_of(question.grid.view)
    statement = (
        f"SELECT abs(max({column.number_sql}) FILTER (_row = {a})"  # noqa: S608
        f" - max({column.number_sql}) FILTER (_row = {b})) FROM {view} WHERE _row IN ({a}, {b})"
    )
    spans = [question.span_of(match), pair[0].span, pair[1].span]
    left = question.unexplained(spans, frozenset(column.stems))
    sure = strength * trust(list(pair)) * 0.85 ** max(0, len(left) - 1)
    label = f"Difference in {column.name} between {pair[0].cells[0]} and {pair[1].cells[0]}"
    return Plan(statement, sure, label, "difference")


def plan_choice(question: Question) -> Plan | None:
    """`Who has more Y, A or B`."""
    match = _MORE.search(question.text)
    pair = two_of(question) if match and question.has("or") else None
    measured = measure_of(question, match[1], pair[0].column) if match and pair else None
    if match is None or pair is None or measured is None or question.has("more or less"):
        return None
    column, is_more, strength = measured
    first, second = (column.numbers[value.rows[0]] for value in pair)
    if first is None or second is None or first == second:
        return None
    a, b = (question.grid.numbers[value.rows[0]] for value in pair)
    direction = "DESC" if is_more else "ASC"
    statement = select(
        pair[0].column.written,
        question.grid,
        [],
        f" WHERE _row IN ({a}, {b}) ORDER BY {column.number_sql} {direction} LIMIT 1",
        drop_totals=False,
    )
    spans = [question.span_of(match), pair[0].span, pair[1].span]
    left = question.unexplained(spans, frozenset(column.stems))
    sure = strength * trust(list(pair)) * 0.85 ** max(0, len(left) - 1)
    return Plan(statement, sure, f"{match[1]} {column.name}", "choice")


def plan_order(question: Question) -> Plan | None:
    """`Which came first, A or B`: by time where there is one, else by place."""
    match = re.search(r"\b(first|last|earlier|later|older|newer|before|after)\b", question.text)
    pair = two_of(question) if match and question.has("or") else None
    if match is None or pair is None or question.has("before or after|after or before"):
        return None
    a, b = (value.rows[0] for value in pair)
    for column in question.grid.columns:
        if column.is_time and column is not pair[0].column:
            values = years(column)
            first, second = values[a], values[b]
            if first is None or second is None or first == second:
                continue
            early = a if first < second else b
            break
    else:
        early = min(a, b)
    wants_first = match[1] in {"first", "earlier", "older", "before"}
    chosen = early if wants_first else (b if early == a else a)
    number = question.grid.numbers[chosen]
    statement = select(
        pair[0].column.written, question.grid, [], f" WHERE _row = {number}", drop_totals=False
    )
    spans = [question.span_of(match), pair[0].span, pair[1].span]
    sure = 0.85 * trust(list(pair)) * 0.85 ** len(question.unexplained(spans))
    return Plan(statement, sure, f"{match[1]}", "order")


def plan_same(question: Question) -> Plan | None:
    """`Which X has the same Y as V`: the other rows with the cell of that row."""
    match = re.search(r"\bsame\b", question.text)
    values = [value for value in question.values() if len(value.rows) == 1]
    if match is None or len(values) != 1 or question.has("how many|number of"):
        return None
    value = values[0]
    span = question.span_of(match)
    links = [c for c in question.columns(span.end, span.end + 4) if c.column is not value.column]
    if not links:
        return None
    link = max(links, key=lambda c: c.strength)
    cell = link.column.cells[value.rows[0]]
    own = question.grid.numbers[value.rows[0]]
    head = head_of(question)
    target = head.column if head and head.column is not link.column else value.column
    where = f" WHERE CAST({link.column.written} AS VARCHAR) = {text_of(cell)} AND _row <> {own}"
    statement = select(f"DISTINCT {target.written}", question.grid, [], where, drop_totals=False)
    rows = [at for at, other in enumerate(link.column.cells) if other == cell]
    spans = [span, value.span, link.span, *([head.span] if head else [])]
    sure = 0.95 * trust(values) * link.strength * 0.8 ** len(question.unexplained(spans))
    sure *= 0.4 if len(rows) < 2 else 1.0
    return Plan(statement, sure, f"{target.name} with {link.column.name} {cell}", "same")


def plan_often(question: Question) -> Plan | None:
    """`Which appears more, A or B`: the cell of more rows."""
    match = re.search(r"\b(more|most|less|fewer|least)\b", question.text)
    if match is None or not question.has("or") or question.has("than|more or less"):
        return None
    values = [v for v in question.values() if v.strength == 1 and len(v.cells) == 1]
    columns = {value.column.name for value in values}
    for name in columns:
        pair = [value for value in values if value.column.name == name]
        if len(pair) != 2 or all(len(value.rows) == 1 for value in pair):
            continue
        others = [value for value in question.values() if value.column.name != name]
        filters = question.filters_of([*pair, *others])
        direction = "DESC" if match[1] in {"more", "most"} else "ASC"
        rest = f" GROUP BY 1 ORDER BY count(*) {direction} LIMIT 1"
        statement = select(pair[0].column.written, question.grid, filters, rest)
        spans = [question.span_of(match), *(value.span for value in question.values())]
        sure = 0.85 * trust(others) * 0.85 ** max(0, len(question.unexplained(spans)) - 1)
        return Plan(statement, sure, f"{name} of the {match[1]} rows", "often")
    return None
