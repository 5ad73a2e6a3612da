"""What a child process may take: limits of the system, no network, no further processes."""

import ctypes
import resource
import sys
from contextlib import suppress
from dataclasses import dataclass

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
REFUSED_EVENTS = ("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.system")


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one child may take of the machine."""

    cpu_seconds: int
    memory_bytes: int
    output_bytes: int


def limit(allowance: Allowance, open_files: int) -> None:
    for what, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, allowance.output_bytes),
        (resource.RLIMIT_AS, allowance.memory_bytes),
        (resource.RLIMIT_NOFILE, open_files),
    ):
        # Not every system knows every limit, and none lets us raise one.
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (value, value))
    # The soft limit ends the child by a signal of its own, which names the reason.
    seconds = allowance.cpu_seconds
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))


def leave_network() -> None:
    """Enter a network namespace without a network where that is permitted; refuse sockets."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(CLONE_NEWNET) != 0:
            libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)
    sys.addaudithook(_refuse)


def _refuse(event: str, _: object) -> None:
    if event.startswith(REFUSED_EVENTS):
        raise PermissionError(event)
