"""Where a test may stop the process: exactly at one named point of the engine, exactly once."""

import os
import signal
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

POINT = "AI_LLM_SERVICE_CRASH_AT"
MARKER = "AI_LLM_SERVICE_CRASH_MARKER"
SIGNAL = "AI_LLM_SERVICE_CRASH_SIGNAL"


def crash_point_from(environment: Mapping[str, str]) -> Callable[[str], None]:
    """A function that kills this process at the point that the environment names.

    The marker is a file that is made just before: where it exists, the crash has been. Another
    signal than SIGKILL, such as SIGSTOP, may be named.
    """
    wanted = environment.get(POINT)
    marker = Path(environment.get(MARKER, os.devnull))
    number = signal.Signals[environment.get(SIGNAL, "SIGKILL")]

    def crash(point: str) -> None:
        if point == wanted and not marker.exists():
            marker.touch()
            # To this thread: a signal to the process may reach it only some calls later.
            signal.pthread_kill(threading.get_ident(), number)

    return crash
