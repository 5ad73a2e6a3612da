"""Whether the parts that the service depends on answer."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from ai_llm_service.errors import StoreUnavailable
from ai_llm_service.store.database import Database

log = structlog.get_logger(__name__)
OK = "ok"


@dataclass(frozen=True, slots=True)
class Health:
    """Asks each dependency once; `ping_broker` raises whatever its transport raises."""

    database: Database
    ping_broker: Callable[[], None]
    lease_seconds: float

    def ready(self) -> dict[str, str]:
        """The name of each dependency with `ok`, or one sentence that says what is wrong."""
        try:
            with self.database.snapshot() as store:
                workers = store.workers.alive(self.lease_seconds)
        except StoreUnavailable as error:
            return {"database": error.message, "broker": self._broker()}
        return {
            "database": OK,
            "broker": self._broker(),
            "workers": OK if workers else "No worker is running; accepted tasks wait for one.",
        }

    def _broker(self) -> str:
        try:
            self.ping_broker()
        except Exception as error:  # noqa: BLE001 - each transport of the broker has its own
            log.warning("broker_unavailable", error=type(error).__name__)
            return "The broker can't be reached; accepted tasks wait until it is back."
        return OK
