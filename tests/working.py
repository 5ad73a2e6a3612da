"""The API and a worker in this process, before a vendor that is scripted."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from ai_llm_service import wiring
from ai_llm_service.settings import Settings
from tests.fake_parts import app_with
from tests.fake_vendor import FakeVendor
from tests.service import KEY

Json = dict[str, Any]
MODEL = "openai-compatible:fake"


class SilentBroker:
    """Takes ids and rings nobody; a test has its tasks run by itself."""

    def send_task(self, _name: str, args: list[str], **_options: object) -> None:
        """Ring nobody."""


@dataclass(frozen=True, slots=True)
class Working:
    """The door and a worker."""

    client: TestClient
    worker: wiring.WorkerProcess

    def post(self, path: str, **body: Any) -> Json:
        answer = self.client.post(f"/api{path}", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def refused(self, path: str, **body: Any) -> Json:
        """The problem that the body is refused with."""
        answer = self.client.post(f"/api{path}", json=body)
        assert answer.status_code >= 400, answer.text
        return dict(answer.json())

    def run(self, task_id: str) -> Json:
        """The task once the worker has had it."""
        self.worker.runner.run(task_id)
        return self.task(task_id)

    def task(self, task_id: str) -> Json:
        return dict(self.client.get(f"/api/task/{task_id}").json())

    def generated(self, **body: Any) -> Json:
        """The task of a generation, performed."""
        return self.run(self.post("/generate", **body)["task_id"])

    def upload(self, text: str = "The north well is 31 metres deep.\n") -> str:
        """A session with one document that has been read."""
        sent = self.client.post("/api/file/upload", files={"file": ("wells.txt", text)}).json()
        assert self.run(sent["task_id"])["status"] == "SUCCESS"
        return str(sent["session_id"])

    def asked(self, **body: Any) -> Json:
        """The task of a query, performed."""
        return self.run(self.post("/file/query", **body)["task_id"])

    def sweep(self) -> None:
        """What the worker does by itself from time to time, each thing once."""
        for background in (*self.worker._tidying, self.worker.core.sweeper):
            if background is not None:
                background._round()

    def usage(self, **query: Any) -> Json:
        answer = self.client.get("/api/usage", params=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@contextmanager
def working(folder: Path, database_url: str, vendor: FakeVendor, **given: Any) -> Iterator[Working]:
    """The whole of it on a migrated database."""
    settings = Settings(
        _env_file=None,
        **{
            "celery_broker_url": "redis+socket:///nobody/listens/here",
            "data_dir": folder,
            "database_url": database_url,
            "api_key": KEY,
            "chat_model": MODEL,
            "openai_compatible_base_url": vendor.url,
            **given,
        },
    )
    broker: Any = SilentBroker()
    worker = wiring.WorkerProcess(settings, broker)
    parts = wiring.api_parts(settings, worker.core, broker)
    with TestClient(app_with(parts), headers={"Authorization": KEY}) as client:
        yield Working(client, worker)
    worker.core.database.close()


def prices(folder: Path, text: str) -> Path:
    """A file of prices."""
    file = folder / "prices.toml"
    file.write_text(text, "utf-8")
    return file


PRICED = f"""
[[price]]
model = "{MODEL}"
input = 1.0
output = 2.0
since = "2026-11-22"
source = "a test"
"""
