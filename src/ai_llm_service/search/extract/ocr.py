"""Reads the letters of pictures by the program `tesseract`, where it is installed."""

import os
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

PROGRAM = "tesseract"
PACKAGE = "tesseract-ocr"
NEEDS_OCR = f"it needs OCR, and the program {PROGRAM} is not installed here (package {PACKAGE})"
MAX_LANGUAGES = 4
# Finds the direction of the writing; it is no language.
NO_LANGUAGES = frozenset(["osd", "snum", "equ"])
LIST_SECONDS = 10


@dataclass(frozen=True, slots=True)
class OcrTool:
    """Where the program is, and which languages it looks for, as it takes them: `eng+hin`."""

    program: str
    languages: str
    data_folder: str | None = None


@dataclass(frozen=True, slots=True)
class OcrLimits:
    """How long the program may take for one picture, and for how many of a file."""

    seconds_per_picture: int = 30
    # To draw the page; the program counts its own.
    cpu_seconds_per_picture: int = 3
    max_pictures: int = 500


def find_ocr_tool(languages: str | None = None) -> OcrTool | None:
    """The installed program with these languages, or all that it has; None without it."""
    program = shutil.which(PROGRAM)
    if program is None:
        return None
    known = languages or "+".join(_languages(program)[:MAX_LANGUAGES])
    return OcrTool(program, known or "eng", os.environ.get("TESSDATA_PREFIX"))


def _languages(program: str) -> list[str]:
    listed = subprocess.run(
        [program, "--list-langs"],
        capture_output=True,
        text=True,
        check=False,
        timeout=LIST_SECONDS,
    )
    names = [line.strip() for line in listed.stdout.splitlines()[1:]]
    return sorted(set(names) - NO_LANGUAGES - {""}, key=lambda name: (name != "eng", name))


class Tesseract:
    """Runs the program once for each picture, as many at once as there are processors."""

    def __init__(self, tool: OcrTool, limits: OcrLimits, allow: Callable[[int], None]) -> None:
        self._tool = tool
        self._limits = limits
        self._allow = allow
        self._left = limits.max_pictures
        self._workers = max(1, min(4, os.cpu_count() or 1))

    def expect(self, pictures: int) -> int:
        admitted = min(pictures, self._left)
        self._left -= admitted
        if admitted:
            self._allow(admitted)
        return admitted

    def read(self, pictures: list[bytes]) -> list[str]:
        with ThreadPoolExecutor(self._workers) as pool:
            return list(pool.map(self._read, pictures))

    def _read(self, picture: bytes) -> str:
        environment = {"OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8"}
        if self._tool.data_folder:
            environment["TESSDATA_PREFIX"] = self._tool.data_folder
        try:
            ended = subprocess.run(
                [self._tool.program, "stdin", "stdout", "-l", self._tool.languages],
                input=picture,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                check=False,
                timeout=self._limits.seconds_per_picture,
                env=environment,
            )
        except subprocess.TimeoutExpired:
            return ""
        return ended.stdout.decode("utf-8", "replace") if ended.returncode == 0 else ""
