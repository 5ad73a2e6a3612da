"""Tasks: every move from one status to another is one guarded statement."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    Row,
    RowMapping,
    String,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.sql import exists

from ai_llm_service.domain import (
    Claim,
    DocumentState,
    Json,
    Progress,
    SessionState,
    Task,
    TaskKind,
    TaskStatus,
)
from ai_llm_service.store.clock import now
from ai_llm_service.store.ids import is_id
from ai_llm_service.store.tables import deliveries, documents, sessions, steps, tasks

TASK_COLUMNS = [
    tasks.c[name]
    for name in Task.__dataclass_fields__  # the value and the row have the same names
]
CLAIM_COLUMNS = [
    *TASK_COLUMNS,
    tasks.c.fence,
    (tasks.c.deadline_at - now()).label("seconds_left"),
]
# What a client asks for; the other kinds follow from it.
ASKED_FOR = [TaskKind.INGEST, TaskKind.ANSWER, TaskKind.GENERATE, TaskKind.EMBED]
OPEN_STATUSES = [TaskStatus.QUEUED, TaskStatus.IN_PROGRESS]
TERMINAL_STATUSES = [status for status in TaskStatus if status.is_terminal]


@dataclass(frozen=True, slots=True)
class NewTask:
    """What is known of a task when it is accepted.

    Tasks of one kind and `lane` take their turn together, such as those of one tenant.
    """

    id: str
    tenant_id: str
    session_id: str
    kind: TaskKind
    payload: Json
    deadline_seconds: float
    lane: str
    document_id: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a task ended: its status, what it made, and the error if there was one."""

    status: TaskStatus
    result: Json | None = None
    error_code: str | None = None
    error_detail: str | None = None
    error_hint: str | None = None


class Tasks:
    """The rows of tasks."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, task: NewTask, queries: tuple[str, ...] = ()) -> None:
        """Accept a task, with one step for each query."""
        statement = ADD_ANSWER if task.kind is TaskKind.ANSWER else ADD
        self._connection.execute(
            statement,
            {
                "id": task.id,
                "tenant_id": task.tenant_id,
                "session_id": task.session_id,
                "document_id": task.document_id,
                "kind": task.kind,
                "lane": f"{task.kind}/{task.lane}",
                "payload": task.payload,
                "request_id": task.request_id,
                "deadline_seconds": task.deadline_seconds,
                "of_session": task.session_id,
            },
        )
        if queries:
            self._connection.execute(
                insert(steps),
                [
                    {"task_id": task.id, "number": number, "query": query, "state": "waiting"}
                    for number, query in enumerate(queries, start=1)
                ],
            )

    def find(self, tenant_id: str, task_id: str) -> Task | None:
        if not is_id(task_id):
            return None
        row = self._connection.execute(
            FIND, {"task_id": task_id, "of_tenant": tenant_id}
        ).one_or_none()
        return to_task(row) if row else None

    def read(self, task_id: str) -> Task | None:
        """The task, whoever it belongs to."""
        row = self._connection.execute(
            select(*TASK_COLUMNS).where(tasks.c.id == task_id)
        ).one_or_none()
        return to_task(row) if row else None

    def unfinished(self, task_ids: list[str]) -> set[str]:
        """Those of the tasks that have not ended."""
        return set(self._connection.execute(UNFINISHED, {"task_ids": task_ids}).scalars())

    def queue_position(self, task_id: str) -> int | None:
        """How many of its tenant's queued tasks stand before it, from 0; None when not queued."""
        return self._connection.execute(POSITION, {"task_id": task_id}).scalar_one_or_none()

    def count_queued(self, tenant_id: str, most: int) -> int:
        """How many tasks that a tenant asked for wait; it counts no further than `most`."""
        waiting = (
            select(tasks.c.seq)
            .where(
                tasks.c.tenant_id == tenant_id,
                tasks.c.status == TaskStatus.QUEUED,
                tasks.c.kind.in_(ASKED_FOR),
            )
            .limit(most)
        )
        return self._connection.execute(
            select(func.count()).select_from(waiting.subquery())
        ).scalar_one()

    def past_deadline(self, limit: int) -> list[Claim]:
        """Unfinished tasks whose deadline has passed, with the fence of their last claim."""
        rows = self._connection.execute(
            select(*CLAIM_COLUMNS)
            .where(tasks.c.status.in_(OPEN_STATUSES), tasks.c.deadline_at < now())
            .limit(limit)
        )
        return [to_claim(row._mapping) for row in rows]

    def unfinished_of_session(self, session_id: str, but: str) -> list[Task]:
        """The session's queued and running tasks, except one and those that tell of others."""
        rows = self._connection.execute(
            select(*TASK_COLUMNS).where(
                tasks.c.session_id == session_id,
                tasks.c.kind != TaskKind.DELIVER,
                tasks.c.status.in_(OPEN_STATUSES),
                tasks.c.id != but,
            )
        )
        return [to_task(row) for row in rows]

    def hurry(self, task_id: str) -> None:
        """A queued task waits no longer."""
        self._connection.execute(
            update(tasks)
            .where(tasks.c.id == task_id, tasks.c.status == TaskStatus.QUEUED)
            .values(run_at=now())
        )

    def wake(self, session_id: str) -> None:
        """Mark the session's next question as ready where nothing stands before it any more."""
        self._connection.execute(WAKE, {"of_session": session_id})

    def wake_all(self) -> int:
        """The same for every session; how many questions had been overlooked."""
        return self._connection.execute(WAKE_ALL).rowcount

    def purge(self, retention_seconds: float) -> int:
        """Remove tasks of closed sessions that ended longer ago than the retention.

        A task that a delivery tells of stays as long as the delivery, which holds no result.
        """
        closed = select(sessions.c.id).where(
            sessions.c.id == tasks.c.session_id, sessions.c.state == SessionState.CLOSED
        )
        done = delete(tasks).where(
            tasks.c.status.in_(TERMINAL_STATUSES),
            tasks.c.finished_at < now() - retention_seconds,
            closed.exists(),
            ~exists().where(deliveries.c.task_id == tasks.c.id),
        )
        return self._connection.execute(done).rowcount


