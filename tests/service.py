"""The whole service on a free port: real processes, a real broker, a real database."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).parents[1]
KEY = "test-key-of-the-default-tenant"
PASSED_ON = {"PATH", "HOME", "LANG", "TMPDIR", "XDG_RUNTIME_DIR"}
TERMINAL = {"SUCCESS", "FAILURE", "REVOKED"}
START_SECONDS = 60.0
FAST = {
    "LEASE_SECONDS": "1.5",
    "SWEEP_SECONDS": "0.3",
    "REDELIVER_SECONDS": "2",
    "STOP_GRACE_SECONDS": "10",
    "BREAKER_SECONDS": "1",
    "WORKER_CONCURRENCY": "16",
}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Service:
    """A running service and what a client needs to talk to it."""

    address: str
    process: subprocess.Popen[bytes]
    data_dir: Path
    log_file: Path

    def http(self, key: str | None = KEY) -> httpx2.Client:
        headers = {"Authorization": key} if key else {}
        return httpx2.Client(base_url=self.address, headers=headers, timeout=60)

    def upload(self, name: str, content: bytes | str, **fields: str) -> Json:
        """Upload as the production client does; the answer."""
        with self.http() as http:
            answer = http.post("/api/file/upload", files={"file": (name, content)}, data=fields)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def ask(self, queries: list[str], **fields: Any) -> Json:
        with self.http() as http:
            answer = http.post("/api/file/query", json={"queries": queries, **fields})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def close(self, session_id: str) -> Json:
        with self.http() as http:
            answer = http.delete(f"/api/file/search/session/{session_id}")
        assert answer.status_code == 200, answer.text
        return self.finished(answer.json()["task_id"])

    def task(self, task_id: str, wait: float = 0) -> Json:
        with self.http() as http:
            answer = http.get(f"/api/task/{task_id}", params={"wait": wait})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def finished(self, task_id: str, seconds: float = 60) -> Json:
        """The task in its terminal state."""
        give_up_at = time.monotonic() + seconds
        while (task := self.task(task_id, wait=5))["status"] not in TERMINAL:
            assert time.monotonic() < give_up_at, task
        return task

    def until(self, task_id: str, *statuses: str, seconds: float = 60) -> Json:
        """The task once it is seen in one of these states."""
        give_up_at = time.monotonic() + seconds
        while (task := self.task(task_id))["status"] not in statuses:
            assert time.monotonic() < give_up_at, task
        return task

    def answers(self, queries: list[str], **fields: Any) -> list[str]:
        """The texts that answer the queries."""
        task = self.finished(self.ask(queries, **fields)["task_id"])
        assert task["status"] == "SUCCESS", task
        return list(task["result"]["result"])

    def part(self, name: str) -> int:
        """The process id of the running `worker` or `api`."""
        give_up_at = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up_at:
            for pid in children(self.process.pid):
                if f"ai_llm_service.cli {name}" in command_line(pid):
                    return pid
        raise AssertionError(f"no {name} runs")

    def kill(self, name: str) -> int:
        """Kill a part as the kernel would; the process id that it had."""
        pid = self.part(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def stop_part(self, name: str) -> None:
        """Ask a part to stop, as a rolling restart does."""
        os.kill(self.part(name), signal.SIGTERM)


@contextmanager
def running(folder: Path, **environment: str) -> Iterator[Service]:
    """`ai-llm-service up` on a data folder of its own, stopped at the end."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    log_file = folder / "service.log"
    command = [sys.executable, "-m", "ai_llm_service.cli", "up", "--port", str(port)]
    with log_file.open("ab") as log:
        process = subprocess.Popen(
            [*command, "--data-dir", str(folder / "data")],
            cwd=folder,
            env=clean_environment(**{"API_KEY": KEY, **FAST, **environment}),
            stdout=log,
            stderr=log,
        )
    service = Service(f"http://127.0.0.1:{port}", process, folder / "data", log_file)
    try:
        wait_until_ready(service)
        yield service
    finally:
        process.terminate()
        process.wait(timeout=30)


def clean_environment(**settings: str) -> Mapping[str, str]:
    """What a part needs of this process's environment, and the settings given."""
    kept = {k: v for k, v in os.environ.items() if k in PASSED_ON}
    return {**kept, "PYTHONPATH": str(ROOT / "src"), **settings}


def wait_until_ready(service: Service) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up_at:
        assert service.process.poll() is None, service.log_file.read_text()
        try:
            if httpx2.get(f"{service.address}/health/ready", timeout=5).status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.05)
    raise AssertionError(service.log_file.read_text())


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def children(pid: int) -> list[int]:
    """All processes below one."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
    found, front = [], [pid]
    while front:
        front = [child for child, parent in parents.items() if parent in front]
        found += front
    return found


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""
