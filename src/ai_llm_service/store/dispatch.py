"""Which queued tasks are rung for next: at most a window of ids waits in the broker."""

from sqlalchemy import Connection, func, or_, select, update

from ai_llm_service.domain import TaskStatus
from ai_llm_service.store.clock import now
from ai_llm_service.store.tables import tasks
from ai_llm_service.store.tasks import ready_to_run


class Dispatches:
    """The mark on a queued task that its id was sent to the broker."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def pick(self, window: int, redeliver_seconds: float) -> list[str]:
        """Mark the next tasks as sent and name them; what was sent long ago is sent again."""
        stale = now() - redeliver_seconds
        unsent = or_(tasks.c.sent_at.is_(None), tasks.c.sent_at < stale)
        waiting = self._connection.execute(
            select(func.count()).where(
                tasks.c.status == TaskStatus.QUEUED, tasks.c.sent_at >= stale
            )
        ).scalar_one()
        if waiting >= window:
            return []
        chosen = (
            select(tasks.c.seq)
            .where(ready_to_run(), unsent)
            .order_by(tasks.c.seq)
            .limit(window - waiting)
        )
        rows = self._connection.execute(
            update(tasks)
            .where(tasks.c.seq.in_(chosen), tasks.c.status == TaskStatus.QUEUED, unsent)
            .values(sent_at=now())
            .returning(tasks.c.id, tasks.c.seq)
        )
        return [row.id for row in sorted(rows, key=lambda row: row.seq)]

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
