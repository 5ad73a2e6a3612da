"""Runs a parser in a child process that may take only so much and reaches no network."""

import errno
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
from typing import IO

import ai_llm_service
from ai_llm_service.domain import Extraction, Section, SectionKind
from ai_llm_service.errors import DiskFull, DocumentRejected, InternalError

MEGABYTE = 1024 * 1024
PARSER_FAILED = 3

# A hundred uploads at once must not starve each other on two cores until their time is up.
_slots = threading.BoundedSemaphore(max(2, os.cpu_count() or 1))


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one child may take."""

    cpu_seconds: int
    wall_seconds: int
    memory_bytes: int
    output_bytes: int


@dataclass(frozen=True, slots=True)
class ExtractLimits:
    """What a child may take at least, and how much more for each megabyte of its file."""

    cpu_seconds: float = 20
    wall_seconds: float = 25
    memory_mb: float = 512
    output_mb: float = 64
    cpu_seconds_per_mb: float = 1
    wall_seconds_per_mb: float = 2
    memory_mb_per_mb: float = 16
    output_mb_per_mb: float = 8

    def for_file(self, size_bytes: int) -> Allowance:
        size_mb = size_bytes / MEGABYTE
        return Allowance(
            cpu_seconds=max(1, round(self.cpu_seconds + size_mb * self.cpu_seconds_per_mb)),
            wall_seconds=max(1, round(self.wall_seconds + size_mb * self.wall_seconds_per_mb)),
            memory_bytes=round((self.memory_mb + size_mb * self.memory_mb_per_mb) * MEGABYTE),
            output_bytes=round((self.output_mb + size_mb * self.output_mb_per_mb) * MEGABYTE),
        )


def extract(path: Path, media_type: str, name: str, limits: ExtractLimits) -> Extraction:
    """Read the file in a child process, or raise DocumentRejected with the reason."""
    allowance = limits.for_file(path.stat().st_size)
    with path.open("rb") as file, tempfile.TemporaryFile() as output, _slots:
        status = _run(media_type, name, allowance, file, output)
        if status == errno.ENOSPC:
            raise DiskFull
        if status == PARSER_FAILED or status < 0:
            raise DocumentRejected(_reason(name, status, allowance))
        if status != 0:
            raise InternalError
        return _received(output)


def _run(
    media_type: str, name: str, allowance: Allowance, file: IO[bytes], output: IO[bytes]
) -> int:
    """Run the child to its end; a time-out ends its whole process group."""
    order = {"media_type": media_type, "name": name, "allowance": asdict(allowance)}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "ai_llm_service.search.extract"],
        stdin=file,
        stdout=output,
        stderr=subprocess.DEVNULL,
        env=_environment() | {"EXTRACT": json.dumps(order)},
        cwd="/",
        start_new_session=True,
    )
    try:
        return process.wait(allowance.wall_seconds)
    except subprocess.TimeoutExpired:
        return -signal.SIGALRM
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _environment() -> dict[str, str]:
    """Give no secret of ours; the package may stand on the path of `main.py` alone."""
    parent = str(Path(ai_llm_service.__file__).resolve().parent.parent)
    installed = [entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]
    return {
        "PYTHONPATH": os.pathsep.join([parent, *installed]),
        "PYTHONIOENCODING": "utf-8",
        "PYTHONUTF8": "1",
        "LC_ALL": "C.UTF-8",
    }


def _reason(name: str, status: int, allowance: Allowance) -> str:
    if status == -signal.SIGALRM:
        return f"{name} took more than {allowance.wall_seconds} seconds to read."
    if status == -signal.SIGXCPU:
        return f"{name} took more than {allowance.cpu_seconds} seconds of computing to read."
    if status == -signal.SIGKILL:
        return f"{name} can't be read: it needs more memory than there is."
    if status < 0:
        return f"{name} can't be read: its content makes the parser crash."
    return f"{name} can't be read: its content is damaged in a way that the parser can't handle."


def _received(output: IO[bytes]) -> Extraction:
    output.seek(0)
    head = json.loads(output.readline())
    if "rejected" in head:
        raise DocumentRejected(head["rejected"])
    sections = tuple(
        Section(SectionKind(kind), label, start, end)
        for kind, label, start, end in head["sections"]
    )
    return Extraction(output.read().decode(), sections, head["encoding"], tuple(head["notes"]))
