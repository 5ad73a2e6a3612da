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
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

import ai_llm_service
from ai_llm_service.domain import Extraction, Section, SectionKind
from ai_llm_service.errors import DiskFull, DocumentRejected, InternalError
from ai_llm_service.search.extract.listening import Listener
from ai_llm_service.search.extract.ocr import OcrLimits, OcrTool
from ai_llm_service.search.extract.source import Told, silent

MEGABYTE = 1024 * 1024
PARSER_FAILED = 3
# The parsers that make other texts or maps than before get a new number.
VERSION = 1

# A hundred uploads at once must not starve each other on two cores until their time is up.
_slots = threading.BoundedSemaphore(max(2, os.cpu_count() or 1))


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one child may take, without the time for pictures."""

    cpu_seconds: int
    wall_seconds: int
    memory_bytes: int
    output_bytes: int
    ocr_cpu_seconds: int = 0


@dataclass(frozen=True, slots=True)
class ExtractLimits:
    """What a child may take at least, and how much more for each megabyte and picture."""

    cpu_seconds: float = 20
    wall_seconds: float = 25
    memory_mb: float = 512
    output_mb: float = 64
    cpu_seconds_per_mb: float = 1
    wall_seconds_per_mb: float = 2
    memory_mb_per_mb: float = 16
    output_mb_per_mb: float = 8
    ocr: OcrLimits = field(default_factory=OcrLimits)

    def for_file(self, size_bytes: int) -> Allowance:
        size_mb = size_bytes / MEGABYTE
        return Allowance(
            cpu_seconds=max(1, round(self.cpu_seconds + size_mb * self.cpu_seconds_per_mb)),
            wall_seconds=max(1, round(self.wall_seconds + size_mb * self.wall_seconds_per_mb)),
            memory_bytes=round((self.memory_mb + size_mb * self.memory_mb_per_mb) * MEGABYTE),
            output_bytes=round((self.output_mb + size_mb * self.output_mb_per_mb) * MEGABYTE),
            ocr_cpu_seconds=self.ocr.max_pictures * self.ocr.cpu_seconds_per_picture,
        )


@dataclass(frozen=True, slots=True)
class Extractor:
    """Reads files with these limits, and pictures by OCR where there is a tool for it."""

    limits: ExtractLimits = field(default_factory=ExtractLimits)
    ocr: OcrTool | None = None

    @property
    def recipe(self) -> str:
        """What a text depends on beside the file."""
        return f"extract-{VERSION} ocr-{self.ocr.languages if self.ocr else 'none'}"

    def extract(self, path: Path, media_type: str, name: str, told: Told = silent) -> Extraction:
        """Read the file in a child process, or raise DocumentRejected with the reason."""
        allowance = self.limits.for_file(path.stat().st_size)
        order: dict[str, object] = {
            "media_type": media_type,
            "name": name,
            "allowance": asdict(allowance),
            "ocr": asdict(self.ocr) if self.ocr else None,
            "ocr_limits": asdict(self.limits.ocr),
        }
        with path.open("rb") as file, tempfile.TemporaryFile() as output, _slots:
            listener = Listener(allowance.wall_seconds, self.limits.ocr, told)
            status = _run(order, file, output, listener)
            if status == errno.ENOSPC:
                raise DiskFull
            if status == PARSER_FAILED or status < 0:
                raise DocumentRejected(_reason(name, status, allowance, listener.wall_seconds))
            if status != 0:
                raise InternalError
            return _received(output)


def _run(order: dict[str, object], file: IO[bytes], output: IO[bytes], listener: Listener) -> int:
    """Run the child to its end; a time-out ends its whole process group."""
    reading, writing = os.pipe()
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "ai_llm_service.search.extract"],
            stdin=file,
            stdout=output,
            stderr=subprocess.DEVNULL,
            env=_environment() | {"EXTRACT": json.dumps(order | {"tell": writing})},
            pass_fds=[writing],
            cwd="/",
            start_new_session=True,
        )
    except BaseException:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    try:
        return listener.wait(process, reading)
    finally:
        os.close(reading)
        if process.returncode is None or order["ocr"]:
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


def _reason(name: str, status: int, allowance: Allowance, wall_seconds: float) -> str:
    if status == -signal.SIGALRM:
        return f"{name} took more than {wall_seconds:.0f} seconds to read."
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
