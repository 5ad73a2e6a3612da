"""How far a long task is, told to its client at most once a second."""

import time
from collections.abc import Callable
from contextlib import suppress

from ai_llm_service.domain import Claim, Progress
from ai_llm_service.errors import ClaimLost, StoreUnavailable
from ai_llm_service.store.database import Database

INTERVAL_SECONDS = 1.0


class ProgressTeller:
    """Keeps the progress of one claim. A task that ends sooner than that tells nothing."""

    def __init__(
        self,
        database: Database,
        claim: Claim,
        unit: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._claim = claim
        self._unit = unit
        self._clock = clock
        self._started = self._told_at = clock()

    def __call__(self, done: int, total: int) -> None:
        """So much of all is done; ClaimLost when the task is not ours any more."""
        now = self._clock()
        if now - self._told_at < INTERVAL_SECONDS:
            return
        self._told_at = now
        progress = Progress(self._unit, done, total, done / (now - self._started))
        # Nobody loses anything if the database is away for a moment.
        with suppress(StoreUnavailable):
            self._keep(progress)

    def _keep(self, progress: Progress) -> None:
        with self._database.transaction("ingest.progress") as store:
            held = store.claims.tell_progress(self._claim, progress)
        if not held:
            raise ClaimLost
