"""Child processes that end with their parent.

This file is also run as a script, between the parent and the program: it asks the kernel to send
SIGTERM when the parent dies, however it dies, and then becomes the program.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO

PR_SET_PDEATHSIG = 1
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 10.0
HEALTHY_AFTER_SECONDS = 30.0


class Backoff:
    """How long to wait before a child that died is started again."""

    def __init__(self) -> None:
        self._next = FIRST_WAIT_SECONDS

    def after(self, lifetime_seconds: float) -> float:
        """Twice the last wait, or the first one for a child that had been well for a while."""
        if lifetime_seconds >= HEALTHY_AFTER_SECONDS:
            self._next = FIRST_WAIT_SECONDS
        wait_seconds = self._next
        self._next = min(2 * wait_seconds, LONGEST_WAIT_SECONDS)
        return wait_seconds


def start(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    output: IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, so that Ctrl-C reaches only its parent.

    The kernel ties the program to the *thread* that calls this: it must live as long as its
    process. Where the kernel has no such tie (macOS), a killed parent leaves its children running.
    """
    return subprocess.Popen(
        [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command],
        env=None if environment is None else dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )


def stop(process: subprocess.Popen[bytes], grace_seconds: float) -> None:
    """Ask the program to end, then end it and all that it started."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(grace_seconds)
    end_group(process)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of the program's process group and collect the program."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _become(parent: int, command: list[str]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    # The parent may have died before the kernel knew what to do then.
    if os.getppid() != parent:
        sys.exit(0)
    os.execvp(command[0], command)  # noqa: S606 - no shell is wanted here


if __name__ == "__main__":
    _become(int(sys.argv[1]), sys.argv[2:])
