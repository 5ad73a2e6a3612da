"""The tables of documents as files beside the uploaded ones; made again when they are missing."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

import ai_llm_service
from ai_llm_service.domain import DocumentTable
from ai_llm_service.errors import DocumentRejected
from ai_llm_service.search.logs.kept import LOG_FILE
from ai_llm_service.search.tables.cage import Allowance
from ai_llm_service.search.tables.kinds import may_hold_tables

MEGABYTE = 1024 * 1024
TABLES = TypeAdapter(tuple[DocumentTable, ...])
TABLES_FILE = "tables.duckdb"


@dataclass(frozen=True, slots=True)
class BuildLimits:
    """What a child may take at least, and how much more for each megabyte of its file."""

    cpu_seconds: float = 30
    wall_seconds: float = 40
    cpu_seconds_per_mb: float = 1
    wall_seconds_per_mb: float = 1
    # Threads and libraries reserve address space that they never touch.
    memory_mb: float = 3072
    memory_mb_per_mb: float = 12
    most_memory_mb: float = 4096
    database_mb: int = 400
    output_mb: float = 256
    output_mb_per_mb: float = 8

    def for_file(self, size_bytes: int) -> Allowance:
        size_mb = size_bytes / MEGABYTE
        memory_mb = self.memory_mb + min(size_mb * self.memory_mb_per_mb, self.most_memory_mb)
        return Allowance(
            cpu_seconds=round(self.cpu_seconds + size_mb * self.cpu_seconds_per_mb),
            memory_bytes=round(memory_mb * MEGABYTE),
            output_bytes=round((self.output_mb + size_mb * self.output_mb_per_mb) * MEGABYTE),
        )

    def wall_seconds_for(self, size_bytes: int) -> float:
        return self.wall_seconds + size_bytes / MEGABYTE * self.wall_seconds_per_mb


class TableWorkshop:
    """Finds the tables of a file in a child process and keeps them beside it."""

    def __init__(self, limits: BuildLimits) -> None:
        self._limits = limits
        # Two children at once keep both cores busy; more would only starve each other.
        self._slots = threading.BoundedSemaphore(max(1, (os.cpu_count() or 2) // 2))

    def build(
        self, path: Path, folder: Path, media_type: str, name: str
    ) -> tuple[DocumentTable, ...]:
        """Make the file of tables in the folder; nothing is made where there are none.

        Raises DocumentRejected when the content takes more than is allowed.
        """
        if not may_hold_tables(path, media_type):
            return ()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(dir=folder, prefix="building-") as building, self._slots:
            made = Path(building) / TABLES_FILE
            tables = self._run(path, made, media_type, name)
            for kept in (TABLES_FILE, LOG_FILE) if tables else ():
                with suppress(FileNotFoundError):
                    (made.parent / kept).replace(folder / kept)
        return tables

    def existing(self, path: Path, folder: Path, media_type: str, name: str) -> Path:
        """Return the file of tables; it is derived data, so a missing one is made again."""
        made = folder / TABLES_FILE
        if not made.is_file():
            self.build(path, folder, media_type, name)
        return made

    def _run(
        self, path: Path, target: Path, media_type: str, name: str
    ) -> tuple[DocumentTable, ...]:
        size = path.stat().st_size
        wall_seconds = self._limits.wall_seconds_for(size)
        order = {
            "path": str(path),
            "target": str(target),
            "media_type": media_type,
            "name": name,
            "label": Path(name).stem or "table",
            "wall_seconds": wall_seconds,
            "database_mb": self._limits.database_mb,
            "allowance": asdict(self._limits.for_file(size)),
        }
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "ai_llm_service.search.tables"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child_environment() | {"TABLES": json.dumps(order)},
            cwd="/",
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=wall_seconds)
        except subprocess.TimeoutExpired:
            output = b""
        finally:
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
        return _told(output, name)


def child_environment() -> dict[str, str]:
    """Give no secret of ours; the package may stand on the path of `main.py` alone."""
    parent = str(Path(ai_llm_service.__file__).resolve().parent.parent)
    installed = [entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]
    return {
        "PYTHONPATH": os.pathsep.join([parent, *installed]),
        "PYTHONUTF8": "1",
        "LC_ALL": "C.UTF-8",
        "HOME": "/nonexistent",
    }


def _told(output: bytes, name: str) -> tuple[DocumentTable, ...]:
    if not output.strip():
        raise DocumentRejected(f"{name} can't be read as a table within its limits.")
    answer = json.loads(output)
    if "rejected" in answer:
        raise DocumentRejected(answer["rejected"])
    return TABLES.validate_python(answer["tables"])
