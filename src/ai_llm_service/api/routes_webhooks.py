"""Webhooks: the log of deliveries, sending again, and the secret that signs them."""

from datetime import UTC, datetime
from typing import Annotated, Self

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from ai_llm_service.api.bodies import parse_json
from ai_llm_service.api.dependencies import Id, Parts, Tenant
from ai_llm_service.api.idempotency import OnceOfBody, RawBody
from ai_llm_service.api.openapi import problems
from ai_llm_service.api.schemas import SESSION_ID, TASK_ID, to_iso, to_iso_or_none
from ai_llm_service.domain import Json
from ai_llm_service.errors import InvalidRequest
from ai_llm_service.store.deliveries import Delivery, DeliveryFilter, DeliveryStatus
from ai_llm_service.usecases.deliveries import NewSecret

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

MAX_PAGE = 100
MAX_SEQ = 2**63 - 1
MOMENT = "2026-11-22T10:15:30.000Z"


class DeliveryResponse(BaseModel):
    """One event on its way to one endpoint; its `id` is the `webhook-id` of every try."""

    id: str = Field(examples=["msg_5d0e4c9b8a714f2e9c1d2b3a4f5e6d7c"])
    type: str = Field(examples=["task.completed"])
    status: DeliveryStatus
    endpoint: str = Field(description="Without its query.", examples=["https://example.org/hooks"])
    task_id: str = Field(examples=[TASK_ID])
    session_id: str = Field(examples=[SESSION_ID])
    document_id: str | None = Field(examples=[None])
    attempts: int = Field(examples=[1])
    last_status: int | None = Field(description="What the receiver answered.", examples=[200])
    error: str | None = Field(description="One sentence, after a failed try.", examples=[None])
    response: str | None = Field(description="The start of its answer.", examples=["ok"])
    created_at: str = Field(examples=[MOMENT])
    last_attempt_at: str | None = Field(examples=[MOMENT])
    next_attempt_at: str | None = Field(examples=[None])
    finished_at: str | None = Field(examples=[MOMENT])

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        return cls(
            id=delivery.id,
            type=delivery.event.value,
            status=delivery.status,
            endpoint=delivery.shown_url,
            task_id=delivery.task_id,
            session_id=delivery.session_id,
            document_id=delivery.document_id,
            attempts=delivery.attempts,
            last_status=delivery.last_status,
            error=delivery.last_error,
            response=delivery.response_start,
            created_at=to_iso(delivery.created_at),
            last_attempt_at=to_iso_or_none(delivery.last_attempt_at),
            next_attempt_at=to_iso_or_none(delivery.next_attempt_at),
            finished_at=to_iso_or_none(delivery.finished_at),
        )


class DeliveriesResponse(BaseModel):
    """Deliveries, the newest first."""

    deliveries: list[DeliveryResponse]
    next_before: int | None = Field(
        description="Give it as `before` for the next page; null at the end.", examples=[None]
    )


class RedeliverRequest(BaseModel):
    """Since when what failed is to be sent again."""

    since: datetime = Field(description="ISO 8601, or seconds since 1970.", examples=[MOMENT])


class RedeliverResponse(BaseModel):
    """How many are on their way again."""

    redelivered: int = Field(examples=[12])


class SecretResponse(BaseModel):
    """The secret that signs from now on; it is not shown again."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    old_secret_until: str | None = Field(
        description="Until then webhooks carry a signature by the old secret too.", examples=[None]
    )

    @classmethod
    def of(cls, made: NewSecret) -> Self:
        return cls(secret=made.secret, old_secret_until=to_iso_or_none(made.old_until))


@router.get("/deliveries", summary="List deliveries", responses=problems(401, 422, 503))
def list_deliveries(
    parts: Parts,
    tenant: Tenant,
    *,
    status: Annotated[DeliveryStatus | None, Query(description="Only those.")] = None,
    since: Annotated[
        datetime | None, Query(description="Only events from then on: ISO 8601 or seconds.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="How many at most.")] = 20,
    before: Annotated[
        int | None, Query(ge=0, le=MAX_SEQ, description="`next_before` of the last page.")
    ] = None,
) -> DeliveriesResponse:
    """What was sent to your endpoints, what came of it, and when it is tried again."""
    wanted = DeliveryFilter(status, None if since is None else _seconds(since), before)
    page = parts.deliveries.page(tenant, wanted, limit)
    return DeliveriesResponse(
        deliveries=[DeliveryResponse.of(delivery) for delivery in page],
        next_before=page[-1].seq if len(page) == limit else None,
    )


@router.post(
    "/deliveries/{delivery_id}/redeliver",
    summary="Send one delivery again",
    responses=problems(401, 404, 409, 413, 422, 503, 507),
)
def redeliver(delivery_id: Id, once: OnceOfBody, parts: Parts, tenant: Tenant) -> DeliveryResponse:
    """Send it again whatever came of it; one that waits for its next try is sent at once."""
    return DeliveryResponse.of(
        parts.deliveries.redeliver(tenant, delivery_id, once, _delivery_json)
    )


@router.post(
    "/redeliver",
    summary="Send all again that failed",
    responses=problems(401, 409, 413, 422, 503, 507),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": RedeliverRequest.model_json_schema()}},
        }
    },
)
def redeliver_since(
    body: RawBody, once: OnceOfBody, parts: Parts, tenant: Tenant
) -> RedeliverResponse:
    """Send all deliveries that failed since a time, or that wait after a failed try since then."""
    since = _seconds(parse_json(body, RedeliverRequest, None).since)
    number = parts.deliveries.redeliver_since(tenant, since, once, _number_json)
    return RedeliverResponse(redelivered=number)


@router.post(
    "/secret",
    summary="Make a new signing secret",
    response_description="The secret, this one time.",
    responses=problems(401, 409, 413, 422, 503, 507),
)
def rotate_secret(once: OnceOfBody, parts: Parts, tenant: Tenant) -> SecretResponse:
    """Make the secret by which receivers check the signatures of your webhooks.

    The one before it signs too for 24 hours, so that receivers can be changed one by one.
    """
    return SecretResponse.of(parts.deliveries.rotate_secret(tenant, once, _secret_json))


def _seconds(moment: datetime) -> float:
    """A time without a zone is in UTC."""
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return known.timestamp()
    except (ValueError, OverflowError) as error:
        raise InvalidRequest("'since' is out of range.", field="since") from error


def _delivery_json(delivery: Delivery) -> Json:
    return DeliveryResponse.of(delivery).model_dump(mode="json")


def _number_json(number: int) -> Json:
    return RedeliverResponse(redelivered=number).model_dump(mode="json")


def _secret_json(made: NewSecret) -> Json:
    return SecretResponse.of(made).model_dump(mode="json")
