"""Steps: one query of a task. An answer that is known is kept, whoever holds the task now."""

from typing import Any

from sqlalchemy import Connection, Row, select, update
from sqlalchemy.sql import exists

from ai_llm_service.domain import Claim, Json, Step, StepState, TaskStatus, Turn
from ai_llm_service.errors import ServiceError
from ai_llm_service.store.clock import now
from ai_llm_service.store.tables import steps, tasks

STEP_COLUMNS = [steps.c[name] for name in Step.__dataclass_fields__]


class Steps:
    """The rows of steps."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_task(self, task_id: str) -> tuple[Step, ...]:
        rows = self._connection.execute(
            select(*STEP_COLUMNS).where(steps.c.task_id == task_id).order_by(steps.c.number)
        )
        return tuple(_to_step(row) for row in rows)

    def intend(self, claim: Claim, number: int) -> Step | None:
        """Record that the query is about to be asked; None when the claim is lost."""
        held = exists().where(
            tasks.c.id == steps.c.task_id,
            tasks.c.fence == claim.fence,
            tasks.c.status == TaskStatus.IN_PROGRESS,
        )
        row = self._connection.execute(
            update(steps)
            .where(
                steps.c.task_id == claim.task.id,
                steps.c.number == number,
                steps.c.answered_at.is_(None),
                held,
            )
            .values(state=StepState.ASKING, attempt=steps.c.attempt + 1, intent_at=now())
            .returning(*STEP_COLUMNS)
        ).one_or_none()
        return _to_step(row) if row else None

    def record(self, task_id: str, number: int, answer: Json) -> bool:
        """Keep a paid answer, even when its worker has lost the task meanwhile."""
        statement = (
            update(steps)
            .where(
                steps.c.task_id == task_id,
                steps.c.number == number,
                steps.c.answered_at.is_(None),
            )
            .values(
                state=StepState.ANSWERED,
                answer=answer,
                answered_at=now(),
                error_code=None,
                error_detail=None,
                error_hint=None,
            )
        )
        return self._connection.execute(statement).rowcount == 1

    def fail(self, claim: Claim, number: int, error: ServiceError, *, final: bool) -> None:
        """Keep why the query has no answer; only a final failure is never asked again."""
        self._connection.execute(
            update(steps)
            .where(
                steps.c.task_id == claim.task.id,
                steps.c.number == number,
                steps.c.answered_at.is_(None),
            )
            .values(
                state=StepState.FAILED if final else StepState.WAITING,
                error_code=error.code,
                error_detail=error.message,
                error_hint=error.advice,
            )
        )

    def turns(
        self, session_id: str, before_task: str, *, with_own: bool = True
    ) -> tuple[Turn, ...]:
        """The answered queries of a session before a task, in the order of asking.

        `with_own` adds those of the task itself.
        """
        limit = select(tasks.c.seq).where(tasks.c.id == before_task).scalar_subquery()
        before = tasks.c.seq <= limit if with_own else tasks.c.seq < limit
        rows = self._connection.execute(
            select(steps.c.query, steps.c.answer)
            .join(tasks, tasks.c.id == steps.c.task_id)
            .where(
                tasks.c.session_id == session_id,
                before,
                steps.c.state == StepState.ANSWERED,
            )
            .order_by(tasks.c.seq, steps.c.number)
        )
        return tuple(Turn(question=query, answer=answer["text"]) for query, answer in rows)


def _to_step(row: Row[Any]) -> Step:
    values = dict(row._mapping)
    return Step(**{**values, "state": StepState(values["state"])})
