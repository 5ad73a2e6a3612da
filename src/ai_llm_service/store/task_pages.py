"""Lists of a tenant's tasks, page by page, without what they were given and what they made."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, select

from ai_llm_service.domain import TaskKind, TaskStatus
from ai_llm_service.store.ids import is_id
from ai_llm_service.store.tables import tasks


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks are wanted. `attempted` tells those queued again from those queued at first."""

    status: TaskStatus | None = None
    attempted: bool | None = None
    kind: TaskKind | None = None
    session_id: str | None = None


@dataclass(frozen=True, slots=True)
class TaskSummary:
    """A task without its payload and its result."""

    id: str
    kind: TaskKind
    status: TaskStatus
    session_id: str
    document_id: str | None
    attempt: int
    created_at: float
    started_at: float | None
    finished_at: float | None
    run_at: float
    deadline_at: float
    reason: str | None
    error_code: str | None
    error_detail: str | None
    error_hint: str | None


COLUMNS = [tasks.c[name] for name in TaskSummary.__dataclass_fields__]


class TaskPages:
    """Reads along the index of a tenant's tasks, status by status."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def place(self, tenant_id: str, task_id: str) -> int | None:
        """Where a task stands among all; None if the tenant has none of that id."""
        if not is_id(task_id):
            return None
        return self._connection.execute(
            select(tasks.c.seq).where(tasks.c.id == task_id, tasks.c.tenant_id == tenant_id)
        ).scalar_one_or_none()

    def page(
        self, tenant_id: str, wanted: TaskFilter, limit: int, before: int | None
    ) -> list[TaskSummary]:
        """The newest first, each older than the place `before`."""
        conditions = [tasks.c.tenant_id == tenant_id, *_conditions(wanted)]
        if before is not None:
            conditions.append(tasks.c.seq < before)
        statuses = list(TaskStatus) if wanted.status is None else [wanted.status]
        found: list[tuple[int, TaskSummary]] = []
        for status in statuses:
            rows = self._connection.execute(
                select(tasks.c.seq, *COLUMNS)
                .where(tasks.c.status == status, *conditions)
                .order_by(tasks.c.seq.desc())
                .limit(limit)
            )
            found += [_to_summary(dict(row._mapping)) for row in rows]
        found.sort(key=lambda each: each[0], reverse=True)
        return [summary for _, summary in found[:limit]]


def _conditions(wanted: TaskFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.attempted is not None:
        conditions.append(tasks.c.attempt > 0 if wanted.attempted else tasks.c.attempt == 0)
    if wanted.kind is not None:
        conditions.append(tasks.c.kind == wanted.kind)
    if wanted.session_id is not None:
        conditions.append(tasks.c.session_id == wanted.session_id)
    return conditions


def _to_summary(values: dict[str, Any]) -> tuple[int, TaskSummary]:
    place = int(values.pop("seq"))
    known = {"kind": TaskKind(values["kind"]), "status": TaskStatus(values["status"])}
    return place, TaskSummary(**{**values, **known})
