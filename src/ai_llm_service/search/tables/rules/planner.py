"""Plans a statement by rules, or abstains: the surest plan of all forms over all tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ai_llm_service.search.tables.rules.beyond import plan_beyond
from ai_llm_service.search.tables.rules.count import plan_count
from ai_llm_service.search.tables.rules.grid import Grid
from ai_llm_service.search.tables.rules.group import plan_group
from ai_llm_service.search.tables.rules.looking import read_grid, with_named
from ai_llm_service.search.tables.rules.order import plan_beside, plan_first
from ai_llm_service.search.tables.rules.pairs import (
    plan_choice,
    plan_difference,
    plan_often,
    plan_order,
    plan_same,
)
from ai_llm_service.search.tables.rules.pick import plan_aggregate, plan_lookup
from ai_llm_service.search.tables.rules.plan import Plan
from ai_llm_service.search.tables.rules.question import Question
from ai_llm_service.search.tables.rules.ranking import asked_places, plan_ranking
from ai_llm_service.search.tables.rules.runs import plan_run
from ai_llm_service.search.tables.rules.share import asks_for_a_share, plan_share
from ai_llm_service.search.tables.rules.superlative import plan_superlative
from ai_llm_service.search.tables.rules.yes import plan_yes
from ai_llm_service.search.tables.sandbox import Result, Sandbox, StatementFailed, View
from ai_llm_service.search.tables.sentence import shown
from ai_llm_service.search.tables.session import SessionTable

FORMS = (
    plan_group,
    plan_ranking,
    plan_share,
    plan_yes,
    plan_run,
    plan_beyond,
    plan_count,
    plan_superlative,
    plan_first,
    plan_beside,
    plan_difference,
    plan_choice,
    plan_often,
    plan_order,
    plan_same,
    plan_aggregate,
    plan_lookup,
)
OWN_FORMS, OTHER_FORM = (plan_ranking, plan_share), 0.3
# Of a large table a part of the rows is looked at, so that single rows are not asked for.
OVER_ALL_ROWS = frozenset(
    (
        "rows",
        "count",
        "sum",
        "avg",
        "median",
        "extreme",
        "holder",
        "mode",
        "kinds",
        "distinct",
        "group",
        "lookup",
    )
)
# Who asks for a name is not answered by a paragraph: such plans are seldom right.
ANSWER_CHARACTERS, LONG = 40, 0.5
# Who looks up a cell wants no list of them.
MOST_LOOKED_UP = 20
MAX_TABLES, MAX_QUESTION_CHARACTERS, GRIDS_KEPT, VALUES_WRITTEN = 8, 400, 32, 20


@dataclass(frozen=True, slots=True)
class Planned:
    """A statement, its result and the answer in words."""

    statement: str
    result: Result
    text: str


class Planner:
    """Reads the question against each table and runs the surest plan, if that is sure enough."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._grid = lru_cache(GRIDS_KEPT)(self._read_grid)

    def plan(
        self,
        question: str,
        tables: Sequence[SessionTable],
        views: Sequence[View],
        least_sureness: float,
    ) -> Planned | None:
        """Answer by a statement, or None where no plan is so sure."""
        if len(question) > MAX_QUESTION_CHARACTERS:
            return None
        found: list[tuple[float, Plan, View]] = []
        for table, view in list(zip(tables, views, strict=True))[:MAX_TABLES]:
            grid = self._grid(table, view)
            if not grid.is_whole:
                grid = with_named(grid, question, table, view, self._sandbox)
            found += [
                (plan.sureness, plan, view)
                for plan in plans_for(question, grid)
                if grid.is_whole or plan.form in OVER_ALL_ROWS
            ]
        best = max(found, key=lambda entry: entry[0], default=None)
        if best is None or best[0] < least_sureness:
            return None
        planned = self._run(best[1], best[2])
        if planned and best[1].form == "lookup" and planned.result.row_count > MOST_LOOKED_UP:
            return None
        if planned and _is_long(planned.result) and LONG * best[0] < least_sureness:
            return None
        return planned

    def _run(self, plan: Plan, view: View) -> Planned | None:
        try:
            result = self._sandbox.run(plan.statement, [view])
        except StatementFailed:
            return None
        if len(result.columns) > 1:
            rows = [": ".join(map(shown, row)) for row in result.rows[:VALUES_WRITTEN]]
            if result.row_count > VALUES_WRITTEN:
                rows.append(f"… and {result.row_count - VALUES_WRITTEN} more rows")
            return Planned(plan.statement, result, "\n".join([f"{plan.label}:", *rows]))
        values = [shown(row[0]) for row in result.rows if row[0] not in {None, ""}]
        if not values:
            return None
        told = ", ".join(values[:VALUES_WRITTEN])
        more = f" and {result.row_count - VALUES_WRITTEN} more"
        text = f"{plan.label}: {told}{more if result.row_count > VALUES_WRITTEN else ''}"
        return Planned(plan.statement, result, text)

    def _read_grid(self, table: SessionTable, view: View) -> Grid:
        return read_grid(table, view, self._sandbox)


def _is_long(result: Result) -> bool:
    """Tell whether a cell says more than can have been asked for."""
    return any(len(str(row[0])) > ANSWER_CHARACTERS for row in result.rows if row)


def plans_for(question: str, grid: Grid) -> Iterator[Plan]:
    """All plans of all forms."""
    read = Question(question, grid)
    is_own = asked_places(read) is not None or asks_for_a_share(read)
    for form in FORMS:
        plan = form(read)
        if plan is not None:
            # What asks for several places, or for a share, is no question for one figure.
            yield plan.less(OTHER_FORM) if is_own and form not in OWN_FORMS else plan
