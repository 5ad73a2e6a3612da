"""The API on a database of either kind, in this process and without a worker.

Its tasks stay queued unless a test takes the worker's part, so a test decides when each step of
a task happens.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from starlette.testclient import TestClient

from ai_llm_service import wiring
from ai_llm_service.domain import Claim
from ai_llm_service.settings import Settings
from tests.fake_parts import app_with
from tests.service import KEY

LEASE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Api:
    """The door, and what stands behind it."""

    client: TestClient
    core: wiring.Core
    folder: Path

    def upload(
        self, content: str = "The pump is green.", key: str | None = None, **fields: str
    ) -> httpx2.Response:
        return self.client.post(
            "/api/file/upload",
            files={"file": ("pump.txt", content)},
            data=fields,
            headers=named(key),
        )

    def ask(self, key: str | None = None, **body: Any) -> httpx2.Response:
        given = {"queries": ["Which colour?"], **body}
        return self.client.post("/api/file/query", json=given, headers=named(key))

    def cancel(self, task_id: str, key: str | None = None) -> httpx2.Response:
        return self.client.post(f"/api/task/{task_id}/cancel", headers=named(key))

    def look(self, task_id: str, **query: Any) -> httpx2.Response:
        return self.client.get(f"/api/task/{task_id}", params=query)

    def task(self, task_id: str) -> dict[str, Any]:
        return dict(self.look(task_id).json())

    def tasks(self, **filters: Any) -> dict[str, Any]:
        return dict(self.client.get("/api/tasks", params=filters).json())

    def claim(self, task_id: str) -> Claim:
        """Take a task as a worker does."""
        with self.core.database.transaction("test") as store:
            claim = store.claims.claim(task_id, "a-worker", LEASE_SECONDS)
        assert claim is not None
        return claim

    def files(self) -> list[Path]:
        """All files that are kept or arriving."""
        return [path for path in (self.folder / "files").rglob("*") if path.is_file()]


@contextmanager
def serving(folder: Path, database_url: str, **settings: Any) -> Iterator[Api]:
    """The API on a migrated database."""
    broker = "redis+socket:///nobody/listens/here"
    given = {"data_dir": folder, "database_url": database_url, "api_key": KEY, **settings}
    chosen = Settings(_env_file=None, celery_broker_url=broker, **given)
    app = wiring.make_app(chosen)
    core = wiring.build_core(chosen, app)
    parts = wiring.api_parts(chosen, core, app)
    with TestClient(app_with(parts), headers={"Authorization": KEY}) as client:
        yield Api(client, core, folder)
    core.database.close()


def named(key: str | None) -> Mapping[str, str]:
    return {} if key is None else {"Idempotency-Key": key}
