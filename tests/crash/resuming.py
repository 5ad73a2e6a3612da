"""One question in a process that may be killed, and gone on with by the next one.

    python -m tests.crash.resuming '{"data_dir": ..., "database_url": ...}' wells.txt "Which?"

What the first process accepted stands in the data folder; later ones find it there. Each has all
vectors made before it answers, but for the first.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from ai_llm_service import wiring
from ai_llm_service.settings import Settings
from ai_llm_service.wiring.vectors import make_embedder
from tests.fake_parts import app_with
from tests.service import KEY, TERMINAL
from tests.working import SilentBroker, Working

PATIENCE_SECONDS = 60.0
# A table that the session has besides its document.
TABLE = "TEST_TABLE"


def main() -> None:
    given, document, question = sys.argv[1:]
    settings = Settings(_env_file=None, **json.loads(given))
    broker: Any = SilentBroker()
    worker = wiring.WorkerProcess(settings, broker)
    parts = wiring.api_parts(settings, worker.core, broker)
    with TestClient(app_with(parts), headers={"Authorization": KEY}) as client:
        service = Working(client, worker)
        accepted = settings.data_dir / "accepted"
        if accepted.exists():
            _embed(settings, worker)
            _answer(service, accepted.read_text())
        else:
            session_id = service.upload(Path(document).read_text())
            if table := os.environ.get(TABLE):
                _add_table(service, session_id, table)
            asked = service.post("/file/query", queries=[question], session_id=session_id)
            accepted.write_text(asked["task_id"])
            service.run(asked["task_id"])


def _add_table(service: Working, session_id: str, text: str) -> None:
    files = {"file": ("prices.csv", text)}
    sent = service.client.post("/api/file/upload", files=files, data={"session_id": session_id})
    service.run(sent.json()["task_id"])


def _embed(settings: Settings, worker: wiring.WorkerProcess) -> None:
    embedder = make_embedder(settings, worker.core.database, lambda: True)
    while embedder is not None and not embedder.work():
        continue


def _answer(service: Working, task_id: str) -> None:
    """Once the sweeper has taken the task from the process that is gone."""
    service.worker.core.sweeper.start()
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while (task := service.run(task_id))["status"] not in TERMINAL:
        if time.monotonic() > give_up_at:
            sys.exit(f"the task did not end: {task}")
        time.sleep(0.05)
    sys.stdout.write(json.dumps(task))


if __name__ == "__main__":
    main()
