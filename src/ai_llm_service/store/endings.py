"""Ends of tasks: the one move that is never taken back. Each tells whether it was made."""

from typing import Any

from sqlalchemy import JSON, Connection, String, Text, Update, bindparam, update

from ai_llm_service.domain import Claim
from ai_llm_service.store.claims import HELD, held_by
from ai_llm_service.store.clock import now
from ai_llm_service.store.tables import tasks
from ai_llm_service.store.tasks import OPEN_STATUSES, Ending

# Made once: to put a statement together takes longer than to execute it.
END = update(tasks).values(
    status=bindparam("end_status", type_=String),
    result=bindparam("end_result", type_=JSON),
    error_code=bindparam("end_code", type_=String),
    error_detail=bindparam("end_detail", type_=Text),
    error_hint=bindparam("end_hint", type_=Text),
    reason=None,
    finished_at=now(),
    owner=None,
    lease_until=None,
)
UNFINISHED = END.where(
    tasks.c.id == bindparam("task_id", type_=String), tasks.c.status.in_(OPEN_STATUSES)
)
BY_HOLDER = END.where(*HELD)
OF_LOST = BY_HOLDER.where(tasks.c.lease_until < now())
OF_OVERDUE = UNFINISHED.where(tasks.c.deadline_at < now())


class Endings:
    """The moves to a terminal state."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_holder(self, claim: Claim, ending: Ending) -> bool:
        """The worker that holds the task ends it."""
        return self._end(BY_HOLDER, held_by(claim), ending)

    def of_lost(self, claim: Claim, ending: Ending) -> bool:
        """A task ends whose lease has expired and is still not renewed."""
        return self._end(OF_LOST, held_by(claim), ending)

    def of_overdue(self, claim: Claim, ending: Ending) -> bool:
        """A task ends whose deadline has passed, whoever works on it."""
        return self._end(OF_OVERDUE, {"task_id": claim.task.id}, ending)

    def of_cancelled(self, task_id: str, ending: Ending) -> bool:
        """A task ends that is not finished yet, whoever works on it."""
        return self._end(UNFINISHED, {"task_id": task_id}, ending)

    def _end(self, statement: Update, which: dict[str, Any], ending: Ending) -> bool:
        values = {
            "end_status": ending.status,
            "end_result": ending.result,
            "end_code": ending.error_code,
            "end_detail": ending.error_detail,
            "end_hint": ending.error_hint,
        }
        return self._connection.execute(statement, {**which, **values}).rowcount == 1
