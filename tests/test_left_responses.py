"""What a provider wrote in the background and does not let us remove.

The days pass in the database: what is kept there is moved back by as much.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.fake_vendor import FakeVendor, answers, refuses_key
from tests.working import Working, working

DAY = 24 * 3600.0


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor() as vendor:
        yield vendor


@pytest.fixture
def service(vendor: FakeVendor, tmp_path: Path, database_url: str) -> Iterator[Working]:
    settings = {
        "openai_api_key": "sk-test",
        "openai_base_url": vendor.url,
        "openai_background": True,
        "chat_model": "openai:gpt-6-luna",
        "sweep_seconds": 1e-6,
    }
    with working(tmp_path, database_url, vendor, **settings) as working_service:
        yield working_service


def go_on(database_url: str, days: float) -> None:
    """So many days have passed."""
    engine = create_engine(database_url)
    moved = "UPDATE background_responses SET submitted_at = submitted_at - :seconds"
    with engine.begin() as connection:
        connection.execute(text(moved), {"seconds": days * DAY})
    engine.dispose()


def refused_while(vendor: FakeVendor, service: Working) -> list[str]:
    """What a provider that refuses to cancel and to delete is asked in one sweep."""
    before = len(vendor.requests)
    vendor.script(refuses_key(), refuses_key())
    service.sweep()
    return [each.method for each in vendor.requests[before:]]


def test_a_key_that_is_refused_at_a_look_leaves_an_unknown_call_in_the_ledger(
    service: Working, vendor: FakeVendor
) -> None:
    vendor.script(answers("The Rhine."), refuses_key())
    task = service.generated(prompt="Name a river.")
    assert (task["status"], task["code"]) == ("FAILURE", "provider_rejected")
    assert service.usage()["total"]["unknown_calls"] == 1
    service.sweep()
    assert vendor.later.kept == {}
    assert service.usage()["total"]["unknown_calls"] == 1


def test_a_response_that_can_not_be_removed_is_given_up_after_thirty_days(
    service: Working, vendor: FakeVendor, database_url: str
) -> None:
    vendor.script(answers("The Rhine."), refuses_key())
    service.generated(prompt="Name a river.")
    assert refused_while(vendor, service) == ["POST", "DELETE"]
    go_on(database_url, 29.9)
    assert refused_while(vendor, service) == ["POST", "DELETE"]
    go_on(database_url, 0.2)
    assert refused_while(vendor, service) == ["POST", "DELETE"]
    assert refused_while(vendor, service) == []
