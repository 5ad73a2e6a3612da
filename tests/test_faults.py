"""What a fault does to a task: nothing is lost, nothing answered is asked again."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fake_vendor import (
    FakeVendor,
    answers,
    drops_connection,
    fails,
    hangs,
    out_of_credit,
    rate_limited,
    refuses_key,
    sends_half,
)
from tests.service import Service, running

TEXT = "The north well is 31 metres deep.\nThe south well is 47 metres deep.\n"
VENDOR_KEY = "sk-canary-of-the-vendor"


@pytest.fixture(scope="module")
def service(
    shared_vendor: FakeVendor, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("faults"), **asking(shared_vendor)) as service:
        yield service


def asking(vendor: FakeVendor) -> dict[str, str]:
    return {"OPENAI_API_KEY": VENDOR_KEY, "OPENAI_BASE_URL": vendor.url}


def questions(vendor: FakeVendor) -> list[str]:
    """The last line of each prompt that the vendor was sent, in order."""
    return [request.messages[-1]["content"] for request in vendor.requests]


def test_a_killed_worker_s_task_is_done_by_the_next_and_answers_are_not_asked_again(
    service: Service, vendor: FakeVendor
) -> None:
    release = threading.Event()
    vendor.script(answers("First [1]."), hangs(release))
    sent = service.upload("wells.txt", TEXT)
    asked = service.ask(["First question?", "Second question?"], session_id=sent["session_id"])
    while len(vendor.requests) < 2:
        service.task(asked["task_id"], wait=1)
    killed = service.kill("worker")
    vendor.script(answers("Second [1]."))
    task = service.finished(asked["task_id"])
    release.set()
    assert service.part("worker") != killed
    assert task["status"] == "SUCCESS"
    assert [text.split(" [1]")[0] for text in task["result"]["result"]] == ["First", "Second"]
    asked_first = [text for text in questions(vendor) if "First question?" in text.split("\n")[-1]]
    assert len(asked_first) == 1


def test_everything_killed_at_once_loses_nothing(tmp_path: Path, vendor: FakeVendor) -> None:
    release = threading.Event()
    vendor.script(hangs(release))
    with running(tmp_path, **asking(vendor)) as service:
        sent = service.upload("wells.txt", TEXT)
        asked = service.ask(["How deep?"], session_id=sent["session_id"])
        while not vendor.requests:
            service.task(asked["task_id"], wait=1)
        service.process.kill()
        service.process.wait()
    release.set()
    with running(tmp_path, **asking(vendor)) as restarted:
        assert restarted.finished(asked["task_id"])["status"] == "SUCCESS"


@pytest.mark.parametrize(
    "fault",
    [
        rate_limited({"retry-after": "1"}),
        rate_limited({"retry-after-ms": "300"}),
        fails(500),
        fails(503),
        drops_connection(),
        sends_half(),
    ],
    ids=["429", "429-ms", "500", "503", "dropped", "half"],
)
def test_a_passing_fault_is_retried_and_only_its_own_query(
    service: Service, vendor: FakeVendor, fault: object
) -> None:
    vendor.script(answers("One [1]."), answers("Two [1]."), fault, answers("Three [1]."))  # type: ignore[arg-type]
    sent = service.upload("wells.txt", TEXT)
    asked = service.ask(["First?", "Second?", "Third?"], session_id=sent["session_id"])
    task = service.finished(asked["task_id"])
    assert task["status"] == "SUCCESS"
    assert len(vendor.requests) == 4
    assert [text.split(" ")[0] for text in task["result"]["result"]] == ["One", "Two", "Three"]


def test_a_client_sees_retry_while_the_provider_makes_it_wait(
    service: Service, vendor: FakeVendor
) -> None:
    vendor.script(rate_limited({"retry-after": "2"}))
    sent = service.upload("wells.txt", TEXT)
    asked = service.ask(["How deep?"], session_id=sent["session_id"])
    waiting = service.until(asked["task_id"], "RETRY")
    assert "wait" in waiting["reason"]
    assert service.finished(asked["task_id"])["status"] == "SUCCESS"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (refuses_key(), "provider_rejected"),
        (out_of_credit(), "provider_rejected"),
        (fails(400), "provider_rejected"),
    ],
    ids=["401", "credit", "400"],
)
def test_what_can_not_heal_fails_at_once_and_keeps_the_answers_that_exist(
    service: Service, vendor: FakeVendor, fault: object, code: str
) -> None:
    vendor.script(answers("One [1]."), fault, answers("Three [1]."))  # type: ignore[arg-type]
    sent = service.upload("wells.txt", TEXT)
    asked = service.ask(["First?", "Second?", "Third?"], session_id=sent["session_id"])
    task = service.finished(asked["task_id"])
    assert (task["status"], task["code"]) == ("FAILURE", code)
    assert len(vendor.requests) == 3
    assert len(task["result"]["result"]) == 2
    assert "Query 2 of 3" in task["error"]
    assert "VENDOR TEXT" not in str(task)


def test_a_fault_that_stays_ends_after_a_bounded_number_of_attempts(
    service: Service, vendor: FakeVendor
) -> None:
    vendor.default = fails(500)
    sent = service.upload("wells.txt", TEXT)
    asked = service.ask(["How deep?"], session_id=sent["session_id"])
    task = service.finished(asked["task_id"])
    assert (task["status"], task["code"]) == ("FAILURE", "provider_unavailable")
    assert len(vendor.requests) == 5


def test_a_closed_session_cancels_what_is_queued(service: Service, vendor: FakeVendor) -> None:
    release = threading.Event()
    vendor.script(hangs(release))
    sent = service.upload("wells.txt", TEXT)
    running_task = service.ask(["First?"], session_id=sent["session_id"])
    queued_task = service.ask(["Second?"], session_id=sent["session_id"])
    while not vendor.requests:
        service.task(running_task["task_id"], wait=1)
    closed = service.close(sent["session_id"])
    assert closed["result"]["tasks_cancelled"] == 2
    assert service.task(queued_task["task_id"])["status"] == "REVOKED"
    release.set()
    assert service.task(running_task["task_id"])["status"] == "REVOKED"
    assert len(vendor.requests) == 1


def test_a_cancelled_question_asks_no_further_query(service: Service, vendor: FakeVendor) -> None:
    release = threading.Event()
    vendor.script(answers("One [1]."), hangs(release, answers("Two [1].")))
    sent = service.upload("wells.txt", TEXT)
    asked = service.ask(["One?", "Two?", "Three?"], session_id=sent["session_id"])
    while len(vendor.requests) < 2:
        service.task(asked["task_id"], wait=1)
    with service.http() as http:
        told = http.post(f"/api/task/{asked['task_id']}/cancel").json()
    assert (told["status"], len(told["result"]["result"])) == ("REVOKED", 1)
    release.set()
    # The session goes on with its next question.
    assert service.answers(["Four?"], session_id=sent["session_id"])
    assert service.task(asked["task_id"])["status"] == "REVOKED"
    assert not any("Three?" in text for text in questions(vendor))


def test_memory_and_instructions_reach_the_model(service: Service, vendor: FakeVendor) -> None:
    sent = service.upload("wells.txt", TEXT)
    first = service.ask(
        ["How deep is the north well?"],
        session_id=sent["session_id"],
        assistant_prompt="Answer as a hydrologist.",
    )
    service.finished(first["task_id"])
    second = service.ask(["And the south one?"], session_id=sent["session_id"])
    service.finished(second["task_id"])
    told = str(vendor.requests[-1].messages)
    assert "How deep is the north well?" in told
    assert "Answer as a hydrologist." in told
    third = service.ask(["Why?"], session_id=sent["session_id"], system_prompt="Answer as a poet.")
    service.finished(third["task_id"])
    told = str(vendor.requests[-1].messages)
    assert "Answer as a poet." in told
    assert "hydrologist" not in told


def test_a_polite_stop_gives_a_task_back_without_counting_it(
    service: Service, vendor: FakeVendor
) -> None:
    release = threading.Event()
    vendor.script(hangs(release, answers("One [1].")))
    sent = service.upload("wells.txt", TEXT)
    asked = service.ask(["First?", "Second?"], session_id=sent["session_id"])
    while not vendor.requests:
        service.task(asked["task_id"], wait=1)
    service.stop_part("worker")
    release.set()
    task = service.finished(asked["task_id"])
    assert task["status"] == "SUCCESS"
    assert task["attempt"] == 1
    assert len(vendor.requests) == 2
    assert "One" in task["result"]["result"][0]


def test_no_secret_prompt_or_document_text_reaches_the_logs_or_the_broker(
    service: Service, vendor: FakeVendor
) -> None:
    vendor.script(refuses_key(), answers("canary-answer [1]."))
    sent = service.upload("canary-name.txt", "canary-document text\n")
    asked = service.ask(
        ["canary-question?", "canary-question two?"],
        session_id=sent["session_id"],
        assistant_prompt="canary-prompt",
    )
    task = service.finished(asked["task_id"])
    log = service.log_file.read_text()
    database = b"".join(path.read_bytes() for path in service.data_dir.glob("*.sqlite3*"))
    assert VENDOR_KEY not in str(task)
    assert VENDOR_KEY.encode() not in database
    broker = b"".join(
        path.read_bytes() for path in (service.data_dir / "broker").rglob("*") if path.is_file()
    ).decode(errors="replace")
    assert asked["task_id"] in log
    assert asked["task_id"] in broker
    for secret in ("canary", "test-key-of-the-default-tenant"):
        assert secret not in log
        assert secret not in broker
