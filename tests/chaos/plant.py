"""The service as single processes that a test may kill, stop, freeze and start again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx2
from celery import Celery
from kombu.exceptions import OperationalError

from ai_llm_service.processes import leash
from tests.service import KEY, START_SECONDS, Service, children, clean_environment, free_port

CLI = (sys.executable, "-m", "ai_llm_service.cli")


def eventually(
    condition: Callable[[], object], what: str = "it", seconds: float = START_SECONDS
) -> None:
    """Return once the condition holds."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, f"{what} did not come true in {seconds:g} s"
        time.sleep(0.05)


@dataclass
class Part:
    """One process of the service. Start it from a thread that lives as long as the test."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log_file: Path
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        with self.log_file.open("ab") as log:
            self.process = leash.start(self.command, environment=self.environment, output=log)

    @property
    def running(self) -> subprocess.Popen[bytes]:
        assert self.process is not None, f"{self.name} was not started"
        return self.process

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def family(self) -> list[int]:
        """The process and all below it."""
        return [self.running.pid, *children(self.running.pid)]

    def send(self, wanted: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.running.pid, wanted)

    def kill(self) -> list[int]:
        """Kill the process alone, as the kernel would; the ids of it and its children."""
        family = self.family()
        self.send(signal.SIGKILL)
        self.running.wait()
        return family

    def freeze(self) -> None:
        self._signal_family(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal_family(signal.SIGCONT)

    def stop(self, grace_seconds: float = 10.0) -> int:
        """Stop it as a rolling restart does; its exit code."""
        self.thaw()
        leash.stop(self.running, grace_seconds)
        return int(self.running.returncode)

    def end(self) -> None:
        """Leave nothing of it behind."""
        if self.process is None:
            return
        family = self.family() if self.alive else []
        leash.end_group(self.process)
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _signal_family(self, wanted: signal.Signals) -> None:
        if not self.alive:
            return
        for pid in self.family():
            with suppress(ProcessLookupError):
                os.kill(pid, wanted)


class Plant:
    """APIs and workers on one database and one broker, in a folder of their own."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.apis: list[Part] = []
        self.workers: list[Part] = []
        self.addresses: list[str] = []
        self._settings = {"API_KEY": KEY, "DATA_DIR": str(folder / "data"), **settings}
        folder.mkdir(parents=True, exist_ok=True)

    def add_api(self) -> Service:
        """Start an API on a port of its own, which it keeps; it may not answer yet."""
        port = free_port()
        part = self._part(f"api-{len(self.apis) + 1}", "api", "--port", str(port))
        self.apis.append(part)
        self.addresses.append(f"http://127.0.0.1:{port}")
        part.start()
        return self.service(len(self.apis) - 1)

    def add_worker(self, concurrency: int = 8, **settings: str) -> Part:
        name = f"worker-{len(self.workers) + 1}"
        part = self._part(name, "worker", "--concurrency", str(concurrency), **settings)
        self.workers.append(part)
        part.start()
        return part

    def service(self, number: int = 0) -> Service:
        """A client's view of an API."""
        api = self.apis[number]
        return Service(self.addresses[number], api.running, self.folder / "data", api.log_file)

    def wait_ready(self) -> None:
        """Return once all APIs answer and all workers take tasks."""
        for api, address in zip(self.apis, self.addresses, strict=True):
            eventually(partial(_answers, address), f"{api.name}: {api.log_file}")
        eventually(self.workers_are_ready, f"a worker: {self.folder}")

    def workers_are_ready(self) -> bool:
        wanted = {worker.running.pid for worker in self.workers}
        return not wanted or wanted <= taking_tasks(self._settings["CELERY_BROKER_URL"])

    @property
    def parts(self) -> list[Part]:
        return [*self.apis, *self.workers]

    def end(self) -> None:
        for part in self.parts:
            part.end()

    def _part(self, name: str, *command: str, **settings: str) -> Part:
        environment = clean_environment(**{**self._settings, **settings})
        return Part(name, (*CLI, *command), environment, self.folder / f"{name}.log")


@contextmanager
def plant(folder: Path, **settings: str) -> Iterator[Plant]:
    """A plant without parts yet; what is added is ended with the block."""
    made = Plant(folder, **settings)
    try:
        yield made
    finally:
        made.end()


def taking_tasks(broker_url: str) -> set[int]:
    """The process ids of the workers that answer over the broker."""
    app = Celery(broker=broker_url)
    with suppress(OperationalError), app.connection_for_write() as connection:
        answers = app.control.inspect(timeout=1, connection=connection).ping() or {}
        return {int(name.partition("@")[0].removeprefix("llm-")) for name in answers}
    return set()


def _answers(address: str) -> bool:
    with suppress(httpx2.TransportError):
        return httpx2.get(f"{address}/health", timeout=5).status_code == 200
    return False
