"""Steps: one query of a task. An answer that is known is kept, whoever holds the task now."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import JSON, Connection, Integer, Row, Select, String, bindparam, select, update
from sqlalchemy.sql import exists

from ai_llm_service.domain import Claim, Json, Step, StepState, TaskStatus, Turn
from ai_llm_service.errors import ServiceError
from ai_llm_service.store.clock import now
from ai_llm_service.store.tables import steps, tasks

STEP_COLUMNS = [steps.c[name] for name in Step.__dataclass_fields__]
TASK = bindparam("of_task", type_=String)
UNANSWERED = (
    steps.c.task_id == TASK,
    steps.c.number == bindparam("of_number", type_=Integer),
    steps.c.answered_at.is_(None),
)
# Made once: to put a statement together takes longer than to execute it.
OF_TASK = select(*STEP_COLUMNS).where(steps.c.task_id == TASK).order_by(steps.c.number)
INTEND = (
    update(steps)
    .where(
        *UNANSWERED,
        exists().where(
            tasks.c.id == steps.c.task_id,
            tasks.c.fence == bindparam("claim_fence", type_=Integer),
            tasks.c.status == TaskStatus.IN_PROGRESS,
        ),
    )
    .values(state=StepState.ASKING, attempt=steps.c.attempt + 1, intent_at=now())
    .returning(*STEP_COLUMNS)
)
KEEP_BOOKMARK = (
    update(steps).where(*UNANSWERED).values(bookmark=bindparam("new_bookmark", type_=JSON))
)
RECORD = (
    update(steps)
    .where(*UNANSWERED)
    .values(
        state=StepState.ANSWERED,
        answer=bindparam("new_answer", type_=JSON),
        answered_at=now(),
        error_code=None,
        error_detail=None,
        error_hint=None,
    )
)


OF_SESSION = (
    select(steps.c.query, steps.c.answer)
    .join(tasks, tasks.c.id == steps.c.task_id)
    .where(
        tasks.c.session_id == bindparam("of_session", type_=String),
        steps.c.state == StepState.ANSWERED,
    )
    .order_by(tasks.c.seq, steps.c.number)
)


def _turns(*, with_own: bool) -> Select[tuple[str, Any]]:
    limit = select(tasks.c.seq).where(tasks.c.id == TASK).scalar_subquery()
    return OF_SESSION.where(tasks.c.seq <= limit if with_own else tasks.c.seq < limit)


TURNS, TURNS_WITH_OWN = _turns(with_own=False), _turns(with_own=True)


class Steps:
    """The rows of steps."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_task(self, task_id: str) -> tuple[Step, ...]:
        rows = self._connection.execute(OF_TASK, {"of_task": task_id})
        return tuple(_to_step(row) for row in rows)

    def intend(self, claim: Claim, number: int) -> Step | None:
        """Record that the query is about to be asked; None when the claim is lost."""
        given = {"of_task": claim.task.id, "of_number": number, "claim_fence": claim.fence}
        row = self._connection.execute(INTEND, given).one_or_none()
        return _to_step(row) if row else None

    def keep_bookmark(self, task_id: str, number: int, bookmark: Json) -> None:
        """Keep what is read for the query, so that it is read again after a crash."""
        given = {"of_task": task_id, "of_number": number, "new_bookmark": bookmark}
        self._connection.execute(KEEP_BOOKMARK, given)

    def record(self, task_id: str, number: int, answer: Json) -> bool:
        """Keep a paid answer, even when its worker has lost the task meanwhile."""
        given = {"of_task": task_id, "of_number": number, "new_answer": answer}
        return self._connection.execute(RECORD, given).rowcount == 1

    def fail(
        self, claim: Claim, number: int, error: ServiceError, *, attempt: int, final: bool
    ) -> None:
        """Keep why the query has no answer; only a final failure is never asked again."""
        self._connection.execute(
            update(steps)
            .where(*UNANSWERED)
            .values(
                state=StepState.FAILED if final else StepState.WAITING,
                attempt=attempt,
                error_code=error.code,
                error_detail=error.message,
                error_hint=error.advice,
            ),
            {"of_task": claim.task.id, "of_number": number},
        )

    def turns(
        self, session_id: str, before_task: str, *, with_own: bool = True
    ) -> tuple[Turn, ...]:
        """The answered queries of a session before a task, in the order of asking.

        `with_own` adds those of the task itself.
        """
        statement = TURNS_WITH_OWN if with_own else TURNS
        given = {"of_session": session_id, "of_task": before_task}
        return _to_turns(self._connection.execute(statement, given))

    def turns_of_session(self, session_id: str) -> tuple[Turn, ...]:
        """All answered queries of a session, in the order of asking."""
        return _to_turns(self._connection.execute(OF_SESSION, {"of_session": session_id}))


def _to_turns(rows: Iterable[Row[Any]]) -> tuple[Turn, ...]:
    return tuple(Turn(question=row.query, answer=row.answer["text"]) for row in rows)


def _to_step(row: Row[Any]) -> Step:
    values = dict(row._mapping)
    return Step(**{**values, "state": StepState(values["state"])})
