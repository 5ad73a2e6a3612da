"""Background mode in the whole service: nothing stays at the provider that nobody waits for."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fake_vendor import FakeVendor, hangs
from tests.service import FAST, Service, running
from tests.test_broker import eventually


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor() as vendor:
        yield vendor


@pytest.fixture
def service(vendor: FakeVendor, tmp_path: Path) -> Iterator[Service]:
    settings = {
        **FAST,
        "OPENAI_API_KEY": "sk-test",
        "OPENAI_BASE_URL": vendor.url,
        "OPENAI_BACKGROUND": "true",
        "CHAT_MODEL": "openai:gpt-6-luna",
    }
    with running(tmp_path, **settings) as service:
        yield service


def generate(service: Service, **fields: Any) -> str:
    with service.http() as http:
        answer = http.post("/api/generate", json={"prompt": "Name three rivers.", **fields})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["task_id"])


def usage(service: Service) -> dict[str, Any]:
    with service.http() as http:
        return dict(http.get("/api/usage").json()["total"])


def cancelled_there(vendor: FakeVendor) -> bool:
    return any(request.path.endswith("/cancel") for request in vendor.requests)


def test_what_was_answered_is_removed_at_the_provider(service: Service, vendor: FakeVendor) -> None:
    assert service.finished(generate(service))["status"] == "SUCCESS"
    eventually(lambda: not vendor.later.kept)
    assert usage(service)["calls"] == 1
    told = vendor.requests[0].body
    assert len(told["safety_identifier"]) == 64
    assert "prompt_cache_key" not in told


def test_a_response_whose_id_a_crash_lost_can_be_looked_for(
    service: Service, vendor: FakeVendor
) -> None:
    release = threading.Event()
    vendor.script(hangs(release))
    task_id = generate(service)
    eventually(lambda: bool(vendor.requests))
    service.kill("worker")
    release.set()
    assert service.finished(task_id)["status"] == "SUCCESS"
    assert vendor.requests[0].body["metadata"]["task"] == task_id
    assert usage(service)["unknown_calls"] == 1
    told = service.log_file.read_text().splitlines()
    assert any("call_outcome_unknown" in line and task_id in line for line in told)


def test_a_cancelled_task_cancels_its_response(service: Service, vendor: FakeVendor) -> None:
    vendor.later.looks_until_ready = 10**9
    task_id = generate(service)
    eventually(lambda: bool(vendor.later.kept))
    with service.http() as http:
        assert http.post(f"/api/task/{task_id}/cancel").json()["status"] == "REVOKED"
    eventually(lambda: not vendor.later.kept)
    assert cancelled_there(vendor)
    eventually(lambda: usage(service)["unknown_calls"] == 1)


def test_a_task_that_is_too_late_cancels_its_response(service: Service, vendor: FakeVendor) -> None:
    vendor.later.looks_until_ready = 10**9
    task_id = generate(service, deadline_seconds=2)
    assert service.finished(task_id)["code"] == "deadline_exceeded"
    eventually(lambda: not vendor.later.kept)
    assert cancelled_there(vendor)
