"""The service as the benchmarks measure it: its own processes on the defaults."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ai_llm_service.store.database import Database
from tests.chaos.audit import Audit
from tests.chaos.brokers import RedisBroker, started
from tests.chaos.clients import TEXT
from tests.chaos.plant import Plant, plant
from tests.postgres import postgres_address
from tests.service import ROOT, clean_environment

UPLOADS_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Lab:
    """A plant without parts yet, its broker, and the record of its database."""

    plant: Plant
    broker: RedisBroker
    audit: Audit


@contextmanager
def lab(provider_url: str = "http://127.0.0.1:9/v1", **settings: str) -> Iterator[Lab]:
    """A lab on SQLite (FULL) and the embedded broker."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        address = f"sqlite:///{folder / 'bench.sqlite3'}"
        broker = RedisBroker(folder / "broker")
        stack.enter_context(started(broker))
        migrate(address)
        environment = {
            "DATABASE_URL": address,
            "CELERY_BROKER_URL": broker.url,
            "CHAT_MODEL": "openai-compatible:fake",
            "OPENAI_COMPATIBLE_BASE_URL": provider_url,
            "LOG_LEVEL": "WARNING",
            **settings,
        }
        made = stack.enter_context(plant(folder / "plant", **environment))
        yield Lab(made, broker, Audit(address))


@contextmanager
def slow_provider(latency_seconds: float) -> Iterator[str]:
    """The address of a provider in a process of its own."""
    command = [sys.executable, "-m", "tests.chaos.provider", "--latency", str(latency_seconds)]
    environment = clean_environment()
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env={**environment, "PYTHONPATH": f"{ROOT}/src:{ROOT}"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def migrate(database_url: str) -> None:
    database = Database(database_url)
    database.migrate()
    database.close()


@contextmanager
def database_address(kind: str) -> Iterator[str]:
    """An empty, migrated database: `sqlite` or `postgres`."""
    with ExitStack() as stack:
        if kind == "postgres":
            address = stack.enter_context(postgres_address())
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
            address = f"sqlite:///{folder}/bench.sqlite3"
        migrate(address)
        yield address


def open_sessions(made: Plant, number: int, *, ready: bool = True) -> list[str]:
    """Sessions with one small document each; with `ready` it has been read."""
    api = made.service()

    def open_one(_number: int) -> str:
        sent = api.upload("wells.txt", TEXT)
        if ready:
            api.finished(sent["task_id"], seconds=600)
        return str(sent["session_id"])

    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        return list(pool.map(open_one, range(number)))
