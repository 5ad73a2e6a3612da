"""Rings workers for queued tasks: new ones, and those whose time has come."""

from collections.abc import Callable

import structlog

from ai_llm_service.store.database import Database

log = structlog.get_logger(__name__)


class Dispatcher:
    """Sends ids to the broker, at most a window of them at once. The row is the outbox."""

    def __init__(
        self,
        database: Database,
        ring: Callable[[str], None],
        *,
        window: int,
        redeliver_seconds: float,
        rest_seconds: float,
    ) -> None:
        self._database = database
        self._ring = ring
        self._window = window
        self._redeliver_seconds = redeliver_seconds
        self._rest_seconds = rest_seconds

    def dispatch(self) -> float:
        """Send what may be sent; seconds until there may be more."""
        with self._database.transaction() as store:
            chosen = store.dispatches.pick(self._window, self._redeliver_seconds)
            soonest = store.dispatches.next_run_seconds()
        self._send(chosen)
        return self._rest_seconds if soonest is None else min(soonest, self._rest_seconds)

    def _send(self, chosen: list[str]) -> None:
        for position, task_id in enumerate(chosen):
            try:
                self._ring(task_id)
            except Exception as error:  # noqa: BLE001 - each transport of the broker has its own
                log.warning("broker_unavailable", error=type(error).__name__)
                with self._database.transaction() as store:
                    store.dispatches.unsend(chosen[position:])
                return
