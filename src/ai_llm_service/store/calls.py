"""The journal of calls. A generation that is known is kept, whoever holds the task now."""

from typing import Any

from sqlalchemy import (
    JSON,
    Connection,
    Double,
    Integer,
    Row,
    String,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from ai_llm_service.domain import Call, CallState, Json
from ai_llm_service.store.clock import now
from ai_llm_service.store.tables_calls import calls

COLUMNS = [calls.c[name] for name in Call.__dataclass_fields__]
TASK = bindparam("of_task", type_=String)
STEP = bindparam("of_step", type_=Integer)
KEY = bindparam("of_key", type_=String)
IT = (calls.c.task_id == TASK, calls.c.step == STEP, calls.c.key == KEY)
COST = bindparam("new_cost", type_=Double)
MODEL = bindparam("new_model", type_=String)
# Made once: to put a statement together takes longer than to execute it.
FIND = select(*COLUMNS).where(*IT)
OF_STEP = (
    select(*COLUMNS)
    .where(calls.c.task_id == TASK, calls.c.step == STEP)
    .order_by(calls.c.intent_at)
)
ASK_AGAIN = (
    update(calls)
    .where(*IT, calls.c.answered_at.is_(None))
    .values(
        state=CallState.ASKING,
        attempt=bindparam("new_attempt", type_=Integer),
        model=MODEL,
        cost=COST,
        intent_at=now(),
    )
    .returning(*COLUMNS)
)
ASK_FIRST = insert(calls).values(state=CallState.ASKING, intent_at=now())
ANSWER = (
    update(calls)
    .where(*IT, calls.c.answered_at.is_(None))
    .values(
        state=CallState.ANSWERED,
        model=MODEL,
        generation=bindparam("new_generation", type_=JSON),
        cost=COST,
        answered_at=now(),
    )
)
FORGET = delete(calls).where(calls.c.task_id == TASK, calls.c.state != CallState.ASKING)
COMMITTED_COST = select(func.coalesce(func.sum(calls.c.cost), 0)).where(
    calls.c.task_id == TASK, or_(calls.c.step != STEP, calls.c.key != KEY)
)


class Calls:
    """The rows of calls."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of_step(self, task_id: str, step: int) -> tuple[Call, ...]:
        rows = self._connection.execute(OF_STEP, {"of_task": task_id, "of_step": step})
        return tuple(_to_call(row) for row in rows)

    def intend(self, call: Call) -> Call:
        """Record that the provider is about to be asked.

        What comes back is the answered call instead, where its generation came in meanwhile.
        """
        asked = {
            **_named(call),
            "new_attempt": call.attempt,
            "new_model": call.model,
            "new_cost": call.cost,
        }
        row = self._connection.execute(ASK_AGAIN, asked).one_or_none()
        if row is not None:
            return _to_call(row)
        known = self._connection.execute(FIND, _named(call)).one_or_none()
        if known is not None:
            return _to_call(known)
        names = ("task_id", "step", "key", "model", "attempt", "cost")
        self._connection.execute(ASK_FIRST, {name: getattr(call, name) for name in names})
        return call

    def keep_ref(self, call: Call, reference: str) -> None:
        """Where the provider keeps what it writes; kept before anybody waits for it."""
        self._connection.execute(
            update(calls).where(*IT, calls.c.answered_at.is_(None)).values(provider_ref=reference),
            _named(call),
        )

    def answer(self, call: Call, generation: Json, cost: float | None) -> bool:
        """Keep a paid generation, even when its worker has lost the task meanwhile."""
        answered = {
            **_named(call),
            "new_model": call.model,
            "new_generation": generation,
            "new_cost": cost,
        }
        return self._connection.execute(ANSWER, answered).rowcount == 1

    def fail(self, call: Call, *, may_be_paid: bool, code: str | None = None) -> bool:
        """Nothing comes of this attempt; False where that was known before.

        What the provider kept of it is given up. An attempt of a later claim is not touched.
        """
        statement = (
            update(calls)
            .where(*IT, calls.c.state == CallState.ASKING, calls.c.attempt == call.attempt)
            .values(
                state=CallState.FAILED,
                provider_ref=None,
                error_code=code,
                cost=calls.c.cost if may_be_paid else 0,
            )
        )
        return self._connection.execute(statement, _named(call)).rowcount == 1

    def waiting_for(self, task_id: str, reference: str) -> Call | None:
        """The call that would have collected this response."""
        row = self._connection.execute(
            select(*COLUMNS).where(
                calls.c.task_id == task_id,
                calls.c.provider_ref == reference,
                calls.c.state == CallState.ASKING,
            )
        ).one_or_none()
        return None if row is None else _to_call(row)

    def forget(self, task_id: str) -> None:
        """The task has ended, and what its calls wrote is needed no more; the ledger stays.

        A call that is under way holds no text yet; its row tells that it was made.
        """
        self._connection.execute(FORGET, {"of_task": task_id})

    def under_way(self, task_id: str) -> tuple[Call, ...]:
        rows = self._connection.execute(
            select(*COLUMNS).where(calls.c.task_id == task_id, calls.c.state == CallState.ASKING)
        )
        return tuple(_to_call(row) for row in rows)

    def committed_cost(self, task_id: str, but: Call) -> float:
        """What a task's other calls cost; those under way count with the most they may cost."""
        others = {**_named(but), "of_task": task_id}
        return float(self._connection.execute(COMMITTED_COST, others).scalar_one())


def _named(call: Call) -> dict[str, Any]:
    """What the condition IT is to be told."""
    return {"of_task": call.task_id, "of_step": call.step, "of_key": call.key}


def _to_call(row: Row[Any]) -> Call:
    values = dict(row._mapping)
    return Call(**{**values, "state": CallState(values["state"])})
