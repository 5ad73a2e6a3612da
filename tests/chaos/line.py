"""The smallest service that can be broken: one API, workers, a broker, a counting provider."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ai_llm_service.store.database import Database
from tests.chaos.audit import TERMINAL, Audit
from tests.chaos.brokers import RabbitBroker, RedisBroker
from tests.chaos.clients import TEXT
from tests.chaos.plant import Part, Plant, eventually, plant
from tests.chaos.provider import CountingProvider, mark
from tests.service import FAST


class Line:
    """A plant, the provider it asks, and the record of its database."""

    def __init__(self, made: Plant, provider: CountingProvider, audit: Audit) -> None:
        self.plant = made
        self.provider = provider
        self.audit = audit
        self.api = made.service()

    @property
    def worker(self) -> Part:
        return self.plant.workers[0]

    def open_session(self) -> str:
        """A session whose document has been read."""
        sent = self.api.upload("wells.txt", TEXT)
        self.api.finished(sent["task_id"])
        return str(sent["session_id"])

    def ask(self, session_id: str, marked: str | None = None) -> tuple[str, str]:
        """Ask one question; the id of its task, and its mark."""
        marked = marked or f"{mark()}-1"
        asked = self.api.ask([f"How deep is the north well? {marked}"], session_id=session_id)
        return str(asked["task_id"]), marked

    def wait_for_call(self, marked: str, times: int = 1) -> None:
        eventually(lambda: self.provider.asked(marked) >= times, f"call {times} of the question")

    def moves(self, task_id: str, after: str) -> int:
        """How often a task or its steps came to a state."""
        return sum(move.after == after for move in self.audit.moves_of(task_id))

    def assert_done_once(self, asked: dict[str, str], calls: int = 1) -> None:
        """Every task has ended well, once, and its question was asked no more than so often."""
        for task_id, marked in asked.items():
            task = self.api.finished(task_id)
            assert task["status"] == "SUCCESS", task
            assert marked in task["result"]["result"][0]
            assert self.provider.asked(marked) <= calls
            assert sum(self.moves(task_id, status) for status in TERMINAL) == 1
            assert self.moves(task_id, "answered") == 1


@contextmanager
def line(
    folder: Path,
    broker: RedisBroker | RabbitBroker,
    provider: CountingProvider,
    database_url: str | None = None,
    **settings: str,
) -> Iterator[Line]:
    """One API and one worker that are ready."""
    address = database_url or f"sqlite:///{folder / 'test.sqlite3'}"
    database = Database(address)
    database.migrate()
    database.close()
    audit = Audit(address)
    audit.install()
    environment = {
        **FAST,
        "DATABASE_URL": address,
        "CELERY_BROKER_URL": broker.url,
        "CHAT_MODEL": "openai-compatible:fake",
        "OPENAI_COMPATIBLE_BASE_URL": provider.url,
        **settings,
    }
    with plant(folder / "plant", **environment) as made:
        made.add_api()
        made.add_worker()
        made.wait_ready()
        yield Line(made, provider, audit)
