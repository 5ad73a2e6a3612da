"""What providers write in the background: known from its submission until it is removed there."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, exists, insert, select

from ai_llm_service.domain import Call, CallState
from ai_llm_service.store.clock import now
from ai_llm_service.store.tables import tasks
from ai_llm_service.store.tables_calls import background_responses, calls
from ai_llm_service.store.tasks import OPEN_STATUSES


@dataclass(frozen=True, slots=True)
class LeftResponse:
    """A response that nobody will collect, or that is ours already."""

    reference: str
    model: str
    task_id: str


class BackgroundResponses:
    """The rows of responses at providers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, call: Call, reference: str) -> None:
        """The response was submitted; a commit that is repeated changes nothing."""
        known = select(background_responses.c.reference).where(
            background_responses.c.reference == reference
        )
        if self._connection.execute(known).one_or_none() is None:
            self._connection.execute(
                insert(background_responses).values(
                    reference=reference,
                    model=call.model,
                    task_id=call.task_id,
                    submitted_at=now(),
                )
            )

    def left(self, limit: int) -> tuple[LeftResponse, ...]:
        """Those for which no call of a task that goes on is waiting, the oldest first."""
        waits = exists().where(
            calls.c.task_id == background_responses.c.task_id,
            calls.c.provider_ref == background_responses.c.reference,
            calls.c.state == CallState.ASKING,
            tasks.c.id == calls.c.task_id,
            tasks.c.status.in_(OPEN_STATUSES),
        )
        columns = [background_responses.c[name] for name in LeftResponse.__dataclass_fields__]
        rows = self._connection.execute(
            select(*columns)
            .where(~waits)
            .order_by(background_responses.c.submitted_at)
            .limit(limit)
        )
        return tuple(LeftResponse(**row._mapping) for row in rows)

    def forget(self, reference: str) -> None:
        """It is removed at the provider."""
        self._connection.execute(
            delete(background_responses).where(background_responses.c.reference == reference)
        )

    def forget_older(self, seconds: float) -> None:
        """Providers keep a response for so long at most."""
        self._connection.execute(
            delete(background_responses).where(
                background_responses.c.submitted_at < now() - seconds
            )
        )
