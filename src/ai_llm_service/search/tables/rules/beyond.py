"""Questions that measure rows by a row that is named: `who has more Y than V`."""

import re

from ai_llm_service.search.tables.rules.heads import head_of, is_plural
from ai_llm_service.search.tables.rules.links import Span, ValueLink
from ai_llm_service.search.tables.rules.measures import measure_of
from ai_llm_service.search.tables.rules.plan import Filter, Plan, select, trust
from ai_llm_service.search.tables.rules.question import Question
from ai_llm_service.search.tables.sqltext import name_of

_THAN = re.compile(
    r"\b(more|higher|larger|bigger|greater|better|less|fewer|lower|smaller|worse|faster|quicker|"
    r"slower|older|younger|longer|shorter|taller|later|earlier)\b[^,?]*? than\b"
)
_COUNT = r"how many (?!more|fewer|less)|number of"
_OTHER = r"or|difference|how many more|how many fewer|how much"


def plan_beyond(question: Question) -> Plan | None:
    """List or count the rows that have more, or less, than the one that is named."""
    match = _THAN.search(question.text)
    value = _named(question, question.span_of(match).end) if match else None
    if match is None or value is None or question.has(_OTHER):
        return None
    found = _filter(question, value, match[1])
    if found is None:
        return None
    made, sure = found
    sure *= trust([value])
    spans = [question.span_of(match), value.span]
    if question.has(_COUNT):
        spans += [c.span for c in question.links.columns]
        sure *= 0.8 ** len(question.unexplained(spans))
        return Plan(select("count(*)", question.grid, [made]), sure, made.label, "beyond")
    return _listed(question, (made, value), spans, sure)


def _filter(question: Question, value: ValueLink, word: str) -> tuple[Filter, float] | None:
    """Compare a column with its cell in the row that is named."""
    measured = measure_of(question, word, value.column)
    if measured is None:
        return None
    column, is_more, sure = measured
    own = column.numbers[value.rows[0]]
    if own is None:
        return None
    sign = ">" if is_more else "<"
    rows = frozenset(
        at for at, n in enumerate(column.numbers)
        if n is not None and (n > own if is_more else n < own)
    )  # fmt: skip
    view, number = name_of(question.grid.view), question.grid.numbers[value.rows[0]]
    bound = f"(SELECT {column.number_sql} FROM {view} WHERE _row = {number})"  # noqa: S608
    label = f"{column.name} {sign} that of {value.cells[0]}"
    return Filter(f"{column.number_sql} {sign} {bound}", label, rows, column), sure


def _listed(
    question: Question, found: tuple[Filter, ValueLink], spans: list[Span], sure: float
) -> Plan | None:
    made, value = found
    head = head_of(question)
    target = head.column if head else value.column
    if not made.rows or made.column is None or target is made.column:
        return None
    if head:
        spans = [*spans, head.span]
    sure *= 0.8 ** len(question.unexplained(spans, frozenset(made.column.stems)))
    is_one = head is None or not is_plural(question, head)
    sure *= 0.5 if len({target.cells[at] for at in made.rows}) > 1 and is_one else 1.0
    statement = select(f"DISTINCT {target.written}", question.grid, [made])
    return Plan(statement, sure, f"{target.name}, where {made.label}", "beyond")


def _named(question: Question, start: int) -> ValueLink | None:
    """Find the cell that is named after `than`."""
    values = [v for v in question.values() if start <= v.span.start <= start + 3]
    values = [v for v in values if len(v.rows) == 1 and not v.column.is_numeric]
    return values[0] if values else None
