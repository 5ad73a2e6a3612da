"""Claims: a worker's hold on a task, told from every other one by its fence."""

from sqlalchemy import ColumnElement, Connection, func, select, update

from ai_llm_service.domain import Claim, TaskStatus
from ai_llm_service.store.clock import now
from ai_llm_service.store.tables import tasks
from ai_llm_service.store.tasks import CLAIM_COLUMNS, to_claim


class Claims:
    """The moves of a task that only its holder, or the sweeper in its place, may make."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def claim(self, task_id: str, owner: str, lease_seconds: float) -> Claim | None:
        """Take a queued task whose time has come, or None: someone else has it, or it waits."""
        row = self._connection.execute(
            update(tasks)
            .where(
                tasks.c.id == task_id,
                tasks.c.status == TaskStatus.QUEUED,
                tasks.c.ready.is_(True),
                tasks.c.run_at <= now(),
            )
            .values(
                status=TaskStatus.IN_PROGRESS,
                fence=tasks.c.fence + 1,
                attempt=tasks.c.attempt + 1,
                owner=owner,
                lease_until=now() + lease_seconds,
                started_at=func.coalesce(tasks.c.started_at, now()),
                reason=None,
            )
            .returning(*CLAIM_COLUMNS)
        ).one_or_none()
        return to_claim(row._mapping) if row else None

    def renew(self, owner: str, task_ids: list[str], lease_seconds: float) -> set[str]:
        """Extend the leases of a worker; the ids of those that it still holds."""
        rows = self._connection.execute(
            update(tasks)
            .where(
                tasks.c.id.in_(task_ids),
                tasks.c.owner == owner,
                tasks.c.status == TaskStatus.IN_PROGRESS,
            )
            .values(lease_until=now() + lease_seconds)
            .returning(tasks.c.id)
        )
        return set(rows.scalars())

    def give_back(
        self,
        claim: Claim,
        wait_seconds: float,
        reason: str,
        *,
        counts: bool = True,
    ) -> bool:
        """Queue the task again after a wait; a planned stop does not count as an attempt."""
        statement = (
            update(tasks)
            .where(*held_by(claim.task.id, claim.fence))
            .values(
                status=TaskStatus.QUEUED,
                run_at=now() + wait_seconds,
                reason=reason,
                owner=None,
                lease_until=None,
                sent_at=None,
                attempt=tasks.c.attempt if counts else tasks.c.attempt - 1,
            )
        )
        return self._connection.execute(statement).rowcount == 1

    def expired_leases(self, limit: int) -> list[Claim]:
        """Claims whose worker has not renewed them in time."""
        rows = self._connection.execute(
            select(*CLAIM_COLUMNS)
            .where(tasks.c.status == TaskStatus.IN_PROGRESS, tasks.c.lease_until < now())
            .limit(limit)
        )
        return [to_claim(row._mapping) for row in rows]

    def requeue_lost(self, claim: Claim, reason: str) -> bool:
        """Queue a task again whose lease has expired and is still not renewed."""
        statement = (
            update(tasks)
            .where(*held_by(claim.task.id, claim.fence), tasks.c.lease_until < now())
            .values(
                status=TaskStatus.QUEUED,
                lost_workers=tasks.c.lost_workers + 1,
                run_at=now(),
                reason=reason,
                owner=None,
                lease_until=None,
                sent_at=None,
            )
        )
        return self._connection.execute(statement).rowcount == 1


def held_by(task_id: str, fence: int) -> tuple[ColumnElement[bool], ...]:
    """The condition that a claim still stands."""
    return (
        tasks.c.id == task_id,
        tasks.c.fence == fence,
        tasks.c.status == TaskStatus.IN_PROGRESS,
    )
