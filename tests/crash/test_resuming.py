"""A worker is killed in the middle of an answer: the next one asks the same, and nothing twice."""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import regex

from ai_llm_service.domain import CallOutcome, CallState
from ai_llm_service.store.crash_points import MARKER, POINT
from ai_llm_service.store.database import Database
from tests.crash.resuming import TABLE
from tests.fake_vendor import FakeVendor, answers
from tests.service import KEY, ROOT, clean_environment
from tests.vendor_exchange import Messages
from tests.working import MODEL

WORDS = ("north", "south", "green", "old", "deep", "dry", "iron", "public", "school", "market")
QUESTION = "Which green wells of the north market are deep?"
BOOK = "\n".join(f"Well {number:04} is {number + 3} metres deep." for number in range(900))
COUNTED = "How many green wells of the north market are deep?"
READ_ALL = "List all wells."
NOTE = regex.compile(r"^Well .* \[\d+\]\.$", regex.MULTILINE)
PASSAGE = regex.compile(r"<passage>\n\[(\d+)\][^\n]*\n([^\n]*)\.")


def prose() -> str:
    """Lines in which words and vectors find different things."""
    chance = random.Random(7)
    return "\n".join(
        f"Well {number:04}: {' '.join(chance.choices(WORDS, k=chance.randint(4, 12)))}."
        for number in range(900)
    )


def notes(messages: Messages) -> str:
    """A note on the first line of a part; of notes all of them."""
    asked = str(messages[-1]["content"])
    if "<notes>" in asked:
        return "\n".join(NOTE.findall(asked))
    number, line = PASSAGE.findall(asked)[0]
    return f"{line} [{number}]."


def statement_or_sentence(messages: Messages) -> str:
    if "DuckDB" in str(messages[0]["content"]):
        return 'SELECT count(*) AS wells FROM "prices"'
    return "There are 2 wells [1]."


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor() as vendor:
        vendor.default = answers(notes)
        yield vendor


class Line:
    """The processes that take up the same question one after the other."""

    def __init__(self, folder: Path, database_url: str, vendor: FakeVendor, text: str) -> None:
        self.database = Database(database_url)
        self.database.migrate()
        self._folder = folder
        self._document = folder / "document"
        self._document.write_text(text)
        (folder / "data").mkdir()
        self._settings: dict[str, Any] = {
            "celery_broker_url": "redis+socket:///nobody/listens/here",
            "data_dir": str(folder / "data"),
            "database_url": database_url,
            "api_key": KEY,
            "embedder": "hashed",
            "chat_model": MODEL,
            "openai_compatible_base_url": vendor.url,
            "model_context_tokens": 4000,
            "lease_seconds": 1.5,
            "sweep_seconds": 0.1,
            "max_lost_workers": 100,
        }
        self.settings: dict[str, Any] = {}
        self.table = ""
        self._kills = 0

    def killed(self, question: str, point: str) -> bool:
        """Whether the next process reached the point, and was killed there."""
        self._kills += 1
        marker = self._folder / f"killed-{self._kills}"
        crash = {POINT: point, MARKER: str(marker)}
        self.done = self._run(question, crash)
        assert self.done.returncode == (-signal.SIGKILL if marker.exists() else 0), self.done.stderr
        return marker.exists()

    def answered(self, question: str) -> dict[str, Any]:
        """The only answer, from a process that lives."""
        self.done = self._run(question, {})
        assert self.done.returncode == 0, self.done.stderr
        return self.answer()

    def answer(self) -> dict[str, Any]:
        task = json.loads(self.done.stdout.splitlines()[-1])
        assert task["status"] == "SUCCESS", task
        [answer] = task["result"]["answers"]
        return dict(answer)

    def unknown(self) -> int:
        with self.database.snapshot() as store:
            return store.usage.count(self.task_id, CallOutcome.UNKNOWN)

    def recorded(self) -> list[str]:
        """What was answered, as far as the store knows."""
        with self.database.snapshot() as store:
            calls = store.calls.of_step(self.task_id, 1)
        return [
            str((call.generation or {})["text"])
            for call in calls
            if call.state is CallState.ANSWERED
        ]

    @property
    def task_id(self) -> str:
        return (self._folder / "data" / "accepted").read_text()

    def _run(self, question: str, crash: dict[str, str]) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        return subprocess.run(
            [
                *(sys.executable, "-m", "tests.crash.resuming"),
                *(json.dumps({**self._settings, **self.settings}), str(self._document), question),
            ],
            env={**clean_environment(**crash, **{TABLE: self.table}), "PYTHONPATH": path},
            cwd=self._folder,
            timeout=200,
            capture_output=True,
            text=True,
            check=False,
        )


