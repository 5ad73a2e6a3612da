"""What a process has in memory of sessions that were closed goes, whoever closed them."""

from typing import Protocol

from ai_llm_service.store.database import Database


class Memory(Protocol):
    """What is cached of sessions."""

    def held(self) -> set[str]:
        """The sessions of which something is there."""
        ...

    def forget(self, session_id: str) -> None:
        """Drop all of it."""
        ...


class Remembering:
    """Looks from time to time whether the sessions are open that a process holds something of."""

    def __init__(self, database: Database, memory: Memory, rest_seconds: float) -> None:
        self._database = database
        self._memory = memory
        self._rest_seconds = rest_seconds

    def look(self) -> float:
        """Forget what is closed; how long to rest then."""
        held = self._memory.held()
        if held:
            with self._database.snapshot() as store:
                closed = held - store.sessions.open_of(held)
            for session_id in closed:
                self._memory.forget(session_id)
        return self._rest_seconds
