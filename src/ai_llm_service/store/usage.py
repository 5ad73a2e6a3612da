"""The usage ledger: one entry for each call to a provider that was paid, or may have been."""

from sqlalchemy import Connection, func, insert, select

from ai_llm_service.domain import CallOutcome, Step, Task, Usage
from ai_llm_service.store.clock import now
from ai_llm_service.store.tables import usage_entries

NOTHING_KNOWN = Usage()


class UsageEntries:
    """The rows of the ledger; they are only added to."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self,
        task: Task,
        step: Step,
        outcome: CallOutcome,
        usage: Usage = NOTHING_KNOWN,
        *,
        model: str | None = None,
    ) -> None:
        self._connection.execute(
            insert(usage_entries).values(
                tenant_id=task.tenant_id,
                session_id=task.session_id,
                task_id=task.id,
                step=step.number,
                attempt=step.attempt,
                outcome=outcome,
                model=model,
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                created_at=now(),
            )
        )

    def count(self, task_id: str, outcome: CallOutcome) -> int:
        """How many calls for a task came out so."""
        return self._connection.execute(
            select(func.count()).where(
                usage_entries.c.task_id == task_id, usage_entries.c.outcome == outcome
            )
        ).scalar_one()
