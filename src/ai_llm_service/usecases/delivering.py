"""Brings one delivery to its endpoint, once, and decides from the answer whether to try again."""

import random
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Protocol

import structlog

from ai_llm_service.domain import Claim, Task, TaskStatus
from ai_llm_service.errors import DeliveryFailed, InvalidRequest, ReceiverRefused, ServiceError
from ai_llm_service.providers.addresses import Address, AllowedHosts, read_address
from ai_llm_service.providers.egress import Interrupted, Reply
from ai_llm_service.providers.retry_after import retry_after_seconds
from ai_llm_service.store.database import Database
from ai_llm_service.store.deliveries import Attempt, Delivery, Endpoint
from ai_llm_service.store.store import Store
from ai_llm_service.usecases.endings import completed, ended_by
from ai_llm_service.usecases.insist import insist
from ai_llm_service.usecases.outcomes import RESTARTING, Done, GiveBack, Outcome
from ai_llm_service.usecases.webhooks import (
    GIVE_UP_AFTER_SECONDS,
    body_of,
    new_secret,
    signature_headers,
    wait_after,
)

log = structlog.get_logger(__name__)
SHOWN_CHARACTERS = 500
OUR_HEADERS = {"content-type": "application/json", "user-agent": "ai-llm-service"}


class Post(Protocol):
    """A way out."""

    def post(self, address: Address, headers: dict[str, str], body: bytes) -> Reply:
        """Send once, or raise DeliveryFailed, or Interrupted."""
        ...


@dataclass(frozen=True, slots=True)
class Message:
    """A delivery with all that one try needs."""

    delivery: Delivery
    task: Task
    endpoint: Endpoint
    secrets: list[str]
    now: float


class Delivering:
    """Performs the tasks of the kind `deliver`."""

    def __init__(
        self,
        database: Database,
        egress: Post,
        allowed: AllowedHosts,
        *,
        first_wait_seconds: float,
    ) -> None:
        self._database = database
        self._egress = egress
        self._allowed = allowed
        self._first_wait_seconds = first_wait_seconds

    def perform(self, claim: Claim) -> Outcome:
        """Try once."""
        message = self._message(claim)
        try:
            reply = self._send(message)
        except Interrupted:
            return RESTARTING
        except DeliveryFailed as error:
            return self._after_failure(claim, message, error, None)
        if HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
            return self._delivered(message, reply)
        if reply.status == HTTPStatus.GONE:
            return self._stopped(message, reply)
        return self._after_failure(claim, message, _refused(reply), reply)

    def _message(self, claim: Claim) -> Message:
        tenant_id = claim.task.tenant_id
        with self._database.snapshot() as store:
            delivery = store.deliveries.find(tenant_id, claim.task.payload["delivery_id"])
            task = None if delivery is None else store.tasks.find(tenant_id, delivery.task_id)
            if delivery is None or task is None:
                raise DeliveryFailed("What this delivery tells of is not kept any more.")
            endpoint = store.deliveries.endpoint(delivery.id)
            secrets, now = store.webhook_secrets.valid(tenant_id), store.now()
        return Message(delivery, task, endpoint, secrets or self._first_secret(tenant_id), now)

    def _first_secret(self, tenant_id: str) -> list[str]:
        with self._database.transaction("webhook.secret") as store:
            return store.webhook_secrets.ensure(tenant_id, new_secret())

    def _send(self, message: Message) -> Reply:
        try:
            address = read_address(message.endpoint.url, self._allowed)
        except InvalidRequest as error:
            raise DeliveryFailed(f"The endpoint is not accepted: {error.message}") from error
        body = body_of(message.delivery, message.task)
        given = {name.lower(): value for name, value in message.endpoint.headers.items()}
        signed = signature_headers(message.delivery.id, int(message.now), body, message.secrets)
        return self._egress.post(address, {**OUR_HEADERS, **given, **signed}, body)

    def _delivered(self, message: Message, reply: Reply) -> Done:
        attempt = Attempt(reply.status, None, _shown(reply))
        result = {"delivery_id": message.delivery.id, "status": reply.status}
        return Done(completed(result), partial(_record, message, attempt))

    def _stopped(self, message: Message, reply: Reply) -> Done:
        """The receiver wants no more: its session has no endpoint from now on."""
        error = DeliveryFailed("The receiver answered 410: it wants no more webhooks.")
        attempt = Attempt(reply.status, error.message, _shown(reply))
        return Done(
            ended_by(error, TaskStatus.FAILED), partial(_record_and_forget, message, attempt)
        )

    def _after_failure(
        self, claim: Claim, message: Message, error: ServiceError, reply: Reply | None
    ) -> Outcome:
        asked = retry_after_seconds(reply.headers) if reply else None
        wait = wait_after(claim.task.attempt, self._first_wait_seconds, asked, random.random)
        elapsed = message.now - claim.task.created_at
        again = error.retryable and elapsed + wait < GIVE_UP_AFTER_SECONDS
        attempt = Attempt(
            status=reply.status if reply else None,
            error=error.message,
            response_start=_shown(reply) if reply else None,
            wait_seconds=wait if again else None,
        )
        if not again:
            return Done(ended_by(error, TaskStatus.FAILED), partial(_record, message, attempt))

        def record() -> None:
            with self._database.transaction("webhook.record") as store:
                _record(message, attempt, store)

        insist(record)
        return GiveBack(wait, "the receiver did not take it")


def _record(message: Message, attempt: Attempt, store: Store) -> None:
    delivery = message.delivery
    store.deliveries.record(delivery.id, delivery.deliver_task_id, attempt)
    log.info(
        "webhook_tried",
        delivery_id=delivery.id,
        event_type=delivery.event.value,
        status=attempt.status,
        wait_seconds=None if attempt.wait_seconds is None else round(attempt.wait_seconds, 1),
    )


def _record_and_forget(message: Message, attempt: Attempt, store: Store) -> None:
    _record(message, attempt, store)
    store.session_endpoints.forget(message.task.session_id, message.endpoint.url)


def _refused(reply: Reply) -> ReceiverRefused:
    redirect = HTTPStatus.MULTIPLE_CHOICES <= reply.status < HTTPStatus.BAD_REQUEST
    note = ": redirects are not followed" if redirect else ""
    return ReceiverRefused(f"The receiver answered {reply.status}{note}.")


def _shown(reply: Reply) -> str:
    """The start of a response as text; Postgres refuses a NUL in it."""
    text = reply.body.decode("utf-8", errors="replace").replace("\0", "\ufffd")
    return text[:SHOWN_CHARACTERS]
