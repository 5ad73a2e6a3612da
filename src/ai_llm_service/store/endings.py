"""Ends of tasks: the one move that is never taken back. Each tells whether it was made."""

from sqlalchemy import ColumnElement, Connection, update

from ai_llm_service.domain import Claim
from ai_llm_service.store.claims import held_by
from ai_llm_service.store.clock import now
from ai_llm_service.store.tables import tasks
from ai_llm_service.store.tasks import OPEN_STATUSES, Ending


class Endings:
    """The moves to a terminal state."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_holder(self, claim: Claim, ending: Ending) -> bool:
        """The worker that holds the task ends it."""
        return self._end(ending, *held_by(claim.task.id, claim.fence))

    def of_lost(self, claim: Claim, ending: Ending) -> bool:
        """A task ends whose lease has expired and is still not renewed."""
        held = held_by(claim.task.id, claim.fence)
        return self._end(ending, *held, tasks.c.lease_until < now())

    def of_overdue(self, claim: Claim, ending: Ending) -> bool:
        """A task ends whose deadline has passed, whoever works on it."""
        return self._end(
            ending,
            tasks.c.id == claim.task.id,
            tasks.c.status.in_(OPEN_STATUSES),
            tasks.c.deadline_at < now(),
        )

    def of_cancelled(self, task_id: str, ending: Ending) -> bool:
        """A task ends that is not finished yet, whoever works on it."""
        return self._end(ending, tasks.c.id == task_id, tasks.c.status.in_(OPEN_STATUSES))

    def _end(self, ending: Ending, *guards: ColumnElement[bool]) -> bool:
        statement = (
            update(tasks)
            .where(*guards)
            .values(
                status=ending.status,
                result=ending.result,
                error_code=ending.error_code,
                error_detail=ending.error_detail,
                error_hint=ending.error_hint,
                reason=None,
                finished_at=now(),
                owner=None,
                lease_until=None,
            )
        )
        return self._connection.execute(statement).rowcount == 1
