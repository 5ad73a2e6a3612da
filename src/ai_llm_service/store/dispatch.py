"""Which queued tasks may be rung for next, lane by lane. A lane's name begins with its kind."""

from collections import Counter

from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    FromClause,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    union_all,
    update,
)

from ai_llm_service.domain import TaskKind, TaskStatus
from ai_llm_service.store.clock import now
from ai_llm_service.store.tables import tasks

QUEUED_AND_READY = and_(tasks.c.status == TaskStatus.QUEUED, tasks.c.ready.is_(True))
REDELIVER = bindparam("redeliver_seconds", type_=Double)
# A lane begins with its kind and a slash; in the order of bytes a nought follows the slash.
SLASH, AFTER_SLASH = "/", "0"
# Behind a text stands nothing before the same text with the smallest character added.
NEXT = "\1"
END = bindparam("end_lane", type_=String)
LIMIT = bindparam("most", type_=Integer)


def _sendable(rows: FromClause) -> ColumnElement[bool]:
    """Queued tasks whose time has come and that nobody was rung for lately."""
    return and_(
        rows.c.status == TaskStatus.QUEUED,
        rows.c.ready.is_(True),
        rows.c.run_at <= now(),
        or_(rows.c.sent_at.is_(None), rows.c.sent_at < now() - REDELIVER),
    )


def _next_head(after: ColumnElement[str]) -> ColumnElement[int]:
    """The first task that may be rung for in the next lane that has one."""
    rows = tasks.alias("next")
    return (
        select(rows.c.seq)
        .where(_sendable(rows), rows.c.lane > after, rows.c.lane < END)
        .order_by(rows.c.lane, rows.c.seq)
        .limit(1)
        .correlate_except(rows)
        .scalar_subquery()
    )


def _heads() -> Select[tuple[str, int]]:
    """Skips from head to head in the index: the cost is that of the lanes, not of their tasks."""
    first = _next_head(bindparam("after_lane", type_=String))
    found = select(first.label("seq"), literal(1).label("number")).cte("found", recursive=True)
    lane = select(tasks.c.lane).where(tasks.c.seq == found.c.seq).correlate(found)
    following = select(_next_head(lane.scalar_subquery()), found.c.number + 1).where(
        found.c.seq.is_not(None), found.c.number < LIMIT
    )
    found = found.union_all(following)
    return (
        select(tasks.c.lane, tasks.c.seq)
        .join(found, tasks.c.seq == found.c.seq)
        .order_by(found.c.number)
    )


def _by_lane(is_running: int, *conditions: ColumnElement[bool]) -> Select[tuple[int, str, int]]:
    return (
        select(literal(is_running).label("is_running"), tasks.c.lane, func.count().label("number"))
        .where(*conditions)
        .group_by(tasks.c.lane)
    )


# Made once: to put a statement together takes longer than to execute it.
HEADS = _heads()
FIRST_OF = (
    select(tasks.c.seq)
    .where(_sendable(tasks), tasks.c.lane == bindparam("of_lane", type_=String))
    .order_by(tasks.c.seq)
    .limit(LIMIT)
)
BUSY = union_all(
    _by_lane(0, tasks.c.status == TaskStatus.QUEUED, tasks.c.sent_at >= now() - REDELIVER),
    _by_lane(1, tasks.c.status == TaskStatus.IN_PROGRESS),
)
KINDS = select(
    *(
        select(literal(1))
        .where(QUEUED_AND_READY, tasks.c.lane > kind + SLASH, tasks.c.lane < kind + AFTER_SLASH)
        .exists()
        .label(kind)
        for kind in TaskKind
    )
)
MARK = (
    update(tasks)
    .where(
        tasks.c.seq.in_(bindparam("numbers", expanding=True)),
        tasks.c.status == TaskStatus.QUEUED,
        or_(tasks.c.sent_at.is_(None), tasks.c.sent_at < now() - REDELIVER),
    )
    .values(sent_at=now())
    .returning(tasks.c.id, tasks.c.seq)
)
SOONEST = select(func.min(tasks.c.run_at) - now()).where(
    tasks.c.status == TaskStatus.QUEUED, tasks.c.run_at > now()
)


class Dispatches:
    """The mark on a queued task that its id was sent to the broker; it fades after a time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def busy(self, redeliver_seconds: float) -> tuple[Counter[str], Counter[str]]:
        """How many tasks of each lane were rung for and wait for a worker, and how many have one.

        Both in one trip to the database.
        """
        rung: Counter[str] = Counter()
        running: Counter[str] = Counter()
        for row in self._connection.execute(BUSY, {"redeliver_seconds": redeliver_seconds}):
            (running if row.is_running else rung)[row.lane] = row.number
        return rung, running

    def kinds(self) -> list[TaskKind]:
        """The kinds of which some task is queued and waits for no other."""
        found = self._connection.execute(KINDS).one()
        return [kind for kind, some in zip(TaskKind, found, strict=True) if some]

    def heads(
        self, kind: TaskKind, after: str, most: int, redeliver_seconds: float
    ) -> dict[str, int]:
        """The number of the first task of each lane that may be rung for now.

        The lanes come in turn, beginning behind the one named `after`, and `most` of them.
        """
        found = self._heads(max(after, kind + SLASH), kind + AFTER_SLASH, most, redeliver_seconds)
        if after and len(found) < most:
            rest = most - len(found)
            # The lane itself comes last: it had its turn.
            found |= self._heads(kind + SLASH, f"{after}{NEXT}", rest, redeliver_seconds)
        return found

    def first_of(self, lane: str, limit: int, redeliver_seconds: float) -> list[int]:
        """The numbers of the oldest tasks of a lane that may be rung for now."""
        given = {"of_lane": lane, "most": limit, "redeliver_seconds": redeliver_seconds}
        return list(self._connection.execute(FIRST_OF, given).scalars())

    def mark(self, numbers: list[int], redeliver_seconds: float) -> list[str]:
        """Mark tasks as sent; the ids of those that nobody else has marked meanwhile."""
        given = {"numbers": numbers, "redeliver_seconds": redeliver_seconds}
        ids = {row.seq: row.id for row in self._connection.execute(MARK, given)}
        return [ids[number] for number in numbers if number in ids]

    def unsend(self, task_ids: list[str]) -> None:
        """Take the mark back where the broker did not take the ids."""
        self._connection.execute(
            update(tasks)
            .where(tasks.c.id.in_(task_ids), tasks.c.status == TaskStatus.QUEUED)
            .values(sent_at=None)
        )

    def next_run_seconds(self) -> float | None:
        """Seconds until the next waiting task's time comes; None when none waits for a time."""
        value = self._connection.execute(SOONEST).scalar_one_or_none()
        return None if value is None else max(0.0, float(value))

    def _heads(self, after: str, end: str, most: int, redeliver_seconds: float) -> dict[str, int]:
        given = {
            "after_lane": after,
            "end_lane": end,
            "most": most,
            "redeliver_seconds": redeliver_seconds,
        }
        rows = self._connection.execute(HEADS, given)
        return {row.lane: row.seq for row in rows}
