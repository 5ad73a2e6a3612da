"""What a look at the whole needs to know of tasks and documents."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, case, func, or_, select

from ai_llm_service.domain import SessionState, TaskKind, TaskStatus
from ai_llm_service.store.clock import now
from ai_llm_service.store.tables import documents, sessions, tasks

BATCH = 500


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queued task, its age, and for how long it could have run already (below 0: not yet)."""

    id: str
    kind: TaskKind
    age_seconds: float
    due_seconds: float
    ready: bool
    reason: str | None


class Checkup:
    """Reads only."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def oldest_waiting(self) -> Waiting | None:
        """The first task of the queue that may run, else the first that waits for something."""
        due = case((and_(tasks.c.ready.is_(True), tasks.c.run_at <= now()), 0), else_=1)
        row = self._connection.execute(
            select(
                tasks.c.id,
                tasks.c.kind,
                (now() - tasks.c.created_at).label("age_seconds"),
                (now() - tasks.c.run_at).label("due_seconds"),
                tasks.c.ready,
                tasks.c.reason,
            )
            .where(tasks.c.status == TaskStatus.QUEUED)
            .order_by(due, tasks.c.seq)
            .limit(1)
        ).one_or_none()
        if row is None:
            return None
        return Waiting(**{**row._mapping, "kind": TaskKind(row.kind)})

    def stuck(self, grace_seconds: float) -> list[str]:
        """Tasks that the sweeper should have moved on: past their lease or their deadline."""
        late = now() - grace_seconds
        rows = self._connection.execute(
            select(tasks.c.id)
            .where(
                or_(
                    and_(tasks.c.status == TaskStatus.IN_PROGRESS, tasks.c.lease_until < late),
                    and_(
                        tasks.c.status.in_([TaskStatus.QUEUED, TaskStatus.IN_PROGRESS]),
                        tasks.c.deadline_at < late,
                    ),
                )
            )
            .order_by(tasks.c.seq)
            .limit(BATCH)
        )
        return list(rows.scalars())

    def known_documents(self, ids: Sequence[str]) -> set[str]:
        """Those ids that are documents."""
        known: set[str] = set()
        for first in range(0, len(ids), BATCH):
            batch = ids[first : first + BATCH]
            known.update(
                self._connection.execute(
                    select(documents.c.id).where(documents.c.id.in_(batch))
                ).scalars()
            )
        return known

    def open_documents(self) -> Iterator[str]:
        """The documents whose sessions are open."""
        last = ""
        while batch := self._open_documents_after(last):
            yield from batch
            last = batch[-1]

    def _open_documents_after(self, last: str) -> list[str]:
        rows = self._connection.execute(
            select(documents.c.id)
            .join(sessions, sessions.c.id == documents.c.session_id)
            .where(sessions.c.state == SessionState.OPEN, documents.c.id > last)
            .order_by(documents.c.id)
            .limit(BATCH)
        )
        return list(rows.scalars())

    def waiting(self) -> int:
        """How many tasks are queued."""
        return self._connection.execute(
            select(func.count()).where(tasks.c.status == TaskStatus.QUEUED)
        ).scalar_one()
