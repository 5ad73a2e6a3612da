"""Questions that count rows, or ask how much a row has: `how many`, `number of`."""

import re

from ai_llm_service.search.tables.rules.heads import measure_after
from ai_llm_service.search.tables.rules.links import ColumnLink, Span, ValueLink
from ai_llm_service.search.tables.rules.plan import Filter, Plan, rows_of, said, select, trust
from ai_llm_service.search.tables.rules.question import Question
from ai_llm_service.search.tables.rules.wording import DENIALS

_COUNT = re.compile(r"\b(how many|(?:the |a )?(?:total |overall )?(?:number|amount|count) of)\b")
_OTHER = (
    r"most|least|fewest|highest|lowest|more .* than .*|difference|consecutive\w*|in a row|"
    r"come in|came in|apart from|first|last|next|previous|longest|shortest|largest|smallest|"
    r"compared|average|older|younger|same|never|between|both|without|years? (?:passed|did|are|is)|"
    r"days|long|only|per|each|or"
)
NOUN_ENDS = frozenset(
    ("in", "did", "do", "does", "are", "were", "was", "is", "has", "have", "had", "on", "that",
     "at", "with", "for", "from", "by", "there", "who", "which", "to", "can", "won", "during",
     "listed", "than", "before", "after", "under", "over", "where", "as")
)  # fmt: skip
_PIECES = frozenset(("quantiti", "qti", "unit", "piec", "pcs"))
_DISTINCT = r"different|unique|distinct|various"


def plan_count(question: Question) -> Plan | None:
    """Count rows, sum a column, or read the cell that holds the number."""
    match = _COUNT.search(question.text)
    if match is None:
        return None
    span = question.span_of(match)
    if any(c.strength == 1 and c.column.is_measure for c in question.columns(span.start, span.end)):
        # "The total amount of V" asks for a column that is called so.
        return None
    noun = measure_after(question, span.end, 4)
    noun_span = _noun(question, span)
    values = [v for v in question.values() if v.strength == 1 or not v.span.overlaps(noun_span)]
    filters = question.filters_of(values)
    compared = [found for found, _ in question.comparisons]
    is_told = noun is not None and any(v.column is noun.column for v in values)
    if noun and noun.column.is_measure and not (noun.column.is_duration or compared or is_told):
        return _of_measure(question, span, noun, values, filters)
    return _of_rows(question, span, values, [*filters, *compared])


def _of_measure(
    question: Question,
    span: Span,
    noun: ColumnLink,
    values: list[ValueLink],
    filters: list[Filter],
) -> Plan | None:
    rows = rows_of(question.grid, filters, drop_totals=not filters)
    column = noun.column
    spans = [span, noun.span, *(value.span for value in values)]
    left = len(question.unexplained(spans))
    sure = noun.strength * trust(values) * 0.75**left
    if question.has(_OTHER):
        sure *= 0.4
    if filters and len(rows) == 1:
        statement = select(column.written, question.grid, filters, drop_totals=False)
        return Plan(statement, sure, f"{column.name}{said(filters)}", "cell")
    if not rows:
        return None
    if not filters and not question.has("total|altogether|in all|combined|all"):
        sure *= 0.6
    statement = select(f"sum({column.number_sql})", question.grid, filters)
    return Plan(statement, sure * 0.9, f"Sum of {column.name}{said(filters)}", "sum")


def _of_rows(
    question: Question, span: Span, values: list[ValueLink], filters: list[Filter]
) -> Plan | None:
    noun = _noun(question, span)
    columns = [c for c in question.columns(span.end, span.end + 4) if c.span.start <= noun.end]
    head = max(columns, key=lambda c: c.strength, default=None)
    spans = [span, noun, *(value.span for value in values)]
    spans += [compared for _, compared in question.comparisons]
    spans += [c.span for c in question.links.columns if c.column in _columns_of(filters)]
    sure = trust(values) * 0.72 ** len(question.unexplained(spans))
    sure *= 0.35 if question.leaves(_OTHER) else 1.0
    sure *= 0.3 if question.is_unclear else 1.0
    if question.has(_DISTINCT):
        return _distinct(question, head, filters, sure)
    if not filters:
        return _whole(question, None if question.is_of_rows(noun) else head, noun, sure)
    sure *= (
        1.0
        if question.is_of_rows(noun)
        else _likely(question, filters, question.filters_of(values))
    )
    sure *= 0.4 if _is_of_pieces(question, span, values) else 1.0
    statement = select("count(*)", question.grid, filters)
    return Plan(statement, sure, f"Number of rows{said(filters)}", "count")


def _whole(question: Question, head: ColumnLink | None, noun: Span, sure: float) -> Plan:
    """Without a filter the different values of a column are counted, or all rows."""
    if question.is_of_rows(noun):
        # A word more would choose some of the rows.
        sure *= 0.5 if sure < 1 or question.leaves(DENIALS) else 1.0
        return Plan(select("count(*)", question.grid, []), sure * 0.9, "Number of rows", "rows")
    listed = question.has("listed|table|chart|there|shown|in all|in total")
    if head is None or head.strength < 0.5:
        statement = select("count(*)", question.grid, [])
        return Plan(statement, sure * (0.5 if listed else 0.3), "Number of rows", "rows")
    column = head.column
    cells = {column.cells[at] for at in rows_of(question.grid, [])} - {""}
    sure *= 0.75 if listed else 0.55
    if column.is_measure:
        sure *= 0.5
    if question.grid.is_whole and len(cells) == len(rows_of(question.grid, [])):
        return Plan(select("count(*)", question.grid, []), sure, "Number of rows", "rows")
    what = f"count(DISTINCT {column.written})"
    label = f"Number of different {column.name}"
    return Plan(select(what, question.grid, []), sure * 0.85, label, "kinds")


def _likely(question: Question, filters: list[Filter], named: list[Filter]) -> float:
    """Who names the one row that there is asks for something in it, not for how many it is."""
    rows = rows_of(question.grid, filters)
    if not rows:
        return 0.5
    for found in named:
        column = found.column
        is_name = column is not None and column.distinct >= 0.95 * question.grid.rows
        if is_name and len(found.rows) == 1:
            return 0.15
    return 0.75 if len(rows) == 1 else 1.0


def _is_of_pieces(question: Question, span: Span, values: list[ValueLink]) -> bool:
    """Tell whether pumps are counted where each row tells how many pumps it is about."""
    words = question.links.words
    for value in values:
        behind = words[value.span.end : value.span.end + 1]
        is_of_rows = any(word.stem in question.grid.row_stems for word in behind)
        if value.span.start == span.end and not is_of_rows:
            return any(c.is_measure and _PIECES & set(c.stems) for c in question.grid.columns)
    return False


def _distinct(
    question: Question, head: ColumnLink | None, filters: list[Filter], sure: float
) -> Plan | None:
    if head is None:
        return None
    what = f"count(DISTINCT {head.column.sql})"
    label = f"Number of different {head.column.name}{said(filters)}"
    return Plan(select(what, question.grid, filters), sure * 0.95, label, "distinct")


def _noun(question: Question, span: Span) -> Span:
    """Return the words that say what is counted: up to a verb, a preposition, or three."""
    words = question.links.words
    end = span.end
    while end < len(words) and end - span.end < 3 and words[end].text not in NOUN_ENDS:
        end += 1
    taken = [
        value.span.start
        for value in question.links.values
        if value.span.start >= span.end and value.strength == 1
    ]
    return Span(span.end, min([end, *taken]))


def _columns_of(filters: list[Filter]) -> list[object]:
    return [found.column for found in filters]
