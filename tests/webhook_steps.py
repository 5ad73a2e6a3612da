"""What the tests of webhooks share: a client's steps, and the look at what came of them."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx2
from standardwebhooks import Webhook

from tests.contract import LOG
from tests.receiver import Received, Receiver
from tests.service import Service

SECRET_TOKEN = "canary-token-of-the-receiver"

Json = dict[str, Any]


def upload(service: Service, receiver: Receiver | None = None, **more: Any) -> Json:
    fields = {} if receiver is None else {"webhook_config": config(receiver, **more)}
    return service.upload("logs.txt", LOG, **{k: json.dumps(v) for k, v in fields.items()})


def config(receiver: Receiver, **headers: str) -> Json:
    return {"endpoint": receiver.url, "headers": {"Authorization": SECRET_TOKEN, **headers}}


def ask(service: Service, session_id: str, receiver: Receiver | None = None) -> Json:
    webhook = None if receiver is None else config(receiver)
    return service.ask(["Which node?"], session_id=session_id, webhook_config=webhook)


def verified(secret: str, request: Received) -> Json:
    """The body, when the signature is right."""
    return dict(Webhook(secret).verify(request.body, dict(request.headers)))


def deliveries(http: httpx2.Client, **params: Any) -> list[Json]:
    answer = http.get("/api/webhooks/deliveries", params=params)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["deliveries"])


def of_session(http: httpx2.Client, session_id: str, **params: Any) -> list[Json]:
    return [each for each in deliveries(http, **params) if each["session_id"] == session_id]


def until(http: httpx2.Client, session_id: str, status: str, number: int = 1) -> list[Json]:
    """The deliveries of a session, once so many are in that state."""
    give_up_at = datetime.now(UTC).timestamp() + 60
    while len(found := of_session(http, session_id, status=status, limit=100)) < number:
        assert datetime.now(UTC).timestamp() < give_up_at, of_session(http, session_id)
    return found
