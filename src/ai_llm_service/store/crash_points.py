"""Where a test may kill the process: exactly at one named point of the engine, exactly once."""

import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

POINT = "AI_LLM_SERVICE_CRASH_AT"
MARKER = "AI_LLM_SERVICE_CRASH_MARKER"


def crash_point_from(environment: Mapping[str, str]) -> Callable[[str], None]:
    """A function that kills this process at the point that the environment names.

    The marker is a file that is made just before: where it exists, the crash has been.
    """
    wanted = environment.get(POINT)
    marker = Path(environment.get(MARKER, os.devnull))

    def crash(point: str) -> None:
        if point == wanted and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    return crash
