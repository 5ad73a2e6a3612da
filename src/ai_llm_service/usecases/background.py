"""A thread that does one thing again and again, at once when it is nudged."""

import threading
from collections.abc import Callable

import structlog

from ai_llm_service.errors import ServiceError

log = structlog.get_logger(__name__)


class Background:
    """Calls `work`, which says how many seconds it may rest; a failure is logged and outlived.

    Nudges that come within `least_rest` seconds of a round are one.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], float],
        *,
        rest_after_error: float,
        least_rest: float = 0.0,
    ) -> None:
        self._name = name
        self._work = work
        self._rest_after_error = rest_after_error
        self._least_rest = least_rest
        self._awake = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def nudge(self) -> None:
        """There is something to do now."""
        self._awake.set()

    def stop(self) -> None:
        """Finish the round that is under way, and no other."""
        self._stopped.set()
        self._awake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._awake.clear()
            rest = self._round()
            self._stopped.wait(self._least_rest)
            self._awake.wait(max(0.0, rest - self._least_rest))

    def _round(self) -> float:
        try:
            return self._work()
        except ServiceError as error:
            log.warning("background_failed", work=self._name, code=error.code)
        except Exception:
            log.exception("background_failed", work=self._name)
        return self._rest_after_error
