"""Sessions: each look-up names the tenant, so another's does not exist."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    Row,
    String,
    bindparam,
    delete,
    insert,
    or_,
    select,
    update,
)

from ai_llm_service.domain import FileSearchName, Session, SessionState, TaskStatus
from ai_llm_service.store.clock import now
from ai_llm_service.store.ids import is_id
from ai_llm_service.store.tables import sessions, tasks

# Made once: to put a statement together takes longer than to execute it.
ONE = sessions.c.id == bindparam("of_session", type_=String)
LOCK = select(sessions.c.id).where(ONE).with_for_update()
USE = (
    update(sessions)
    .where(
        ONE,
        sessions.c.tenant_id == bindparam("of_tenant", type_=String),
        sessions.c.state == SessionState.OPEN,
        sessions.c.expires_at > now(),
    )
    .values(expires_at=now() + bindparam("ttl_seconds", type_=Double))
    .returning(sessions)
)


class Sessions:
    """The rows of sessions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def open(self, session_id: str, tenant_id: str, ttl_seconds: float) -> None:
        self._connection.execute(
            insert(sessions).values(
                id=session_id,
                tenant_id=tenant_id,
                state=SessionState.OPEN,
                created_at=now(),
                expires_at=now() + ttl_seconds,
            )
        )

    def open_closed(self, session_id: str, tenant_id: str) -> None:
        """A session without documents, closed from the first: what a task without one stands in.

        It goes with the task, as every closed session goes with its last task.
        """
        self._connection.execute(
            insert(sessions).values(
                id=session_id,
                tenant_id=tenant_id,
                state=SessionState.CLOSED,
                created_at=now(),
                expires_at=now(),
                closed_at=now(),
            )
        )

    def find(self, tenant_id: str, session_id: str) -> Session | None:
        """The tenant's session, whatever its state."""
        if not is_id(session_id):
            return None
        row = self._connection.execute(
            select(sessions).where(sessions.c.id == session_id, sessions.c.tenant_id == tenant_id)
        ).one_or_none()
        return _to_session(row) if row else None

    def use(self, tenant_id: str, session_id: str, ttl_seconds: float) -> Session | None:
        """Put off the expiry of an open session; None when there is no such open session.

        The row stays locked until the transaction ends, so work can't be added to a session
        while it closes.
        """
        if not is_id(session_id):
            return None
        given = {"of_session": session_id, "of_tenant": tenant_id, "ttl_seconds": ttl_seconds}
        row = self._connection.execute(USE, given).one_or_none()
        return _to_session(row) if row else None

    def lock(self, session_id: str) -> None:
        """Let no other transaction add work to the session until this one ends."""
        self._connection.execute(LOCK, {"of_session": session_id})

    def keep_instructions(self, session_id: str, instructions: str) -> None:
        """Remember the first instructions of a session; later ones serve their own query."""
        self._connection.execute(
            update(sessions)
            .where(sessions.c.id == session_id, sessions.c.instructions.is_(None))
            .values(instructions=instructions)
        )

    def choose(
        self, session_id: str, model: str | None, file_search: FileSearchName | None
    ) -> None:
        """Who serves the session's queries from now on; None leaves it as it is."""
        chosen = {"model": model, "file_search": file_search}
        given = {name: value for name, value in chosen.items() if value is not None}
        if given:
            self._connection.execute(
                update(sessions).where(sessions.c.id == session_id).values(**given)
            )

    def begin_close(self, tenant_id: str, session_id: str, task_id: str) -> bool:
        """Whether this task is the one that closes the session."""
        if not is_id(session_id):
            return False
        statement = (
            update(sessions)
            .where(
                sessions.c.id == session_id,
                sessions.c.tenant_id == tenant_id,
                or_(sessions.c.state == SessionState.OPEN, _close_failed()),
            )
            .values(state=SessionState.CLOSING, close_task_id=task_id)
        )
        return self._connection.execute(statement).rowcount == 1

    def end_close(self, session_id: str) -> None:
        self._connection.execute(
            update(sessions)
            .where(sessions.c.id == session_id)
            .values(state=SessionState.CLOSED, closed_at=now(), instructions=None)
        )

    def open_of(self, session_ids: Iterable[str]) -> set[str]:
        """Those of some sessions that are open."""
        among = select(sessions.c.id).where(
            sessions.c.id.in_(session_ids), sessions.c.state == SessionState.OPEN
        )
        return set(self._connection.execute(among).scalars())

    def page(self, tenant_id: str, limit: int, before: float | None) -> list[Session]:
        """The tenant's open sessions, the newest first, made before a time."""
        statement = select(sessions).where(
            sessions.c.tenant_id == tenant_id, sessions.c.state == SessionState.OPEN
        )
        if before is not None:
            statement = statement.where(sessions.c.created_at < before)
        rows = self._connection.execute(
            statement.order_by(sessions.c.created_at.desc()).limit(limit)
        )
        return [_to_session(row) for row in rows]

    def due_to_close(self, limit: int) -> list[Session]:
        """Open sessions past their expiry, and those whose close did not succeed."""
        rows = self._connection.execute(
            select(sessions)
            .where(
                or_(
                    (sessions.c.state == SessionState.OPEN) & (sessions.c.expires_at < now()),
                    _close_failed(),
                )
            )
            .limit(limit)
        )
        return [_to_session(row) for row in rows]

    def purge(self) -> int:
        """Remove closed sessions of which no task is kept any more."""
        kept = select(tasks.c.seq).where(tasks.c.session_id == sessions.c.id).exists()
        done = delete(sessions).where(sessions.c.state == SessionState.CLOSED, ~kept)
        return self._connection.execute(done).rowcount


def _close_failed() -> ColumnElement[bool]:
    failed = select(tasks.c.seq).where(
        tasks.c.id == sessions.c.close_task_id,
        tasks.c.status.in_([TaskStatus.FAILED, TaskStatus.CANCELLED]),
    )
    return (sessions.c.state == SessionState.CLOSING) & failed.exists()


def _to_session(row: Row[Any]) -> Session:
    values = {name: row._mapping[name] for name in Session.__dataclass_fields__}
    chosen = values["file_search"]
    return Session(
        **{
            **values,
            "state": SessionState(values["state"]),
            "file_search": FileSearchName(chosen) if chosen else None,
        }
    )
