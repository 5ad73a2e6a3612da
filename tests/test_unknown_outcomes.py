"""A call that ended without an answer may have been paid: it is counted, and the policy decides."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_llm_service.domain import CallOutcome
from ai_llm_service.store.database import Database
from tests.fake_vendor import FakeVendor, answers, drops_connection, fails, hangs
from tests.service import Service, running

TEXT = "The north well is 31 metres deep.\n"


@pytest.fixture(scope="module")
def service(
    shared_vendor: FakeVendor, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A service whose policy is to fail."""
    folder = tmp_path_factory.mktemp("unknown")
    with running(folder, **asking(shared_vendor), ON_UNKNOWN="fail") as service:
        yield service


def asking(vendor: FakeVendor) -> dict[str, str]:
    return {"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": vendor.url}


def counted(service: Service, task_id: str, outcome: CallOutcome) -> int:
    """How many calls for the task stand in the ledger with this outcome."""
    database = Database(f"sqlite:///{service.data_dir / 'ai-llm-service.sqlite3'}")
    with database.snapshot() as store:
        found = store.usage.count(task_id, outcome)
    database.close()
    return found


def test_a_call_that_timed_out_is_repeated_and_counted_as_possibly_paid(
    vendor: FakeVendor, tmp_path: Path
) -> None:
    release = threading.Event()
    vendor.script(hangs(release), drops_connection(), fails(500), answers("Done [1]."))
    with running(tmp_path, **asking(vendor), PROVIDER_TIMEOUT_SECONDS="1") as service:
        sent = service.upload("wells.txt", TEXT)
        task_id = service.ask(["How deep?"], session_id=sent["session_id"])["task_id"]
        assert service.finished(task_id)["status"] == "SUCCESS"
        release.set()
        assert counted(service, task_id, CallOutcome.UNKNOWN) == 2
        assert counted(service, task_id, CallOutcome.PAID) == 1


def test_the_policy_may_be_to_fail_rather_than_to_pay_twice(
    service: Service, vendor: FakeVendor
) -> None:
    vendor.script(answers("One [1]."), drops_connection(), answers("Three [1]."))
    sent = service.upload("wells.txt", TEXT)
    queries = ["First?", "Second?", "Third?"]
    task_id = service.ask(queries, session_id=sent["session_id"])["task_id"]
    task = service.finished(task_id)
    assert task["status"] == "FAILURE"
    assert "Query 2 of 3" in task["error"]
    assert len(task["result"]["result"]) == 2
    assert len(vendor.requests) == 3
    assert counted(service, task_id, CallOutcome.UNKNOWN) == 1


def test_a_worker_killed_in_a_call_leaves_it_counted_and_the_policy_decides(
    service: Service, vendor: FakeVendor
) -> None:
    release = threading.Event()
    vendor.script(hangs(release))
    sent = service.upload("wells.txt", TEXT)
    task_id = service.ask(["How deep?"], session_id=sent["session_id"])["task_id"]
    while not vendor.requests:
        service.task(task_id, wait=1)
    service.kill("worker")
    task = service.finished(task_id)
    release.set()
    assert (task["status"], task["code"]) == ("FAILURE", "provider_unavailable")
    assert len(vendor.requests) == 1
    assert counted(service, task_id, CallOutcome.UNKNOWN) == 1


def test_parallel_queries_are_asked_at_once_and_do_not_see_each_other(
    service: Service, vendor: FakeVendor
) -> None:
    together = threading.Barrier(3)

    def meet(messages: list[dict[str, str]]) -> str:
        together.wait(30)  # broken unless all three are asked at the same time
        return f"{str(messages).count('question?')} [1]."

    vendor.default = answers(meet)
    sent = service.upload("wells.txt", TEXT)
    queries = ["first question?", "second question?", "third question?"]
    asked = service.ask(queries, session_id=sent["session_id"], parallel=True)
    task = service.finished(asked["task_id"])
    assert task["status"] == "SUCCESS"
    assert [text.split(" ")[0] for text in task["result"]["result"]] == ["1", "1", "1"]
