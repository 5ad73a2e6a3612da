"""Memory that was freed goes back to the system, where the C library keeps it otherwise."""

import ctypes
from contextlib import suppress


def give_back_memory() -> None:
    """Ask glibc for it; other C libraries do it by themselves."""
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