def told(vendor: FakeVendor) -> list[str]:
    return [str(request.messages) for request in vendor.requests]


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """What a prompt holds does not depend on the kind of database: one is enough."""
    return f"sqlite:///{tmp_path / 'test.sqlite3'}"


# Each starts two or three processes, one after the other.
@pytest.mark.timeout(400)
@pytest.mark.parametrize("point", ["call.record:before", "answer.record:before"])
def test_vectors_that_come_in_meanwhile_change_no_prompt(
    point: str, sqlite_url: str, vendor: FakeVendor, tmp_path: Path
) -> None:
    line = Line(tmp_path, sqlite_url, vendor, prose())
    assert line.killed(QUESTION, point)
    answer = line.answered(QUESTION)
    assert answer["method"] == "lookup"
    assert len(set(told(vendor))) == 1
    # Only a generation that was never kept is paid twice, and the ledger says so.
    assert len(told(vendor)) == 1 + line.unknown() == 1 + (point == "call.record:before")
    line.database.close()


@pytest.mark.timeout(400)
def test_vectors_change_no_prompt_that_only_single_chunks_fit(
    sqlite_url: str, vendor: FakeVendor, tmp_path: Path
) -> None:
    line = Line(tmp_path, sqlite_url, vendor, prose())
    line.settings = {"model_context_tokens": 730}
    assert line.killed(QUESTION, "answer.record:before")
    answer = line.answered(QUESTION)
    assert answer["method"] == "lookup"
    assert answer["coverage"]["chunks_read"] == 2
    assert len(told(vendor)) == 1
    line.database.close()


@pytest.mark.timeout(400)
def test_vectors_change_no_prompt_that_tells_what_was_computed(
    sqlite_url: str, vendor: FakeVendor, tmp_path: Path
) -> None:
    line = Line(tmp_path, sqlite_url, vendor, prose())
    line.table = "well,metres\nnorth,31\nsouth,12\n"
    vendor.default = answers(statement_or_sentence)
    assert line.killed(COUNTED, "answer.record:before")
    assert line.answered(COUNTED)["method"] == "compute"
    statement, sentence = told(vendor)
    assert ("<passage>" in statement, "<passage>" in sentence) == (False, True)
    line.database.close()


@pytest.mark.timeout(400)
def test_parts_that_were_read_are_never_read_again(
    database_url: str, vendor: FakeVendor, tmp_path: Path
) -> None:
    line = Line(tmp_path, database_url, vendor, BOOK)
    known: list[str] = []
    asked = 0
    for _ in range(2):
        assert line.killed(READ_ALL, "call.record:after")
        # Whatever the process asked, no process before it had an answer to.
        assert not [each for each in vendor.requests[asked:] if notes(each.messages) in known]
        asked, before, known = len(vendor.requests), known, line.recorded()
        assert len(known) > len(before)
    answer = line.answered(READ_ALL)
    assert not [each for each in vendor.requests[asked:] if notes(each.messages) in known]
    assert len(told(vendor)) <= len(set(told(vendor))) + line.unknown()
    _rests_on_all_parts(answer, sum("<notes>" not in each for each in set(told(vendor))))
    line.database.close()


def _rests_on_all_parts(answer: dict[str, Any], parts: int) -> None:
    assert (answer["method"], answer["coverage"]["complete"]) == ("read_all", True)
    assert answer["coverage"]["chunks_read"] == answer["coverage"]["chunks_total"]
    quotes = {each["quote"] for each in answer["citations"]}
    assert len(quotes) == len(answer["citations"]) == parts > 2
    assert all(each["verified"] and each["quote"] in BOOK for each in answer["citations"])
