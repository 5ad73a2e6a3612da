"""Who asked to be told is told: signed, again and again for a day, and nobody waits for it."""

import json
import threading
from typing import Any

import httpx2
import pytest

from tests.contract import LOG
from tests.receiver import Answer, Receiver
from tests.service import Service
from tests.webhook_steps import (
    SECRET_TOKEN,
    ask,
    config,
    of_session,
    until,
    upload,
    verified,
)

# All that may be under way, and few enough to be there before the first of them times out.
MORE_THAN_SLOTS = 12

Json = dict[str, Any]


def test_an_answer_is_told_in_the_keys_of_old_receivers_and_signed(
    service: Service, http: httpx2.Client, receiver: Receiver, secret: str
) -> None:
    sent = upload(service)
    asked = ask(service, sent["session_id"], receiver)
    [told] = receiver.wait_for(1)
    body = verified(secret, told)
    task = service.finished(asked["task_id"])
    assert body["results"] == task["result"]["result"]
    assert body["session_id"] == sent["session_id"]
    assert (body["type"], body["task_id"]) == ("task.completed", asked["task_id"])
    assert (body["status"], body["error"]) == ("SUCCESS", None)
    assert told.headers["authorization"] == SECRET_TOKEN
    [logged] = until(http, sent["session_id"], "delivered")
    assert (logged["id"], logged["attempts"]) == (told.headers["webhook-id"], 1)
    assert (logged["last_status"], logged["response"]) == (200, "thanks")
    assert logged["endpoint"] == receiver.url


def test_the_endpoint_of_an_upload_is_told_of_all_that_happens_in_its_session(
    service: Service, receiver: Receiver, secret: str
) -> None:
    sent = upload(service, receiver)
    [ingested] = receiver.events("document.ingested")
    assert verified(secret, ingested)["document_id"] == sent["document_id"]
    asked = ask(service, sent["session_id"])
    [completed] = receiver.events("task.completed")
    assert completed.json["task_id"] == asked["task_id"]
    broken = service.upload("blank.txt", "  \n", session_id=sent["session_id"])
    [failed] = receiver.events("document.failed")
    assert failed.json["document_id"] == broken["document_id"]
    assert failed.json["error"]
    service.close(sent["session_id"])
    [closed] = receiver.events("session.closed")
    assert (closed.json["session_id"], closed.json["status"]) == (sent["session_id"], "SUCCESS")


def test_a_failed_and_a_cancelled_task_are_told_too(
    service: Service, http: httpx2.Client, receiver: Receiver
) -> None:
    broken = service.upload("blank.txt", "  \n")
    asked = ask(service, broken["session_id"], receiver)
    [failed] = receiver.events("task.failed")
    assert (failed.json["task_id"], failed.json["status"]) == (asked["task_id"], "FAILURE")
    assert failed.json["error"]
    assert failed.json["results"] == []


def test_a_query_s_own_endpoint_goes_before_the_session_s(
    service: Service, receiver: Receiver
) -> None:
    with Receiver() as other:
        sent = upload(service, receiver)
        asked = ask(service, sent["session_id"], other)
        [told] = other.wait_for(1)
        assert told.json["task_id"] == asked["task_id"]
        service.close(sent["session_id"])
        receiver.events("session.closed")
        assert {each.json["type"] for each in receiver.received} == {
            "document.ingested",
            "session.closed",
        }


@pytest.mark.parametrize("answer", [Answer(500), Answer(404), Answer(302), Answer(429)])
def test_a_receiver_that_fails_gets_the_same_message_again(
    service: Service, http: httpx2.Client, receiver: Receiver, secret: str, answer: Answer
) -> None:
    receiver.script(answer, answer)
    sent = upload(service)
    ask(service, sent["session_id"], receiver)
    told = receiver.wait_for(3)
    assert len({each.headers["webhook-id"] for each in told}) == 1
    assert len({each.body for each in told}) == 1
    for each in told:
        verified(secret, each)
    [logged] = until(http, sent["session_id"], "delivered")
    assert (logged["attempts"], logged["last_status"]) == (3, 200)


