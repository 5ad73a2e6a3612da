"""Which queued tasks are rung for next: kind by kind, and within a kind lane after lane in turn."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from ai_llm_service.domain import TaskKind, TaskStatus
from ai_llm_service.store.clock import now
from ai_llm_service.store.tables import tasks

QUEUED_AND_READY = and_(tasks.c.status == TaskStatus.QUEUED, tasks.c.ready.is_(True))


@dataclass(frozen=True, slots=True)
class InFlight:
    """How many tasks of each kind are rung for or run, and how many of them wait in the broker."""

    by_kind: dict[TaskKind, int]
    rung: int


class Dispatches:
    """The mark on a queued task that its id was sent to the broker; it fades after a time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def in_flight(self, redeliver_seconds: float) -> InFlight:
        """What is under way in all workers."""
        fresh = tasks.c.sent_at >= now() - redeliver_seconds
        rung = self._by_kind(tasks.c.status == TaskStatus.QUEUED, fresh)
        running = self._by_kind(tasks.c.status == TaskStatus.IN_PROGRESS)
        total = {kind: rung.get(kind, 0) + running.get(kind, 0) for kind in TaskKind}
        return InFlight(total, sum(rung.values()))

    def lanes(self, kind: TaskKind) -> list[str]:
        """The lanes with ready tasks of a kind, in order; each costs one step in the index."""
        first = select(func.min(tasks.c.lane).label("lane")).where(
            QUEUED_AND_READY, tasks.c.kind == kind
        )
        found = first.cte("found", recursive=True)
        after = (
            select(func.min(tasks.c.lane))
            .where(QUEUED_AND_READY, tasks.c.kind == kind, tasks.c.lane > found.c.lane)
            .scalar_subquery()
        )
        found = found.union_all(select(after).where(found.c.lane.is_not(None)))
        rows = self._connection.execute(select(found.c.lane).where(found.c.lane.is_not(None)))
        return list(rows.scalars())

    def busy(self, lane: str, redeliver_seconds: float) -> int:
        """How many tasks of a lane are rung for or run."""
        fresh = and_(
            tasks.c.status == TaskStatus.QUEUED, tasks.c.sent_at >= now() - redeliver_seconds
        )
        return self._connection.execute(
            select(func.count()).where(
                tasks.c.lane == lane, or_(tasks.c.status == TaskStatus.IN_PROGRESS, fresh)
            )
        ).scalar_one()

    def first_of(
        self, kind: TaskKind, lane: str, limit: int, redeliver_seconds: float
    ) -> list[int]:
        """The numbers of the oldest tasks of a lane that may be rung for now."""
        rows = self._connection.execute(
            select(tasks.c.seq)
            .where(
                QUEUED_AND_READY,
                tasks.c.kind == kind,
                tasks.c.lane == lane,
                tasks.c.run_at <= now(),
                _unsent(redeliver_seconds),
            )
            .order_by(tasks.c.seq)
            .limit(limit)
        )
        return list(rows.scalars())

    def mark(self, numbers: list[int], redeliver_seconds: float) -> list[str]:
        """Mark tasks as sent; the ids of those that nobody else has marked meanwhile."""
        rows = self._connection.execute(
            update(tasks)
            .where(
                tasks.c.seq.in_(numbers),
                tasks.c.status == TaskStatus.QUEUED,
                _unsent(redeliver_seconds),
            )
            .values(sent_at=now())
            .returning(tasks.c.id, tasks.c.seq)
        )
        return [row.id for row in sorted(rows, key=lambda row: numbers.index(row.seq))]

    def unsend(self, task_ids: list[str]) -> None:
        """Take the mark back where the broker did not take the ids."""
        self._connection.execute(
            update(tasks)
            .where(tasks.c.id.in_(task_ids), tasks.c.status == TaskStatus.QUEUED)
            .values(sent_at=None)
        )

    def next_run_seconds(self) -> float | None:
        """Seconds until the next waiting task's time comes; None when none waits for a time."""
        soonest = select(func.min(tasks.c.run_at) - now()).where(
            tasks.c.status == TaskStatus.QUEUED, tasks.c.run_at > now()
        )
        value = self._connection.execute(soonest).scalar_one_or_none()
        return None if value is None else max(0.0, float(value))

    def _by_kind(self, *conditions: ColumnElement[bool]) -> dict[TaskKind, int]:
        rows = self._connection.execute(
            select(tasks.c.kind, func.count()).where(*conditions).group_by(tasks.c.kind)
        )
        return {TaskKind(kind): number for kind, number in rows}


def _unsent(redeliver_seconds: float) -> ColumnElement[bool]:
    return or_(tasks.c.sent_at.is_(None), tasks.c.sent_at < now() - redeliver_seconds)
