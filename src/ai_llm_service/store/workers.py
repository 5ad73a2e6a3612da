"""Which worker processes are alive: each says so with its heartbeat."""

from sqlalchemy import Connection, delete, func, insert, select, update

from ai_llm_service.store.clock import now
from ai_llm_service.store.tables import workers


class Workers:
    """The rows of workers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def see(self, owner: str) -> None:
        """The worker is alive now."""
        seen = update(workers).where(workers.c.owner == owner).values(seen_at=now())
        if not self._connection.execute(seen).rowcount:
            self._connection.execute(insert(workers).values(owner=owner, seen_at=now()))

    def alive(self, within_seconds: float) -> int:
        """How many workers were seen lately."""
        return self._connection.execute(
            select(func.count()).where(workers.c.seen_at > now() - within_seconds)
        ).scalar_one()

    def forget(self, silent_seconds: float) -> None:
        """Remove the workers that have been silent for so long."""
        self._connection.execute(delete(workers).where(workers.c.seen_at < now() - silent_seconds))
