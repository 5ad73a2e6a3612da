"""Claims: a worker's hold on a task, told from every other one by its fence."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    Connection,
    Double,
    Integer,
    String,
    and_,
    bindparam,
    func,
    or_,
    select,
    update,
)

from ai_llm_service.domain import Claim, Progress, TaskStatus
from ai_llm_service.store.clock import now
from ai_llm_service.store.tables import tasks
from ai_llm_service.store.tasks import CLAIM_COLUMNS, to_claim

# Made once: to put a statement together takes longer than to execute it.
LEASE = bindparam("lease_seconds", type_=Double)
OWNER = bindparam("by_owner", type_=String)
HELD = (
    tasks.c.id == bindparam("task_id", type_=String),
    tasks.c.fence == bindparam("claim_fence", type_=Integer),
    tasks.c.status == TaskStatus.IN_PROGRESS,
)
CLAIM = (
    update(tasks)
    .where(
        tasks.c.id == bindparam("task_id", type_=String),
        tasks.c.status == TaskStatus.QUEUED,
        tasks.c.ready.is_(True),
        tasks.c.run_at <= now(),
    )
    .values(
        status=TaskStatus.IN_PROGRESS,
        fence=tasks.c.fence + 1,
        attempt=tasks.c.attempt + 1,
        owner=OWNER,
        lease_until=now() + LEASE,
        started_at=func.coalesce(tasks.c.started_at, now()),
        reason=None,
    )
    .returning(*CLAIM_COLUMNS)
)
RENEW = (
    update(tasks)
    .where(
        tasks.c.id.in_(bindparam("task_ids", expanding=True)),
        tasks.c.owner == OWNER,
        tasks.c.status == TaskStatus.IN_PROGRESS,
    )
    .values(lease_until=now() + LEASE)
    .returning(tasks.c.id, tasks.c.fence)
)
LOST = "the worker that had it stopped"
EXPIRED = select(*CLAIM_COLUMNS).where(
    tasks.c.status == TaskStatus.IN_PROGRESS, tasks.c.lease_until < now()
)


class Claims:
    """The moves of a task that only its holder, or the sweeper in its place, may make."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def claim(self, task_id: str, owner: str, lease_seconds: float) -> Claim | None:
        """Take a queued task whose time has come, or None: someone else has it, or it waits."""
        given = {"task_id": task_id, "by_owner": owner, "lease_seconds": lease_seconds}
        row = self._connection.execute(CLAIM, given).one_or_none()
        return to_claim(row._mapping) if row else None

    def renew(self, owner: str, task_ids: list[str], lease_seconds: float) -> set[tuple[str, int]]:
        """Extend the leases of a worker; the ids and fences of those that it still holds."""
        given = {"task_ids": task_ids, "by_owner": owner, "lease_seconds": lease_seconds}
        rows = self._connection.execute(RENEW, given)
        return {(row.id, row.fence) for row in rows}

    def tell_progress(self, claim: Claim, progress: Progress) -> bool:
        """Keep how far the task is; False when it is not held any more."""
        statement = update(tasks).where(*HELD).values(progress=asdict(progress))
        return self._connection.execute(statement, held_by(claim)).rowcount == 1

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
            .where(*HELD)
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
        return self._connection.execute(statement, held_by(claim)).rowcount == 1

    def expired_leases(self, limit: int) -> list[Claim]:
        """Claims whose worker has not renewed them in time."""
        rows = self._connection.execute(EXPIRED.limit(limit))
        return [to_claim(row._mapping) for row in rows]

    def requeue_lost(self, claim: Claim) -> bool:
        """Queue a task again whose lease has expired and is still not renewed."""
        statement = (
            update(tasks)
            .where(*HELD, tasks.c.lease_until < now())
            .values(
                status=TaskStatus.QUEUED,
                lost_workers=tasks.c.lost_workers + 1,
                run_at=now(),
                reason=LOST,
                owner=None,
                lease_until=None,
                sent_at=None,
            )
        )
        return self._connection.execute(statement, held_by(claim)).rowcount == 1

    def absolve(self, task_id: str, fence: int) -> None:
        """Take one lost worker from the count of a task: the one that had it lives."""
        taken = or_(
            tasks.c.fence > fence,
            and_(tasks.c.status == TaskStatus.QUEUED, tasks.c.reason == LOST),
        )
        self._connection.execute(
            update(tasks)
            .where(tasks.c.id == task_id, tasks.c.lost_workers > 0, taken)
            .values(lost_workers=tasks.c.lost_workers - 1)
        )


def held_by(claim: Claim) -> dict[str, Any]:
    """What the condition HELD, that a claim still stands, is to be told."""
    return {"task_id": claim.task.id, "claim_fence": claim.fence}
