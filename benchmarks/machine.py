"""What the figures were measured on."""

import os
import platform
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.figure import Figure, percentile, size

PAGE = b"x" * 4096


def facts() -> dict[str, Any]:
    """The machine, without its name."""
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "cores": os.cpu_count(),
        "cpu": _field("/proc/cpuinfo", "model name") or platform.machine(),
        "memory": _field("/proc/meminfo", "MemTotal"),
        "load_at_start": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }


def _field(path: str, name: str) -> str | None:
    file = Path(path)
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), None)


def fsync() -> list[Figure]:
    """How fast the disk itself is: one page written and synced, one after the other."""
    samples = []
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(size("SYNCS", 300)):
            began = time.perf_counter()
            file.write(PAGE)
            file.flush()
            os.fsync(file.fileno())
            samples.append(time.perf_counter() - began)
    return [
        Figure("fsync p50", 1000 * percentile(samples, 50), "ms"),
        Figure("fsync rate", len(samples) / sum(samples), "/s"),
    ]