def test_a_receiver_that_was_down_gets_everything_when_it_is_back(
    service: Service, http: httpx2.Client, receiver: Receiver, secret: str
) -> None:
    receiver.down = True
    sent = upload(service, receiver)
    asked = {ask(service, sent["session_id"])["task_id"] for _ in range(5)}
    service.close(sent["session_id"])
    receiver.events("session.closed", 2)
    waiting = of_session(http, sent["session_id"], status="pending")
    assert all(each["error"] for each in waiting if each["attempts"])
    first = {each.headers["webhook-id"] for each in receiver.received}
    receiver.down = False
    since = "1970-01-01T00:00:00Z"
    assert http.post("/api/webhooks/redeliver", json={"since": since}).status_code == 200
    arrived = until(http, sent["session_id"], "delivered", number=7)
    assert {each["id"] for each in arrived} == first
    assert {each["task_id"] for each in arrived} >= asked
    for each in receiver.received:
        verified(secret, each)


def test_410_stops_a_delivery_and_those_of_its_session(
    service: Service, http: httpx2.Client, receiver: Receiver
) -> None:
    receiver.script(Answer(410))
    sent = upload(service, receiver)
    [stopped] = until(http, sent["session_id"], "failed")
    assert (stopped["attempts"], stopped["last_status"]) == (1, 410)
    assert "410" in stopped["error"]
    assert stopped["next_attempt_at"] is None
    service.finished(ask(service, sent["session_id"])["task_id"])
    service.close(sent["session_id"])
    assert [each["id"] for each in of_session(http, sent["session_id"])] == [stopped["id"]]


def test_a_receiver_s_own_wait_is_respected(
    service: Service, http: httpx2.Client, receiver: Receiver
) -> None:
    receiver.script(Answer(503, headers={"retry-after": "2"}))
    sent = upload(service)
    ask(service, sent["session_id"], receiver)
    early, late = receiver.wait_for(2)
    assert late.at - early.at >= 2


def test_a_slow_receiver_delays_nobody_else(
    service: Service, http: httpx2.Client, receiver: Receiver
) -> None:
    release = threading.Event()
    with Receiver() as slow:
        slow.default = Answer(until=release)
        sent = upload(service)
        for _ in range(MORE_THAN_SLOTS):
            ask(service, sent["session_id"], slow)
        slow.wait_for(4)
        ask(service, sent["session_id"], receiver)
        assert receiver.wait_for(1)[0].json["type"] == "task.completed"
        assert len({each.headers["webhook-id"] for each in slow.received}) <= 4
        release.set()
        until(http, sent["session_id"], "delivered", number=MORE_THAN_SLOTS + 1)


def test_a_close_cancels_no_pending_delivery(
    service: Service, http: httpx2.Client, receiver: Receiver
) -> None:
    receiver.down = True
    sent = upload(service)
    ask(service, sent["session_id"], receiver)
    receiver.wait_for(1)
    closed = service.close(sent["session_id"])
    assert closed["result"]["tasks_cancelled"] == 0
    receiver.down = False
    [delivered] = until(http, sent["session_id"], "delivered")
    assert delivered["type"] == "task.completed"


def test_both_secrets_sign_while_receivers_are_changed(
    service: Service, http: httpx2.Client, receiver: Receiver, secret: str
) -> None:
    made = http.post("/api/webhooks/secret").json()
    assert made["old_secret_until"] is not None
    sent = upload(service)
    ask(service, sent["session_id"], receiver)
    [told] = receiver.wait_for(1)
    for each in (secret, made["secret"]):
        assert verified(each, told)["session_id"] == sent["session_id"]


def test_nothing_secret_is_shown_or_logged(
    service: Service, http: httpx2.Client, receiver: Receiver, secret: str
) -> None:
    endpoint = {**config(receiver), "endpoint": f"{receiver.url}?token=canary-query"}
    sent = service.upload("logs.txt", LOG, webhook_config=json.dumps(endpoint))
    receiver.events("document.ingested")
    until(http, sent["session_id"], "delivered")
    task = http.get(f"/api/task/{sent['task_id']}").text
    shown = http.get("/api/webhooks/deliveries").text + task
    told = shown + http.get(f"/api/file/search/session/{sent['session_id']}").text
    told += service.log_file.read_text()
    for hidden in ("canary", secret, "webhook-signature"):
        assert hidden not in told
    assert receiver.received[0].path == "/hook?token=canary-query"
