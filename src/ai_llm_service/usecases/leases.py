"""The claims that this process holds, and the heartbeat that keeps them."""

import threading
import time
from dataclasses import dataclass

from ai_llm_service.domain import Claim
from ai_llm_service.errors import ClaimLost
from ai_llm_service.store.database import Database
from ai_llm_service.store.store import Store
from ai_llm_service.usecases.insist import insist

# Of a lease, so much may pass before it is doubted: what is left is for the clocks and the call.
TRUSTED_SHARE = 0.8
Key = tuple[str, int]


@dataclass(slots=True)
class _Held:
    """A claim of this process: when its task is due, and until when its lease surely runs."""

    overdue_from: float
    trusted_until: float
    lost: bool = False


class Leases:
    """One per process; `beat` is called every third of a lease."""

    def __init__(self, database: Database, owner: str, lease_seconds: float) -> None:
        self.seconds = lease_seconds
        self._owner = owner
        self._database = database
        self._lock = threading.Lock()
        # By task and fence: the same process may claim a task that it has lost before.
        self._held: dict[Key, _Held] = {}

    def claim(self, task_id: str) -> Claim | None:
        """Take the task and keep its lease alive, or None when it can't be had."""
        trusted_until = self._trusted_from_now()
        with self._database.transaction("task.claim") as store:
            claim = store.claims.claim(task_id, self._owner, self.seconds)
        if claim is not None:
            held = _Held(elapsed() + claim.seconds_left, trusted_until)
            with self._lock:
                self._held[_key(claim)] = held
        return claim

    def renew(self, store: Store, claim: Claim) -> None:
        """Extend one lease within a transaction of its holder."""
        trusted_until = self._trusted_from_now()
        keys = [_key(claim)]
        self._note(keys, self._renewed(store, keys), trusted_until)

    def ensure(self, claim: Claim) -> None:
        """Return if this claim surely stands now, or raise ClaimLost.

        For just before what is paid: a process that was frozen since its last write finds here
        that its lease has grown old, and asks the database.
        """
        if not self._is_trusted(claim):
            insist(lambda: self._confirm(claim))
        if not self._is_trusted(claim):
            raise ClaimLost

    def confirm(self, claim: Claim) -> None:
        """Ask the database whether the claim holds; ClaimLost."""
        insist(lambda: self._confirm(claim))

    def seconds_left(self, claim: Claim) -> float:
        """Until the deadline of its task; none for a claim that was dropped."""
        with self._lock:
            held = self._held.get(_key(claim))
        return 0.0 if held is None else held.overdue_from - elapsed()

    def drop(self, claim: Claim) -> None:
        """Renew this claim no more."""
        with self._lock:
            self._held.pop(_key(claim), None)

    def overdue(self) -> int:
        """How many threads are still busy with a task whose deadline has passed."""
        now = elapsed()
        with self._lock:
            return sum(held.overdue_from <= now for held in self._held.values())

    def in_time(self) -> int:
        """How many threads are busy with a task that still has time."""
        with self._lock:
            held = len(self._held)
        return held - self.overdue()

    def beat(self) -> float:
        """Show that this worker lives and renew the leases that have time; seconds to rest."""
        now = elapsed()
        with self._lock:
            keys = [k for k, held in self._held.items() if held.overdue_from > now]
        trusted_until = self._trusted_from_now()
        kept: set[Key] = set()
        with self._database.transaction("lease.renew") as store:
            store.workers.see(self._owner)
            if keys:
                kept = self._renewed(store, keys)
        self._note(keys, kept, trusted_until)
        return self.seconds / 3

    def _renewed(self, store: Store, keys: list[Key]) -> set[Key]:
        """Renew these; those that are still held.

        A claim that was taken as lost from this worker, which lives, is not the fault of its
        task: a machine or a disk that stood still is no crash.
        """
        kept = store.claims.renew(self._owner, sorted({k[0] for k in keys}), self.seconds)
        with self._lock:
            held = {key: self._held.get(key) for key in keys if key not in kept}
        for (task_id, fence), one in held.items():
            if one is not None and not one.lost:
                store.claims.absolve(task_id, fence)
        return kept

    def _confirm(self, claim: Claim) -> None:
        with self._database.transaction("lease.confirm") as store:
            self.renew(store, claim)

    def _is_trusted(self, claim: Claim) -> bool:
        with self._lock:
            held = self._held.get(_key(claim))
            return held is not None and not held.lost and elapsed() < held.trusted_until

    def _trusted_from_now(self) -> float:
        """The end of the trust in a lease that is renewed after this."""
        return elapsed() + TRUSTED_SHARE * self.seconds

    def _note(self, asked: list[Key], kept: set[Key], trusted_until: float) -> None:
        with self._lock:
            for key in asked:
                held = self._held.get(key)
                if held is None:
                    continue
                if key in kept:
                    held.trusted_until = max(held.trusted_until, trusted_until)
                else:
                    held.lost = True


def elapsed() -> float:
    """Seconds that pass also while the machine sleeps, where its system counts those."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


def _key(claim: Claim) -> Key:
    return claim.task.id, claim.fence
