"""What a fault does to a webhook: it arrives all the same, under the same id."""

import json
import threading
from collections.abc import Iterator

import httpx2
import pytest

from tests.contract import LOG
from tests.fake_vendor import FakeVendor, hangs
from tests.receiver import Answer, Receiver
from tests.service import Service, running
from tests.webhook_steps import ask, config, of_session, until, upload, verified

SETTINGS = {
    "WEBHOOK_ALLOWED_HOSTS": "127.0.0.1",
    "WEBHOOK_FIRST_WAIT_SECONDS": "0.05",
    "OPENAI_API_KEY": "sk-canary-of-the-vendor",
    "SESSION_TTL_SECONDS": "8",
}


@pytest.fixture(scope="module")
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor() as vendor:
        yield vendor


@pytest.fixture(scope="module")
def service(vendor: FakeVendor, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    settings = {**SETTINGS, "OPENAI_BASE_URL": vendor.url}
    with running(tmp_path_factory.mktemp("webhooks"), **settings) as service:
        yield service


def test_a_worker_that_dies_after_the_post_is_followed_by_the_same_message(
    service: Service, http: httpx2.Client, receiver: Receiver
) -> None:
    secret = http.post("/api/webhooks/secret").json()["secret"]
    release = threading.Event()
    receiver.script(Answer(until=release))
    sent = upload(service)
    ask(service, sent["session_id"], receiver)
    receiver.wait_for(1)
    service.kill("worker")
    first, second = receiver.wait_for(2)
    release.set()
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert verified(secret, first) == verified(secret, second)
    [delivered] = until(http, sent["session_id"], "delivered")
    assert delivered["id"] == first.headers["webhook-id"]


def test_a_worker_that_is_stopped_gives_its_delivery_back_uncounted(
    service: Service, http: httpx2.Client, receiver: Receiver
) -> None:
    release = threading.Event()
    receiver.script(Answer(until=release))
    sent = upload(service)
    ask(service, sent["session_id"], receiver)
    receiver.wait_for(1)
    service.stop_part("worker")
    first, second = receiver.wait_for(2)
    release.set()
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    [delivered] = until(http, sent["session_id"], "delivered")
    assert delivered["attempts"] == 1


def test_a_cancelled_task_is_told_and_those_behind_it_too(
    service: Service, http: httpx2.Client, receiver: Receiver, vendor: FakeVendor
) -> None:
    release = threading.Event()
    vendor.script(hangs(release))
    sent = upload(service, receiver)
    running_task = ask(service, sent["session_id"])
    queued_task = ask(service, sent["session_id"])
    assert http.post(f"/api/task/{running_task['task_id']}/cancel").status_code == 200
    [told] = receiver.events("task.cancelled")
    assert (told.json["task_id"], told.json["status"]) == (running_task["task_id"], "REVOKED")
    release.set()
    service.finished(queued_task["task_id"])
    [completed] = receiver.events("task.completed")
    assert completed.json["task_id"] == queued_task["task_id"]


def test_an_expired_session_is_told_as_expired(service: Service, receiver: Receiver) -> None:
    sent = upload(service, receiver)
    [expired] = receiver.events("session.expired")
    assert expired.json["session_id"] == sent["session_id"]


def test_a_host_whose_address_is_internal_is_never_connected_to(
    service: Service, http: httpx2.Client
) -> None:
    sent = upload(service)
    webhook = {"endpoint": "http://localhost/hook"}
    service.ask(["Which node?"], session_id=sent["session_id"], webhook_config=webhook)
    [refused] = until(http, sent["session_id"], "failed")
    assert (refused["attempts"], refused["last_status"]) == (1, None)
    assert "not public" in refused["error"]


def test_a_repeated_request_sends_no_second_time(
    service: Service, http: httpx2.Client, receiver: Receiver
) -> None:
    receiver.script(Answer(410))
    sent = upload(service)
    ask(service, sent["session_id"], receiver)
    [failed] = until(http, sent["session_id"], "failed")
    path, key = f"/api/webhooks/deliveries/{failed['id']}/redeliver", {"Idempotency-Key": "again"}
    first = http.post(path, headers=key)
    until(http, sent["session_id"], "delivered")
    second = http.post(path, headers=key)
    assert first.json() == second.json()
    assert [each["attempts"] for each in of_session(http, sent["session_id"])] == [2]
    secrets = [http.post("/api/webhooks/secret", headers={"Idempotency-Key": "s"}) for _ in "ab"]
    assert secrets[0].json() == secrets[1].json()


def test_an_upload_that_is_repeated_keeps_its_endpoint(
    service: Service, http: httpx2.Client, receiver: Receiver
) -> None:
    form = {"webhook_config": json.dumps(config(receiver))}
    key = {"Idempotency-Key": "upload"}
    sent = [
        http.post("/api/file/upload", files={"file": ("a.txt", LOG)}, data=form, headers=key)
        for _ in range(2)
    ]
    assert sent[0].json() == sent[1].json()
    other = {"webhook_config": json.dumps(config(receiver, other="1"))}
    changed = http.post("/api/file/upload", files={"file": ("a.txt", LOG)}, data=other, headers=key)
    assert changed.status_code == 409
    receiver.events("document.ingested")
    assert len(until(http, sent[0].json()["session_id"], "delivered")) == 1
