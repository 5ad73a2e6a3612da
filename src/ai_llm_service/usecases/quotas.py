"""How many tasks of one tenant may wait; the next one is refused before it is a row."""

import threading
import time
from dataclasses import dataclass

from ai_llm_service.errors import LimitExceeded
from ai_llm_service.store.store import Store

COUNT_AGAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _Estimate:
    """At most so many wait: counted then, and one more for each that was let in since."""

    number: int
    counted_at: float


class QueuedQuota:
    """Counts seldom, so that a submission costs the same however many tasks wait.

    Near the limit each submission counts. Several processes may let in a second's worth too many.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._estimates: dict[str, _Estimate] = {}

    def admit(self, store: Store, tenant_id: str) -> None:
        """Let one more task in, or raise LimitExceeded."""
        with self._lock:
            known = self._estimates.get(tenant_id)
        if known is None or self._is_doubtful(known):
            known = _Estimate(store.tasks.count_queued(tenant_id, self._most), time.monotonic())
        if known.number >= self._most:
            raise LimitExceeded(
                f"{self._most} tasks of yours are waiting, the most that this service accepts.",
                hint="Send it again when some of them have ended.",
            )
        with self._lock:
            self._estimates[tenant_id] = _Estimate(known.number + 1, known.counted_at)

    def _is_doubtful(self, known: _Estimate) -> bool:
        too_old = time.monotonic() - known.counted_at > COUNT_AGAIN_SECONDS
        return too_old or known.number >= self._most
