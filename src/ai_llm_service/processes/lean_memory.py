"""Settings of glibc's allocator for a process with a thread for each of a thousand calls."""

import os
import sys
from collections.abc import Mapping

# By default each thread keeps freed pieces to itself and gets its part of eight heaps per core,
# which suits threads that compute; ours wait, each with 64 KB for what it may receive, which take
# no memory as long as they are mapped and empty. docs/benchmarks.md has the figures.
ALLOCATOR = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": "65536",
    "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0",
}


def with_lean_memory(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a process that saves memory; what the operator set stays."""
    return {**ALLOCATOR, **environment}


def ensure_lean_memory() -> None:
    """Begin this program anew where the allocator was started without its settings."""
    if sys.platform != "linux" or os.environ.keys() >= ALLOCATOR.keys():
        return
    environment = with_lean_memory(os.environ)
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)  # noqa: S606 - no shell
