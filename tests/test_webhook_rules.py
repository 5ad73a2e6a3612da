"""Which webhooks are accepted, how they are signed, when they are tried, how long they are kept."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import h11
import httpx2
import pytest
from fastapi.exceptions import RequestValidationError
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from ai_llm_service.api.webhook_body import read_form_field
from ai_llm_service.domain import TaskKind
from ai_llm_service.providers.addresses import AllowedHosts
from ai_llm_service.store.database import Database
from ai_llm_service.store.deliveries import Delivery, DeliveryFilter, DeliveryStatus, Endpoint
from ai_llm_service.store.tasks import NewTask
from ai_llm_service.usecases.endings import completed, conclude
from ai_llm_service.usecases.webhooks import new_secret, signature_headers, wait_after
from tests.contract import problem
from tests.fake_parts import AUTH, Door, serve

TENANT = "default"
HOUR = 3600.0

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"endpoint": "ftp://example.org"}, "webhook_config.endpoint"),
        ({"endpoint": "https://user:pass@example.org"}, "webhook_config.endpoint"),
        ({"endpoint": "https://example.org:8443"}, "webhook_config.endpoint"),
        ({"endpoint": "https://10.0.0.1"}, "webhook_config.endpoint"),
        ({"endpoint": "https://2130706433"}, "webhook_config.endpoint"),
        ({"endpoint": "https://example.org/" + "x" * 2_000}, "webhook_config.endpoint"),
        ({"endpoint": "https://example.org/\r\nx"}, "webhook_config.endpoint"),
        ({"endpoint": 7}, "webhook_config.endpoint"),
        ({"headers": {"X-Ok": "a\r\nHost: b"}}, "webhook_config.headers"),
        ({"headers": {"X-Ok": "a\0b"}}, "webhook_config.headers"),
        ({"headers": {"X-Ok\r\nHost": "b"}}, "webhook_config.headers"),
        ({"headers": {"": "b"}}, "webhook_config.headers"),
        ({"headers": {"Host": "b"}}, "webhook_config.headers"),
        ({"headers": {"content-LENGTH": "1"}}, "webhook_config.headers"),
        ({"headers": {"Transfer-Encoding": "chunked"}}, "webhook_config.headers"),
        ({"headers": {"Connection": "x"}}, "webhook_config.headers"),
        ({"headers": {"Webhook-Id": "x"}}, "webhook_config.headers"),
        ({"headers": {"X-A": "1", "x-a": "2"}}, "webhook_config.headers"),
        ({"headers": {"X-Ok": "é"}}, "webhook_config.headers"),
        ({"headers": {f"X-{n}": "1" for n in range(21)}}, "webhook_config.headers"),
        ({"headers": {"X-Ok": "x" * 4_001}}, "webhook_config.headers"),
    ],
    ids=lambda value: str(value)[:40],
)
@pytest.mark.parametrize("way", ["query", "upload"])
def test_a_webhook_that_can_not_be_sent_is_refused_with_where(
    tmp_path: Path, changes: Json, where: str, way: str
) -> None:
    door = Door(tmp_path)
    given = {"endpoint": "https://example.org/hook", **changes}
    with serve(door.app()) as served, httpx2.Client(headers=AUTH) as http:
        address = f"http://127.0.0.1:{served.port}/api/file"
        if way == "query":
            body = {"queries": ["Why?"], "session_id": "s", "webhook_config": given}
            answer = http.post(f"{address}/query", json=body)
        else:
            form = {"webhook_config": json.dumps(given)}
            answer = http.post(f"{address}/upload", files={"file": ("a.txt", "a")}, data=form)
    refused = problem(answer, 422, "invalid_request")
    assert refused["errors"][0]["where"].startswith(where)
    assert (door.sessions.asks, door.sessions.files) == ([], [])


@given(
    name=st.text(min_size=1, max_size=12) | st.from_regex(r"[A-Za-z-]{1,12}", fullmatch=True),
    value=st.text(max_size=30) | st.text("ab \t\r\n\0", max_size=12),
)
def test_a_header_that_is_accepted_can_be_sent_and_adds_no_other(name: str, value: str) -> None:
    given_headers = {"endpoint": "https://example.org", "headers": {name: value}}
    try:
        headers = read_form_field(json.dumps(given_headers), Context(AllowedHosts())).headers  # type: ignore[union-attr]
    except RequestValidationError:
        return
    sent = [("host", "example.org"), *headers.items()]
    request = h11.Request(method="POST", target="/", headers=sent)
    wire = h11.Connection(h11.CLIENT).send(request)
    assert wire is not None
    assert wire.count(b"\n") == 4


@dataclass(frozen=True)
class Context:
    webhook_hosts: AllowedHosts


def test_a_webhook_in_a_form_must_be_json_and_may_be_absent(tmp_path: Path) -> None:
    door = Door(tmp_path)
    with serve(door.app()) as served, httpx2.Client(headers=AUTH) as http:
        address = f"http://127.0.0.1:{served.port}/api/file/upload"

        def send(text: str) -> httpx2.Response:
            form = {"webhook_config": text}
            return http.post(address, files={"file": ("a.txt", "a")}, data=form)

        problem(send("{"), 422, "invalid_request")
        assert send("null").status_code == 200
        assert send("").status_code == 200
        assert send('{"endpoint": "http://internal.example:8080/x"}').status_code == 200
    assert [endpoint and endpoint.url for endpoint in door.sessions.endpoints] == [
        None,
        None,
        "http://internal.example:8080/x",
    ]


def test_the_waits_grow_for_a_day() -> None:
    waits = [wait_after(attempt, 5, None, lambda: 0.5) for attempt in range(1, 14)]
    assert waits[:6] == [5, 30, 120, 600, 1800, HOUR]
    assert waits == sorted(waits)
    assert 23 * HOUR < sum(waits[:-1]) < 26 * HOUR


@pytest.mark.parametrize(
    ("asked", "waited"), [(0.0, 5.0), (60.0, 60.0), (10 * 365 * 24 * HOUR, 4 * HOUR)]
)
def test_a_receiver_s_wait_counts_within_reason(asked: float, waited: float) -> None:
    assert wait_after(1, 5, asked, lambda: 0.5) == waited


def test_chance_spreads_the_tries_a_little() -> None:
    waits = [wait_after(1, 10, None, lambda chance=chance: chance) for chance in (0.0, 0.5, 1.0)]  # type: ignore[misc]
    assert waits == [8, 10, 12]


def test_a_signature_is_that_of_the_standard() -> None:
    """The example of the Standard Webhooks specification."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = signature_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', [secret]
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_changed_body_or_another_secret_is_noticed() -> None:
    secret = new_secret()
    headers = signature_headers("msg_1", int(time.time()), b"{}", [secret])
    Webhook(secret).verify(b"{}", headers)
    for other, body in ((new_secret(), b"{}"), (secret, b'{"a": 1}')):
        with pytest.raises(WebhookVerificationError):
            Webhook(other).verify(body, headers)


