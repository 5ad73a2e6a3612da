"""The usage ledger: one entry for each call to a provider that was paid, or may have been."""

from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, func, insert, literal, select

from ai_llm_service.domain import CallOutcome, Step, Task, Usage
from ai_llm_service.store.clock import day_of, now
from ai_llm_service.store.tables import usage_entries

NOTHING_KNOWN = Usage()
DAY_SECONDS = 86_400


class UsageGroup(StrEnum):
    """By what the ledger is summed up."""

    DAY = "day"
    MODEL = "model"
    SESSION = "session"
    TASK = "task"


GROUPED_BY: dict[UsageGroup, ColumnElement[str]] = {
    UsageGroup.DAY: day_of(usage_entries.c.created_at),
    UsageGroup.MODEL: func.coalesce(usage_entries.c.model, ""),
    UsageGroup.SESSION: usage_entries.c.session_id.expression,
    UsageGroup.TASK: usage_entries.c.task_id.expression,
}


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays a call; without a task it is the search's own."""

    tenant_id: str
    session_id: str
    task_id: str = ""
    step: int = 0
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class UsageFilter:
    """Which entries are wanted. The days are whole days in UTC, the first and the last one."""

    session_id: str | None = None
    task_id: str | None = None
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class UsageTotal:
    """A sum of entries. `cost` is that of the calls whose price is known.

    `unpriced_calls` were paid at a price that is not known; of `unknown_calls` nobody knows
    whether they were paid.
    """

    key: str
    calls: int
    unknown_calls: int
    unpriced_calls: int
    usage: Usage
    cost: float


# Made once: to put a statement together takes longer than to execute it.
ENTER = insert(usage_entries).values(created_at=now())


class UsageEntries:
    """The rows of the ledger; they are only added to."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        task: Task,
        step: Step,
        outcome: CallOutcome,
        usage: Usage = NOTHING_KNOWN,
        *,
        model: str | None = None,
        cost: float | None = None,
    ) -> None:
        """Enter a call of a task."""
        session_id = task.session_id if task.kind.has_session else ""
        payer = Payer(task.tenant_id, session_id, task.id, step.number, step.attempt)
        self.enter(payer, outcome, usage, model=model, cost=cost)

    def enter(
        self,
        payer: Payer,
        outcome: CallOutcome,
        usage: Usage = NOTHING_KNOWN,
        *,
        model: str | None,
        cost: float | None,
    ) -> None:
        """Enter one call; `cost` is in US dollars, None where its price is not known."""
        entry = {**asdict(payer), "outcome": outcome, "model": model, "cost": cost, **asdict(usage)}
        self._connection.execute(ENTER, entry)

    def count(self, task_id: str, outcome: CallOutcome) -> int:
        """How many calls for a task came out so."""
        return self._connection.execute(
            select(func.count()).where(
                usage_entries.c.task_id == task_id, usage_entries.c.outcome == outcome
            )
        ).scalar_one()

    def spent_today(self, tenant_id: str) -> float:
        """What a tenant's calls of the last 24 hours cost, as far as their prices are known."""
        total = select(func.coalesce(func.sum(usage_entries.c.cost), 0)).where(
            usage_entries.c.tenant_id == tenant_id,
            usage_entries.c.created_at > now() - DAY_SECONDS,
        )
        return float(self._connection.execute(total).scalar_one())

    def total(self, tenant_id: str, wanted: UsageFilter) -> UsageTotal:
        """All of it in one sum."""
        [row] = self._connection.execute(
            select(literal("").label("key"), *SUMS).where(*_conditions(tenant_id, wanted))
        )
        return _to_total(row)

    def totals(
        self, tenant_id: str, wanted: UsageFilter, group: UsageGroup, limit: int
    ) -> list[UsageTotal]:
        """One sum for each day, model, session or task, the one with the latest call first."""
        key = GROUPED_BY[group]
        rows = self._connection.execute(
            select(key.label("key"), *SUMS)
            .where(*_conditions(tenant_id, wanted))
            .group_by(key)
            .order_by(func.max(usage_entries.c.seq).desc())
            .limit(limit)
        )
        return [_to_total(row) for row in rows]


USAGE_COLUMNS = [usage_entries.c[name] for name in Usage.__dataclass_fields__]
_PAID = usage_entries.c.outcome == CallOutcome.PAID
SUMS = [
    func.count(case((_PAID, 1))).label("calls"),
    func.count(case((~_PAID, 1))).label("unknown_calls"),
    func.count(case((_PAID & usage_entries.c.cost.is_(None), 1))).label("unpriced_calls"),
    func.coalesce(func.sum(usage_entries.c.cost), 0.0).label("cost"),
    *(func.coalesce(func.sum(column), 0).label(column.name) for column in USAGE_COLUMNS),
]


def _conditions(tenant_id: str, wanted: UsageFilter) -> list[ColumnElement[bool]]:
    conditions = [usage_entries.c.tenant_id == tenant_id]
    if wanted.session_id is not None:
        conditions.append(usage_entries.c.session_id == wanted.session_id)
    if wanted.task_id is not None:
        conditions.append(usage_entries.c.task_id == wanted.task_id)
    day = day_of(usage_entries.c.created_at)
    if wanted.first_day is not None:
        conditions.append(day >= wanted.first_day.isoformat())
    if wanted.last_day is not None:
        conditions.append(day <= wanted.last_day.isoformat())
    return conditions


def _to_total(row: Row[Any]) -> UsageTotal:
    usage = Usage(*(int(getattr(row, name)) for name in Usage.__dataclass_fields__))
    return UsageTotal(
        row.key, row.calls, row.unknown_calls, row.unpriced_calls, usage, float(row.cost)
    )
