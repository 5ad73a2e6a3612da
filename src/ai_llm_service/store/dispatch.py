"""Which queued tasks may be rung for next, lane by lane. A lane's name begins with its kind."""

from collections import Counter

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, update

from ai_llm_service.domain import TaskStatus
from ai_llm_service.store.clock import now
from ai_llm_service.store.tables import tasks

QUEUED_AND_READY = and_(tasks.c.status == TaskStatus.QUEUED, tasks.c.ready.is_(True))


class Dispatches:
    """The mark on a queued task that its id was sent to the broker; it fades after a time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rung(self, redeliver_seconds: float) -> Counter[str]:
        """How many tasks of each lane were rung for and wait for a worker."""
        fresh = tasks.c.sent_at >= now() - redeliver_seconds
        return self._by_lane(tasks.c.status == TaskStatus.QUEUED, fresh)

    def running(self) -> Counter[str]:
        """How many tasks of each lane a worker has."""
        return self._by_lane(tasks.c.status == TaskStatus.IN_PROGRESS)

    def heads(self, redeliver_seconds: float) -> dict[str, int]:
        """The number of the first task of each lane that may be rung for now.

        The lanes are found by skipping from one to the next in the index, so that the cost is
        that of the lanes and not of the tasks in them.
        """
        first = select(func.min(tasks.c.lane).label("lane")).where(QUEUED_AND_READY)
        found = first.cte("found", recursive=True)
        after = (
            select(func.min(tasks.c.lane))
            .where(QUEUED_AND_READY, tasks.c.lane > found.c.lane)
            .scalar_subquery()
        )
        found = found.union_all(select(after).where(found.c.lane.is_not(None)))
        head = _sendable(redeliver_seconds).where(tasks.c.lane == found.c.lane).limit(1)
        rows = self._connection.execute(
            select(found.c.lane, head.scalar_subquery().label("seq")).where(
                found.c.lane.is_not(None)
            )
        )
        return {lane: seq for lane, seq in rows if seq is not None}

    def first_of(self, lane: str, limit: int, redeliver_seconds: float) -> list[int]:
        """The numbers of the oldest tasks of a lane that may be rung for now."""
        rows = self._connection.execute(
            _sendable(redeliver_seconds).where(tasks.c.lane == lane).limit(limit)
        )
        return [row.seq for row in rows]

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

    def _by_lane(self, *conditions: ColumnElement[bool]) -> Counter[str]:
        rows = self._connection.execute(
            select(tasks.c.lane, func.count().label("number"))
            .where(*conditions)
            .group_by(tasks.c.lane)
        )
        return Counter({row.lane: row.number for row in rows})


def _sendable(redeliver_seconds: float) -> Select[tuple[int]]:
    return (
        select(tasks.c.seq)
        .where(QUEUED_AND_READY, tasks.c.run_at <= now(), _unsent(redeliver_seconds))
        .order_by(tasks.c.seq)
    )


def _unsent(redeliver_seconds: float) -> ColumnElement[bool]:
    return or_(tasks.c.sent_at.is_(None), tasks.c.sent_at < now() - redeliver_seconds)