def lane_kind(lane: str) -> TaskKind:
    """The kind of the tasks in a lane."""
    return TaskKind(lane.partition("/")[0])


def _has_nothing_before_it() -> ColumnElement[bool]:
    """A question waits for the documents and the questions that came before it."""
    session = bindparam("of_session", type_=String)
    unread = exists().where(
        documents.c.session_id == session, documents.c.state == DocumentState.RECEIVED
    )
    unanswered = exists().where(
        tasks.c.session_id == session,
        tasks.c.kind == TaskKind.ANSWER,
        tasks.c.status.in_(OPEN_STATUSES),
    )
    return and_(~unread, ~unanswered)


def _waits_for_nothing() -> ColumnElement[bool]:
    """A question that is not marked as ready, though all that it waited for has ended."""
    earlier = tasks.alias("earlier")
    unread = exists().where(
        documents.c.session_id == tasks.c.session_id,
        documents.c.state == DocumentState.RECEIVED,
        documents.c.created_at <= tasks.c.created_at,
    )
    unanswered = exists().where(
        earlier.c.session_id == tasks.c.session_id,
        earlier.c.kind == TaskKind.ANSWER,
        earlier.c.status.in_(OPEN_STATUSES),
        earlier.c.seq < tasks.c.seq,
    )
    waits = and_(tasks.c.status == TaskStatus.QUEUED, tasks.c.ready.is_(False))
    return and_(waits, ~unread, ~unanswered)


# Made once: to put a statement together takes longer than to execute it.
_NEW = insert(tasks).values(
    status=TaskStatus.QUEUED,
    created_at=now(),
    run_at=now(),
    deadline_at=now() + bindparam("deadline_seconds", type_=Double),
)
ADD, ADD_ANSWER = _NEW.values(ready=True), _NEW.values(ready=_has_nothing_before_it())
FIND = select(*TASK_COLUMNS).where(
    tasks.c.id == bindparam("task_id", type_=String),
    tasks.c.tenant_id == bindparam("of_tenant", type_=String),
)
_MINE = tasks.alias("mine")
_BEFORE_MINE = and_(
    tasks.c.tenant_id == _MINE.c.tenant_id,
    tasks.c.status == TaskStatus.QUEUED,
    tasks.c.kind != TaskKind.DELIVER,
    tasks.c.seq < _MINE.c.seq,
)
POSITION = (
    select(func.count(tasks.c.seq))
    .select_from(_MINE.outerjoin(tasks, _BEFORE_MINE))
    .where(_MINE.c.id == bindparam("task_id", type_=String), _MINE.c.status == TaskStatus.QUEUED)
    .group_by(_MINE.c.seq)
)
UNFINISHED = select(tasks.c.id).where(
    tasks.c.id.in_(bindparam("task_ids", expanding=True)), tasks.c.status.in_(OPEN_STATUSES)
)
WAKE_ALL = update(tasks).where(_waits_for_nothing()).values(ready=True)
WAKE = WAKE_ALL.where(tasks.c.session_id == bindparam("of_session", type_=String))


def to_task(row: Row[Any]) -> Task:
    """The value of a row that was selected by TASK_COLUMNS."""
    return _task_of(dict(row._mapping))


def to_claim(row: RowMapping) -> Claim:
    values = dict(row)
    fence, seconds_left = int(values.pop("fence")), float(values.pop("seconds_left"))
    return Claim(_task_of(values), fence, seconds_left)


def _task_of(values: dict[str, Any]) -> Task:
    known = {"kind": TaskKind(values["kind"]), "status": TaskStatus(values["status"])}
    progress = values["progress"]
    return Task(**{**values, **known, "progress": progress and Progress(**progress)})
