"""What was sent, what came of it, and how to send it again."""

from typing import Any

import httpx2

from ai_llm_service.store.database import Database
from ai_llm_service.usecases.keys import create_key
from tests.contract import UNKNOWN_ID, problem
from tests.receiver import Answer, Receiver
from tests.service import Service
from tests.webhook_steps import (
    ask,
    deliveries,
    until,
    upload,
)

Json = dict[str, Any]


def test_an_ended_delivery_is_sent_again_when_its_tenant_asks(
    service: Service, http: httpx2.Client, receiver: Receiver
) -> None:
    receiver.script(Answer(410))
    sent = upload(service)
    ask(service, sent["session_id"], receiver)
    [failed] = until(http, sent["session_id"], "failed")
    path = f"/api/webhooks/deliveries/{failed['id']}/redeliver"
    again = http.post(path)
    assert (again.status_code, again.json()["status"]) == (200, "pending")
    [delivered] = until(http, sent["session_id"], "delivered")
    assert (delivered["id"], delivered["attempts"]) == (failed["id"], 2)
    http.post(path)
    assert len({each.headers["webhook-id"] for each in receiver.wait_for(3)}) == 1


def test_all_that_failed_since_a_time_is_sent_again(
    service: Service, http: httpx2.Client, receiver: Receiver
) -> None:
    receiver.script(Answer(410), Answer(410))
    sent = upload(service)
    for _ in range(2):
        ask(service, sent["session_id"], receiver)
    failed = until(http, sent["session_id"], "failed", number=2)
    future = {"since": "2999-01-01T00:00:00Z"}
    assert http.post("/api/webhooks/redeliver", json=future).json() == {"redelivered": 0}
    since = min(each["created_at"] for each in failed)
    answer = http.post("/api/webhooks/redeliver", json={"since": since})
    assert answer.json()["redelivered"] >= 2
    delivered = until(http, sent["session_id"], "delivered", number=2)
    assert {each["id"] for each in delivered} == {each["id"] for each in failed}


def test_the_deliveries_of_another_tenant_do_not_exist(
    service: Service, http: httpx2.Client, receiver: Receiver, database_address: str
) -> None:
    sent = upload(service)
    ask(service, sent["session_id"], receiver)
    [own] = until(http, sent["session_id"], "delivered")
    key = create_key(Database(database_address), "another", "")
    with service.http(key) as other:
        assert deliveries(other) == []
        foreign = other.post(f"/api/webhooks/deliveries/{own['id']}/redeliver")
        unknown = other.post(f"/api/webhooks/deliveries/{UNKNOWN_ID}/redeliver")
        problem(foreign, 404, "delivery_not_found")
        assert strip(foreign.json()) == strip(unknown.json())
        since = {"since": "1970-01-01T00:00:00Z"}
        assert other.post("/api/webhooks/redeliver", json=since).json() == {"redelivered": 0}


def test_the_log_is_read_page_by_page_and_by_time(
    service: Service, http: httpx2.Client, receiver: Receiver
) -> None:
    sent = upload(service)
    for _ in range(3):
        ask(service, sent["session_id"], receiver)
    newest = until(http, sent["session_id"], "delivered", number=3)
    first = http.get("/api/webhooks/deliveries", params={"limit": 2}).json()
    rest = deliveries(http, limit=1, before=first["next_before"])
    assert [each["id"] for each in first["deliveries"] + rest] == [e["id"] for e in newest]
    since = deliveries(http, since=newest[0]["created_at"])
    assert newest[0]["id"] in {each["id"] for each in since}
    assert deliveries(http, since="2999-01-01T00:00:00Z") == []
    problem(http.get("/api/webhooks/deliveries?status=lost"), 422, "invalid_request")


def strip(body: Json) -> Json:
    """A problem without what tells one request from another."""
    return {name: value for name, value in body.items() if name != "request_id"}