def accept(database: Database) -> tuple[str, str]:
    """A session with one queued question, whose endpoint is known."""
    session_id, task_id = str(uuid4()), str(uuid4())
    endpoint = {"url": "https://example.org/hook", "headers": {}}
    with database.transaction("test") as store:
        store.keys.ensure_tenant(TENANT, tenant_id=TENANT)
        store.sessions.open(session_id, TENANT, ttl_seconds=60)
        payload = {"webhook": endpoint}
        store.tasks.add(NewTask(task_id, TENANT, session_id, TaskKind.ANSWER, payload, 60, TENANT))
    return session_id, task_id


def end(database: Database, task_id: str, *, fails: bool = False) -> None:
    """Claim the task and end it, or break in the middle of its end."""
    with database.transaction("test") as store:
        claim = store.claims.claim(task_id, "w", 60)
    assert claim is not None
    with database.transaction("test") as store:
        conclude(
            store,
            claim.task,
            completed({"result": ["text"]}),
            lambda store, ending: store.endings.by_holder(claim, ending),
        )
        if fails:
            raise ZeroDivisionError


def pages(database: Database) -> list[Delivery]:
    with database.snapshot() as store:
        return store.deliveries.page(TENANT, DeliveryFilter(), 10)


def test_an_event_is_written_with_the_end_that_it_tells_of_or_not_at_all(
    database: Database,
) -> None:
    _, task_id = accept(database)
    with pytest.raises(ZeroDivisionError):
        end(database, task_id, fails=True)
    assert pages(database) == []
    with database.snapshot() as store:
        task = store.tasks.find(TENANT, task_id)
    assert task is not None
    assert not task.status.is_terminal


def test_a_pending_delivery_and_its_task_are_kept_and_an_ended_one_goes(
    database: Database,
) -> None:
    session_id, task_id = accept(database)
    end(database, task_id)
    [delivery] = pages(database)
    with database.transaction("test") as store:
        assert store.tasks.unfinished_of_session(session_id, but="") == []
        store.sessions.end_close(session_id)
        assert (store.deliveries.purge(-1), store.tasks.purge(-1)) == (0, 0)
    end(database, delivery.deliver_task_id)
    [delivered] = pages(database)
    assert delivered.status is DeliveryStatus.DELIVERED
    with database.transaction("test") as store:
        assert (store.deliveries.purge(60), store.tasks.purge(60)) == (0, 0)
        assert (store.deliveries.purge(-1), store.tasks.purge(-1)) == (1, 2)
        assert store.sessions.purge() == 1


def test_a_session_s_endpoint_goes_with_its_end(database: Database) -> None:
    session_id, _ = accept(database)
    with database.transaction("test") as store:
        store.session_endpoints.keep(session_id, Endpoint("https://a.example", {"x": "1"}))
        store.session_endpoints.keep(session_id, Endpoint("https://b.example"))
        found = store.session_endpoints.find(session_id)
        assert found is not None
        assert (found.url, found.headers) == ("https://b.example", {})
        store.session_endpoints.forget(session_id)
        assert store.session_endpoints.find(session_id) is None
