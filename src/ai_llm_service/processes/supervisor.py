"""The parts of the service as one tree of processes: started, watched and stopped together."""

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import FrameType

import structlog

from ai_llm_service.errors import CannotStart
from ai_llm_service.processes import leash
from ai_llm_service.processes.broker import BrokerKeeper
from ai_llm_service.processes.file_lock import FileLock

WATCH_SECONDS = 0.1
BROKER_START_SECONDS = 30.0
# A wrong setting does not heal by itself, so a part that ends with this code ends the tree.
CONFIGURATION_EXIT_CODE = 2
MAX_EARLY_DEATHS = 3
STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

log = structlog.get_logger(__name__)


def _always() -> None:
    return


@dataclass(frozen=True, slots=True)
class Part:
    """One program of the tree. `before_start` raises CannotStart where a start is no use."""

    name: str
    command: tuple[str, ...]
    grace_seconds: float
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    before_start: Callable[[], None] = _always


def run_tree(
    parts: Sequence[Part],
    *,
    data_dir: Path,
    broker: BrokerKeeper | None,
    is_ready: Callable[[], bool],
    announce: Callable[[], None],
) -> int:
    """Run the parts until a signal asks to stop, and return the exit code.

    Parts are started in the given order and stopped in the same order, the broker after them.
    `announce` is called once, when `is_ready` says so.
    """
    with _only_tree_of(data_dir), _stop_signals() as asked:
        try:
            if broker is not None:
                broker.start()
                broker.wait_ready(BROKER_START_SECONDS)
            return _Tree(parts, asked).run(is_ready, announce)
        finally:
            if broker is not None:
                broker.stop()


@contextmanager
def _only_tree_of(data_dir: Path) -> Iterator[None]:
    lock = FileLock(data_dir / "up.lock")
    if not _acquire(lock, data_dir):
        raise CannotStart(
            f"Another ai-llm-service is running on this data folder (pid {lock.owner()}): "
            "stop it first, or give --data-dir another folder."
        )
    try:
        yield
    finally:
        lock.release()


def _acquire(lock: FileLock, data_dir: Path) -> bool:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        return lock.acquire()
    except OSError as error:
        raise CannotStart(f"DATA_DIR can't be used: {error.strerror}.") from error


class _Asked:
    """How many signals asked to stop: after the second there is no more grace."""

    def __init__(self) -> None:
        self.times = 0

    def note(self, _number: int, _frame: FrameType | None) -> None:
        self.times += 1


@contextmanager
def _stop_signals() -> Iterator[_Asked]:
    asked = _Asked()
    # `nohup` starts us deaf to the end of the terminal, and so it stays.
    wanted = [number for number in STOP_SIGNALS if signal.getsignal(number) != signal.SIG_IGN]
    earlier = {number: signal.signal(number, asked.note) for number in wanted}
    try:
        yield asked
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)


class _Child:
    """A part and the process that it is at the moment."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._start_at = 0.0
        self._backoff = leash.Backoff()
        self._early_deaths = 0

    def tend(self) -> int | None:
        """Start the part if it is due; return the exit code if it has just died."""
        if self._process is None:
            if time.monotonic() >= self._start_at:
                self._start()
            return None
        code = self._process.poll()
        if code is None:
            return None
        leash.end_group(self._process)
        self._process = None
        lifetime_seconds = time.monotonic() - self._started_at
        wait_seconds = self._backoff.after(lifetime_seconds)
        self._start_at = time.monotonic() + wait_seconds
        log.warning(
            "part_died", part=self.part.name, exit_code=code, restart_in_seconds=wait_seconds
        )
        self._count_death(code, lifetime_seconds)
        return code

    def _count_death(self, code: int, lifetime_seconds: float) -> None:
        is_early = lifetime_seconds < leash.HEALTHY_AFTER_SECONDS
        self._early_deaths = self._early_deaths + 1 if is_early else 0
        if self._early_deaths == MAX_EARLY_DEATHS:
            print(  # noqa: T201 - for whoever started us
                f"The {self.part.name} has ended {MAX_EARLY_DEATHS} times soon after its start "
                f"(exit code {code}): its own last lines, above, say why; "
                "it is started again and again.",
                file=sys.stderr,
            )

    def _start(self) -> None:
        self.part.before_start()
        self._process = leash.start(self.part.command, environment=self.part.environment)
        self._started_at = time.monotonic()
        log.info("part_started", part=self.part.name, pid=self._process.pid)

    def stop(self, asked: _Asked) -> None:
        """End the part, at once if a second signal comes."""
        if self._process is None:
            return
        end = time.monotonic() + self.part.grace_seconds
        if self._process.poll() is None:
            self._process.terminate()
        while self._process.poll() is None and time.monotonic() < end and asked.times < 2:
            time.sleep(WATCH_SECONDS)
        leash.end_group(self._process)
        code = self._process.returncode
        log.info("part_stopped", part=self.part.name, planned=True, exit_code=code)
        self._process = None


class _Tree:
    """All children, tended by one loop."""

    def __init__(self, parts: Sequence[Part], asked: _Asked) -> None:
        self._children = [_Child(part) for part in parts]
        self._asked = asked

    def run(self, is_ready: Callable[[], bool], announce: Callable[[], None]) -> int:
        announced = False
        try:
            while not self._asked.times:
                codes = [child.tend() for child in self._children]
                if CONFIGURATION_EXIT_CODE in codes:
                    return CONFIGURATION_EXIT_CODE
                if not announced and is_ready():
                    announced = True
                    announce()
                time.sleep(WATCH_SECONDS)
            return 0
        finally:
            for child in self._children:
                child.stop(self._asked)


def ensure_address_is_free(host: str, port: int) -> None:
    """Raise CannotStart if the API could not listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotStart(
                f"Port {port} is in use: stop what listens there, or set PORT to another number."
            ) from error
        raise CannotStart(
            f"The API can't listen on {host} port {port}: {error.strerror}."
        ) from error


def is_healthy(host: str, port: int) -> bool:
    """Whether the API answers `/health`."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    connection = HTTPConnection(reachable, port, timeout=1)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
