"""The parent's ear: what the child tells of its progress, and how long it may still take."""

import json
import os
import select
import signal
import subprocess
import time

from ai_llm_service.search.extract.ocr import OcrLimits
from ai_llm_service.search.extract.source import Told

PIECE_BYTES = 4096
MAX_LINE_BYTES = 1000


class Listener:
    """Waits for one child. What it says is not trusted: it may ask for so many pictures only."""

    def __init__(self, wall_seconds: float, ocr: OcrLimits, told: Told) -> None:
        self.wall_seconds = wall_seconds
        self._ocr = ocr
        self._told = told
        self._pictures_left = ocr.max_pictures
        self._started = time.monotonic()

    def wait(self, process: "subprocess.Popen[bytes]", pipe: int) -> int:
        """The status in which the child ended; that of SIGALRM when its time was up."""
        unread = b""
        while (left := self._left()) > 0 and select.select([pipe], [], [], left)[0]:
            piece = os.read(pipe, PIECE_BYTES)
            if not piece:
                break
            *lines, unread = (unread[-MAX_LINE_BYTES:] + piece).split(b"\n")
            for line in lines:
                self._hear(line)
        try:
            return process.wait(max(self._left(), 0.0))
        except subprocess.TimeoutExpired:
            return -signal.SIGALRM

    def _left(self) -> float:
        return self._started + self.wall_seconds - time.monotonic()

    def _hear(self, line: bytes) -> None:
        try:
            told = json.loads(line)
            if "pictures" in told:
                self._allow(int(told["pictures"]))
            else:
                self._told(int(told["done"]), int(told["total"]))
        except (ValueError, TypeError, KeyError, RecursionError):
            return

    def _allow(self, pictures: int) -> None:
        admitted = max(0, min(pictures, self._pictures_left))
        self._pictures_left -= admitted
        self.wall_seconds += admitted * self._ocr.seconds_per_picture
