"""The claims that this process holds, and the heartbeat that keeps them."""

import threading
import time

from ai_llm_service.domain import Claim
from ai_llm_service.store.database import Database
from ai_llm_service.store.store import Store


class Leases:
    """One per process; `beat` is called every third of a lease."""

    def __init__(self, database: Database, owner: str, lease_seconds: float) -> None:
        self.seconds = lease_seconds
        self._owner = owner
        self._database = database
        self._lock = threading.Lock()
        self._overdue_from: dict[str, float] = {}

    def claim(self, task_id: str) -> Claim | None:
        """Take the task and keep its lease alive, or None when it can't be had."""
        with self._database.transaction("task.claim") as store:
            claim = store.claims.claim(task_id, self._owner, self.seconds)
        if claim is not None:
            with self._lock:
                self._overdue_from[task_id] = time.monotonic() + claim.seconds_left
        return claim

    def renew(self, store: Store, claim: Claim) -> None:
        """Extend one lease within a transaction of its holder."""
        store.claims.renew(self._owner, [claim.task.id], self.seconds)

    def drop(self, claim: Claim) -> None:
        """Renew this claim no more."""
        with self._lock:
            self._overdue_from.pop(claim.task.id, None)

    def overdue(self) -> int:
        """How many threads are still busy with a task whose deadline has passed."""
        now = time.monotonic()
        with self._lock:
            return sum(overdue_from <= now for overdue_from in self._overdue_from.values())

    def in_time(self) -> int:
        """How many threads are busy with a task that still has time."""
        with self._lock:
            held = len(self._overdue_from)
        return held - self.overdue()

    def beat(self) -> float:
        """Show that this worker lives and renew the leases that have time; seconds to rest."""
        now = time.monotonic()
        with self._lock:
            held = sorted(task for task, until in self._overdue_from.items() if until > now)
        with self._database.transaction("lease.renew") as store:
            store.workers.see(self._owner)
            if held:
                store.claims.renew(self._owner, held, self.seconds)
        return self.seconds / 3
