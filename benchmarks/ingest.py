"""From the upload of a large file to its words being found, and the memory that takes."""

import io
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from reportlab.pdfgen.canvas import Canvas

from benchmarks.figure import Figure, at_most, size
from tests.service import Service, children, running

MEGABYTE = 1024 * 1024
PAGES, LINES, WORDS = 220, 45, 12
SEARCHED = "xylophone"
VOCABULARY = (
    "the survey of wells in each district found that most pumps were repaired in time and rest "
    "before rains while three motors failed again after one week because spare parts came late"
)
LEVELS = ("INFO", "INFO", "INFO", "DEBUG", "WARN", "ERROR")
SAMPLE_SECONDS = 0.05
GIVE_UP_SECONDS = 900.0


def pdf_pages() -> list[Figure]:
    """A PDF of 220 pages of text; what it means may be found later."""
    with _service() as service:
        _seconds_until_found(service, "warm.txt", b"Warm as an oven.", "oven")
        seconds = _seconds_until_found(service, "book.pdf", _book(), SEARCHED)
    return [at_most(f"PDF of {PAGES} pages: upload to searchable by words", seconds, "s", 2)]


def log_megabytes() -> list[Figure]:
    """A log of 100 MB and a question about a word of its last line, which the worker answers."""
    megabytes = size("LOG_MB", 100)
    with _service() as service, _peak(service) as peak:
        seconds = _seconds_until_answered(service, "a.log", _log(megabytes), SEARCHED)
    name = f"log of {megabytes} MB"
    return [
        at_most(f"{name}: upload to found by its words", seconds, "s", 60),
        at_most(f"{name}: worker and child", peak.bytes / MEGABYTE, "MB", 700),
    ]


@contextmanager
def _service() -> Iterator[Service]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        defaults = {"LEASE_SECONDS": "9", "SWEEP_SECONDS": "2.5", "WORKER_CONCURRENCY": "64"}
        with running(Path(folder), **defaults) as service:
            yield service


def _seconds_until_found(service: Service, name: str, data: bytes, word: str) -> float:
    began = time.perf_counter()
    sent = service.upload(name, data)
    with service.http() as http:
        while time.perf_counter() - began < GIVE_UP_SECONDS:
            body = {"session_id": sent["session_id"], "query": word}
            answer = http.post("/api/file/search", json=body, timeout=GIVE_UP_SECONDS)
            if answer.status_code == 200 and word in answer.text.partition('"passages"')[2]:
                return time.perf_counter() - began
            service.task(sent["task_id"], wait=1)
    raise TimeoutError(f"{name} was not found by its words")


def _seconds_until_answered(service: Service, name: str, data: bytes, word: str) -> float:
    began = time.perf_counter()
    sent = service.upload(name, data)
    asked = service.ask([word], session_id=sent["session_id"], mode="lookup")
    task = service.finished(asked["task_id"], GIVE_UP_SECONDS)
    if task["status"] != "SUCCESS" or word not in task["result"]["result"][0]:
        raise LookupError(f"{name} was not found by its words: {task['error']}")
    return time.perf_counter() - began


@dataclass
class Peak:
    """The most bytes of memory that a process and all below it had at a time."""

    bytes: int = 0
    done: threading.Event = field(default_factory=threading.Event)

    def watch(self, pid: int) -> None:
        while not self.done.wait(SAMPLE_SECONDS):
            self.bytes = max(self.bytes, sum(map(_resident, [pid, *children(pid)])))


@contextmanager
def _peak(service: Service) -> Iterator[Peak]:
    """The peak of the worker."""
    peak = Peak()
    watching = threading.Thread(target=peak.watch, args=[service.part("worker")], daemon=True)
    watching.start()
    try:
        yield peak
    finally:
        peak.done.set()
        watching.join()


def _resident(pid: int) -> int:
    """The memory of a process; pages that several share are counted once each."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
    except OSError:
        return 0


def _book() -> bytes:
    chance, file = random.Random(220), io.BytesIO()
    canvas = Canvas(file)
    for page in range(PAGES):
        for line in range(LINES):
            canvas.drawString(
                50, 780 - 16 * line, " ".join(chance.choices(VOCABULARY.split(), k=WORDS))
            )
        if page == PAGES - 1:
            canvas.drawString(50, 30, f"One {SEARCHED} was found.")
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def _log(megabytes: int) -> bytes:
    chance, text, number = random.Random(100), bytearray(), 0
    while len(text) < megabytes * MEGABYTE:
        number += 1
        said = " ".join(chance.choices(VOCABULARY.split(), k=3))
        text += (
            f"2026-11-22T10:{number // 6000 % 60:02}:{number // 100 % 60:02}.{number % 1000:03}Z "
            f"{chance.choice(LEVELS)} worker-{number % 17} task {chance.randrange(10**9):09x} "
            f"{said} in {chance.randrange(9999)} ms\n"
        ).encode()
    return bytes(text) + f"2026-11-22T11:00:00.000Z ERROR {SEARCHED} broken\n".encode()
