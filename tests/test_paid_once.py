"""A reading of all in parts is paid once, whatever stops it, and its cost is told before."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fake_vendor import FakeVendor, answers, fails
from tests.vendor_exchange import Messages
from tests.working import PRICED, Working, prices, working

BOOK = "\n".join(f"Well {number:04} is {number + 3} metres deep." for number in range(900))
QUESTION = "List all wells."


def notes(messages: Messages) -> str:
    """A note on the first passage of a part; the first note of many."""
    asked = messages[-1]["content"]
    if "<notes>" in asked:
        return str(asked).split("<notes>\n")[1].split("\n</notes>")[0]
    number = str(asked).split("<passage>\n[")[1].split("]")[0]
    return f"There are wells [{number}]."


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor() as vendor:
        vendor.default = answers(notes)
        yield vendor


@pytest.fixture
def service(vendor: FakeVendor, tmp_path: Path) -> Iterator[Working]:
    given: dict[str, Any] = {
        "model_context_tokens": 4000,
        "max_attempts": 3,
        "prices_file": prices(tmp_path, PRICED),
    }
    with working(tmp_path, f"sqlite:///{tmp_path / 'base.sqlite3'}", vendor, **given) as service:
        yield service


def told(vendor: FakeVendor) -> Counter[str]:
    return Counter(str(request.messages) for request in vendor.requests)


def test_a_reading_that_failed_goes_on_where_it_stood(service: Working, vendor: FakeVendor) -> None:
    session_id = service.upload(BOOK)
    ok = answers(notes)
    vendor.script(ok, ok, ok, fails(500))
    task = service.asked(queries=[QUESTION], session_id=session_id)
    assert task["status"] == "RETRY"
    failed = len(vendor.requests)
    assert failed >= 4
    task = finished(service, task["id"])
    assert task["status"] == "SUCCESS"
    [answer] = task["result"]["answers"]
    assert answer["method"] == "read_all"
    assert answer["coverage"]["chunks_read"] == answer["coverage"]["chunks_total"]
    # Only the call that failed was made twice.
    assert sum(told(vendor).values()) - len(told(vendor)) == 1


def finished(service: Working, task_id: str) -> dict[str, Any]:
    """The task after its wait for another try."""
    give_up_at = time.monotonic() + 60
    while (task := service.run(task_id))["status"] in {"RETRY", "PENDING"}:
        assert time.monotonic() < give_up_at, task
        time.sleep(0.05)
    return task


def test_the_cost_of_reading_all_is_told_before_and_holds(
    service: Working, vendor: FakeVendor
) -> None:
    session_id = service.upload(BOOK)
    asked: dict[str, Any] = {"queries": [QUESTION], "session_id": session_id}
    estimate = service.post("/file/query", **asked, dry_run=True)["estimate"]
    narrow = service.post("/file/query", **{**asked, "mode": "lookup"}, dry_run=True)["estimate"]
    assert not vendor.requests
    assert narrow["calls"] == 1
    [answer] = service.asked(**asked)["result"]["answers"]
    assert len(vendor.requests) / 2 <= estimate["calls"] <= 3 * len(vendor.requests)
    assert answer["cost"] <= estimate["cost"]


def test_no_part_is_read_that_could_cost_more_than_its_request_may(
    service: Working, vendor: FakeVendor
) -> None:
    session_id = service.upload(BOOK)
    asked: dict[str, Any] = {"queries": [QUESTION], "session_id": session_id}
    estimate = service.post("/file/query", **asked, dry_run=True)["estimate"]
    one_call = estimate["cost"] / estimate["calls"]
    task = service.asked(**asked, max_cost=one_call / 2)
    assert (task["status"], task["code"]) == ("FAILURE", "cost_limit_exceeded")
    assert not vendor.requests
