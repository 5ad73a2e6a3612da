"""Questions for rows that follow each other: `how many consecutive years in Division 2`."""

import re

from ai_llm_service.search.tables.rules.plan import Plan, rows_of, said, trust, where
from ai_llm_service.search.tables.rules.question import Question
from ai_llm_service.search.tables.sqltext import name_of

_RUN = re.compile(
    r"\b(?:consecutive(?:ly)?|(?:\w+ )?in a row|straight|back to back|successive(?:ly)?)\b"
)


def plan_run(question: Question) -> Plan | None:
    """Count the rows of the longest run of those that are meant."""
    match = _RUN.search(question.text)
    if match is None or not question.has("how many|longest|most|number of|how long"):
        return None
    values = question.values()
    filters = question.filters_of(values) + [made for made, _ in question.comparisons]
    if len(rows_of(question.grid, filters)) < 2 or not filters:
        return None
    view, condition = name_of(question.grid.view), " AND ".join(found.sql for found in filters)
    numbered = (
        f"SELECT row_number() OVER (ORDER BY _row) AS place, {condition} AS hit"  # noqa: S608
        f" FROM {view}{where([], question.grid)}"
    )
    runs = (
        "SELECT place - row_number() OVER (ORDER BY place) AS run"  # noqa: S608
        f" FROM ({numbered}) WHERE hit"
    )
    statement = f"SELECT max(length) FROM (SELECT count(*) AS length FROM ({runs}) GROUP BY run)"  # noqa: S608
    spans = [question.span_of(match), *(v.span for v in values)]
    spans += [span for _, span in question.comparisons]
    spans += [c.span for c in question.links.columns]
    sure = 0.8 * trust(values) * 0.8 ** len(question.unexplained(spans, frozenset(("play",))))
    return Plan(statement, sure, f"Longest run of rows{said(filters)}", "run")
