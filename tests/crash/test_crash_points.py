"""At each write of the engine the process is killed, once: nothing is lost, nothing done twice."""

import ast
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from ai_llm_service.domain import CallOutcome
from ai_llm_service.store.crash_points import MARKER, POINT
from ai_llm_service.store.database import Database
from tests.chaos.audit import TERMINAL, Audit
from tests.crash.driver import IN_BACKGROUND
from tests.fake_vendor import FakeVendor, answers, embeds, fails, rate_limited
from tests.service import ROOT, clean_environment
from tests.vendor_exchange import Exchange

WRITERS = sorted((ROOT / "src" / "ai_llm_service" / "usecases").glob("*.py"))
# What a crash may leave unanswered, as the ledger says: a call of each session, the generation.
MOST_IN_FLIGHT = 3
QUERIES = ["First?", "Second? (fails once)", "Third?", "Fourth? (must wait)", "Seventh?"]
FIRST_CRASH = {"answer.unknown": "answer.intend:after"}


def named_writes() -> list[str]:
    """The name of each transaction of the engine; each must have one."""
    names = set()
    for file in WRITERS:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Attribute) and called.attr == "transaction":
                [name] = node.args  # type: ignore[attr-defined]
                assert isinstance(name, ast.Constant), f"a write without a crash point in {file}"
                names.add(str(name.value))
    return sorted(names)


POINTS = [f"{name}:{when}" for name in named_writes() for when in ("before", "after")]


class Vendor(FakeVendor):
    """Fails and refuses by the words of the question, each once."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.default = self._behave

    def _behave(self, exchange: Exchange) -> None:
        if exchange.request.path.endswith("/embeddings"):
            embeds()(exchange)
            return
        told = str(exchange.request.messages[-1]["content"])
        question = told.rpartition("Question:")[2].strip()
        first = question not in self.asked
        self.asked.append(question)
        if first and "fails once" in question:
            fails(500)(exchange)
        elif first and "must wait" in question:
            rate_limited({"retry-after": "1"})(exchange)
        else:
            answers(f"Answer to {question} [1].")(exchange)


@contextmanager
def receiver() -> Iterator[tuple[str, list[str]]]:
    """A webhook receiver that is down for its first delivery; its address and the ids it took."""
    taken: list[str] = []
    down = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            up = down.is_set()
            down.set()
            if up:
                taken.append(self.headers["webhook-id"])
            self.send_response(200 if up else 500)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Stay silent."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/hook", taken
    finally:
        server.shutdown()
        server.server_close()


def drive(folder: Path, environment: dict[str, str], hook: str, point: str | None) -> int:
    """Run the driver until it ends or is killed; its exit code."""
    marker = folder / f"crashed-{point}"
    crash = {POINT: point, MARKER: str(marker)} if point else {}
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-m", "tests.crash.driver", str(folder), hook],
        env={**clean_environment(**environment, **crash), "PYTHONPATH": path},
        cwd=folder,
        timeout=100,
        capture_output=True,
        text=True,
        check=False,
    )
    if point:
        assert marker.exists(), f"{point} was not reached: {done.stderr}"
        assert done.returncode == -signal.SIGKILL, done.stderr
    else:
        assert done.returncode == 0, done.stderr
    return done.returncode


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgres", marks=pytest.mark.campaign)], indirect=True
)
def test_a_crash_there_loses_nothing_and_repeats_nothing(
    point: str, database_url: str, tmp_path: Path
) -> None:
    database = Database(database_url)
    database.migrate()
    database.close()
    audit = Audit(database_url)
    audit.install()
    with Vendor() as vendor, receiver() as (hook, delivered):
        environment = {
            "DATABASE_URL": database_url,
            "DATA_DIR": str(tmp_path / "data"),
            "EMBEDDER": "hashed",
            "CHAT_MODEL": "openai-compatible:fake",
            "OPENAI_COMPATIBLE_BASE_URL": vendor.url,
            "WEBHOOK_ALLOWED_HOSTS": hook.split("/")[2],
            "WEBHOOK_FIRST_WAIT_SECONDS": "0.1",
            "LEASE_SECONDS": "0.6",
            "SWEEP_SECONDS": "0.1",
            "REDELIVER_SECONDS": "0.5",
            "LOG_LEVEL": "ERROR",
            "MAX_LOST_WORKERS": "10",
        }
        if point.startswith(("call.ref", "responses.")):
            environment[IN_BACKGROUND] = "1"
        if point.startswith("embedding."):
            environment["EMBEDDER"] = "openai-compatible:vectors"
        first = FIRST_CRASH.get(point.split(":", maxsplit=1)[0])
        for crash in filter(None, (first, point)):
            drive(tmp_path, environment, hook, crash)
        drive(tmp_path, environment, hook, None)
        accepted = (tmp_path / "journal").read_text().split()
        unknown = _count_unknown(database, accepted)
        _judge(audit, vendor, 2 if first else 1, unknown, accepted)
        assert _is_told_of(delivered, audit)
        # Of what was submitted just before the crash nobody knows; all else is removed.
        assert len(list(tmp_path.glob("written-*"))) <= (point == "call.ref:before")


def _judge(audit: Audit, vendor: Vendor, crashes: int, unknown: int, accepted: list[str]) -> None:
    assert audit.unfinished(accepted) == set()
    ends: dict[str, int] = {}
    for move in audit.moves():
        if move.step is None and move.after in TERMINAL:
            ends[move.task_id] = ends.get(move.task_id, 0) + 1
    assert set(ends.values()) == {1}
    steps: dict[tuple[str, int | None], list[str]] = {}
    for move in audit.moves():
        steps.setdefault((move.task_id, move.step), []).append(move.after)
    assert not any(_is_asked_after_its_answer(states) for states in steps.values())
    expected = len(QUERIES) + 2  # one fails once, one must wait
    asked = [question for question in vendor.asked if question in QUERIES]
    assert expected <= len(asked) <= expected + unknown
    assert unknown <= MOST_IN_FLIGHT * crashes
    statuses = [status for status, code in audit.statuses().values() if code is None]
    assert set(statuses) == {"completed"}
    assert {code for _, code in audit.statuses().values()} <= {
        None, "deadline_exceeded", "cancelled"
    }  # fmt: skip


def _is_asked_after_its_answer(states: list[str]) -> bool:
    return "answered" in states and "asking" in states[states.index("answered") :]


def _count_unknown(database: Database, accepted: list[str]) -> int:
    """How many calls stand in the ledger without an outcome."""
    with database.snapshot() as store:
        found = sum(store.usage.count(each, CallOutcome.UNKNOWN) for each in set(accepted))
    database.close()
    return found


def _is_told_of(delivered: list[str], audit: Audit) -> bool:
    """Each end of a query was brought to the receiver, at least once."""
    return len(set(delivered)) >= len(QUERIES)
