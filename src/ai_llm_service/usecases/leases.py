"""The claims that this process holds, and the heartbeat that keeps them."""

import threading

from ai_llm_service.domain import Claim
from ai_llm_service.store.database import Database


class Leases:
    """One per process; `beat` is called every third of a lease."""

    def __init__(self, database: Database, owner: str, lease_seconds: float) -> None:
        self.owner = owner
        self.seconds = lease_seconds
        self._database = database
        self._lock = threading.Lock()
        self._held: set[str] = set()

    def claim(self, task_id: str) -> Claim | None:
        """Take the task and keep its lease alive, or None when it can't be had."""
        with self._database.transaction() as store:
            claim = store.claims.claim(task_id, self.owner, self.seconds)
        if claim is not None:
            with self._lock:
                self._held.add(task_id)
        return claim

    def drop(self, claim: Claim) -> None:
        """Renew this claim no more."""
        with self._lock:
            self._held.discard(claim.task.id)

    def beat(self) -> float:
        """Renew all leases in one statement and forget those that are lost; seconds to rest."""
        with self._lock:
            held = sorted(self._held)
        if held:
            with self._database.transaction() as store:
                kept = store.claims.renew(self.owner, held, self.seconds)
            with self._lock:
                self._held -= set(held) - kept
        return self.seconds / 3
