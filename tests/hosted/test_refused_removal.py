"""What a provider refuses to remove is removed once it lets us, however long that takes.

The hours and days pass in the database: what is kept there is moved back by as much.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from tests.hosted.vendor import HostedVendor
from tests.hosted.wire import error_body
from tests.service import KEY
from tests.vendor_exchange import Json
from tests.working import Working, working

HOUR = 3600.0
DAY = 24 * HOUR
MOVES = (
    (
        "UPDATE tasks SET created_at = created_at - :seconds, run_at = run_at - :seconds,"
        " deadline_at = deadline_at - :seconds, finished_at = finished_at - :seconds"
    ),
    "UPDATE sessions SET created_at = created_at - :seconds, closed_at = closed_at - :seconds",
    "UPDATE hosted_files SET intended_at = intended_at - :seconds",
    "UPDATE hosted_stores SET intended_at = intended_at - :seconds",
)


@pytest.fixture
def vendor() -> Iterator[HostedVendor]:
    with HostedVendor() as vendor:
        yield vendor


@pytest.fixture
def service(vendor: HostedVendor, tmp_path: Path, database_url: str) -> Iterator[Working]:
    settings: Json = {
        "openai_api_key": "sk-test",
        "openai_base_url": vendor.url,
        "file_search": "openai",
        "chat_model": "extractive",
        "embedder": "none",
        "sweep_seconds": 1e-6,
    }
    unused: Any = vendor
    with working(tmp_path, database_url, unused, **settings) as working_service:
        yield working_service


def go_on(database_url: str, seconds: float) -> None:
    """So much time has passed."""
    engine = create_engine(database_url)
    with engine.begin() as connection:
        for move in MOVES:
            connection.execute(text(move), {"seconds": seconds})
    engine.dispose()


def refuses(vendor: HostedVendor, status: int, *, of: str) -> None:
    """Let no path that begins so be removed."""
    answer = (status, error_body("VENDOR TEXT"))
    vendor.fault = lambda method, path: (
        answer if method == "DELETE" and path.startswith(of) else None
    )


def hosted(service: Working, told: str = "Apples grow in Norway.\n\nPears too.") -> str:
    """A session with two files at the provider."""
    session_id = service.upload(told)
    files = {"file": ("pumps.txt", "Pump seven failed at noon.")}
    sent = service.client.post("/api/file/upload", files=files, data={"session_id": session_id})
    service.run(sent.json()["task_id"])
    task = service.asked(queries=["Where do apples grow?"], session_id=session_id)
    assert task["status"] == "SUCCESS", task
    return session_id


def close(service: Working, session_id: str) -> str:
    answer = service.client.delete(
        f"/api/file/search/session/{session_id}", headers={"Authorization": KEY}
    )
    return str(answer.json()["task_id"])


def removed(receipt: Json) -> tuple[int, int]:
    """The files and stores that were removed, as the receipt counts them."""
    return receipt["provider_files_removed"], receipt["provider_stores_removed"]


def test_a_refused_removal_is_told_and_made_up_for_days_later(
    service: Working, vendor: HostedVendor, database_url: str
) -> None:
    session_id = hosted(service)
    refuses(vendor, 403, of="/files/")
    task = service.run(close(service, session_id))
    assert task["status"] == "SUCCESS"
    assert task["result"]["left_at_provider"] is True
    assert removed(task["result"]) == (0, 1)
    assert "VENDOR TEXT" not in str(task)
    assert (len(vendor.files), vendor.stores) == (2, {})
    for _ in range(3):
        go_on(database_url, 2 * DAY)
        service.sweep()
        assert len(vendor.files) == 2
    assert service.client.get(f"/api/task/{task['id']}").status_code == 404
    vendor.fault = lambda _method, _path: None
    go_on(database_url, HOUR)
    service.sweep()
    assert vendor.files == {}
    with service.worker.core.database.snapshot() as store:
        assert store.hosted.known_sessions() == set()


def test_a_provider_that_fails_for_hours_is_waited_for(
    service: Working, vendor: HostedVendor, database_url: str
) -> None:
    session_id = hosted(service)
    refuses(vendor, 500, of="/files/")
    waiting = service.run(close(service, session_id))
    assert (waiting["status"], waiting["result"]) == ("RETRY", None)
    assert "the provider can't be reached" in waiting["reason"]
    for _ in range(3):
        go_on(database_url, HOUR)
        service.sweep()
    assert (len(vendor.files), vendor.stores) == (2, {})
    vendor.fault = lambda _method, _path: None
    listed = service.client.get("/api/tasks", params={"kind": "close"}).json()["tasks"]
    ended = [service.run(task["id"]) for task in listed]
    [receipt] = [task["result"] for task in ended if task["status"] == "SUCCESS"]
    assert (removed(receipt), receipt["left_at_provider"]) == ((2, 1), False)
    assert (vendor.stores, vendor.files) == ({}, {})


def test_one_refusal_hinders_no_other_removal(
    service: Working, vendor: HostedVendor, database_url: str
) -> None:
    first, second = hosted(service), hosted(service, "Plums grow in Peru, apples in Norway.")
    refused = next(iter(vendor.files))
    refuses(vendor, 403, of=f"/files/{refused}")
    receipts = [service.run(close(service, each))["result"] for each in (first, second)]
    left = [(removed(receipt), receipt["left_at_provider"]) for receipt in receipts]
    assert left == [((1, 1), True), ((2, 1), False)]
    assert set(vendor.files) == {refused}
    assert vendor.stores == {}
    vendor.fault = lambda _method, _path: None
    go_on(database_url, HOUR)
    service.sweep()
    service.sweep()
    assert vendor.files == {}
