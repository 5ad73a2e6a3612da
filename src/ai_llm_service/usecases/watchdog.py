"""Replaces a worker whose threads hang: a thread can't be stopped, its process can."""

import time
from collections.abc import Callable

import structlog

from ai_llm_service.usecases.leases import Leases

log = structlog.get_logger(__name__)
PAUSE_SECONDS = 0.2


class Watchdog:
    """Drains and ends the process when more than half of its slots are past their deadlines."""

    def __init__(
        self,
        leases: Leases,
        *,
        slots: int,
        grace_seconds: float,
        drain: Callable[[], None],
        leave: Callable[[], None],
    ) -> None:
        self._leases = leases
        self._slots = slots
        self._grace_seconds = grace_seconds
        self._drain = drain
        self._leave = leave

    def check(self) -> float:
        """Look once; seconds to rest."""
        overdue = self._leases.overdue()
        if 2 * overdue > self._slots:
            log.error("worker_stuck", overdue=overdue, slots=self._slots)
            self._drain()
            self._wait_for_the_others()
            self._leave()
        return self._leases.seconds / 3

    def _wait_for_the_others(self) -> None:
        give_up_at = time.monotonic() + self._grace_seconds
        while self._leases.in_time() and time.monotonic() < give_up_at:
            time.sleep(PAUSE_SECONDS)
