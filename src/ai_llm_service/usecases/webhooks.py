"""What a webhook says, how it is signed (Standard Webhooks), and when it is sent again."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from ai_llm_service.domain import Json, Task, TaskKind, TaskStatus
from ai_llm_service.store.deliveries import Delivery

SECRET_PREFIX = "whsec_"  # noqa: S105 - the mark of all secrets, by the standard
SECRET_BYTES = 32
STATUS_WORDS = {
    TaskStatus.COMPLETED: "SUCCESS",
    TaskStatus.FAILED: "FAILURE",
    TaskStatus.CANCELLED: "REVOKED",
}

# As multiples of the first wait; of 5 s they are 30 s, 2, 10 and 30 minutes, then hours.
GROWTH = (1, 6, 24, 120, 360, 720, 1440, 2880)
LONGEST_WAIT_SECONDS = 4 * 3600.0
GIVE_UP_AFTER_SECONDS = 26 * 3600.0
JITTER = 0.2


def new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def body_of(delivery: Delivery, task: Task) -> bytes:
    """The same bytes at every try. `results` and `session_id` are what old receivers read."""
    body: Json = {
        "type": delivery.event.value,
        "timestamp": _moment(delivery.created_at),
        "task_id": task.id,
        "status": STATUS_WORDS.get(task.status),
        "error": None if task.status is TaskStatus.COMPLETED else task.error_detail,
        "session_id": task.session_id if task.kind.has_session else None,
    }
    if task.kind in {TaskKind.ANSWER, TaskKind.GENERATE}:
        body["results"] = (task.result or {}).get("result", [])
    if delivery.document_id is not None:
        body["document_id"] = delivery.document_id
    return json.dumps(body, ensure_ascii=False).encode()


def signature_headers(
    message_id: str, timestamp: int, body: bytes, valid_secrets: Iterable[str]
) -> dict[str, str]:
    """One signature for each secret that is valid, so that a receiver may know either."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_sign(secret, signed) for secret in valid_secrets),
    }


def wait_after(
    attempt: int,
    first_wait_seconds: float,
    asked_seconds: float | None,
    jitter: Callable[[], float],
) -> float:
    """Seconds until the try that follows number `attempt`, never before the receiver asked for.

    `jitter` gives 0 to 1, so that receivers are not met by all at once.
    """
    grown = first_wait_seconds * GROWTH[min(attempt, len(GROWTH)) - 1]
    own = min(grown, LONGEST_WAIT_SECONDS) * (1 + JITTER * (2 * jitter() - 1))
    return max(own, min(asked_seconds or 0.0, LONGEST_WAIT_SECONDS))


def _sign(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _moment(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
