"""Deliveries: an event that is brought to one address, and what came of each try."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, or_, select, update

from ai_llm_service.store.clock import now
from ai_llm_service.store.tables import deliveries


class EventType(StrEnum):
    """What happened."""

    TASK_COMPLETED = "task.completed"
    TASK_FAILED = "task.failed"
    TASK_CANCELLED = "task.cancelled"
    DOCUMENT_INGESTED = "document.ingested"
    DOCUMENT_FAILED = "document.failed"
    SESSION_CLOSED = "session.closed"
    SESSION_EXPIRED = "session.expired"


class DeliveryStatus(StrEnum):
    """A pending delivery is tried again; a failed one only when its tenant asks for it."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a caller wants to be told, and the headers to send along, which may be secrets."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """What is known of a delivery when its event happens."""

    id: str
    tenant_id: str
    session_id: str
    task_id: str
    document_id: str | None
    deliver_task_id: str
    event: EventType
    endpoint: Endpoint
    shown_url: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as its log shows it. `shown_url` is the address without its query."""

    seq: int
    id: str
    tenant_id: str
    session_id: str
    task_id: str
    document_id: str | None
    deliver_task_id: str
    event: EventType
    shown_url: str
    status: DeliveryStatus
    attempts: int
    last_status: int | None
    last_error: str | None
    response_start: str | None
    created_at: float
    last_attempt_at: float | None
    next_attempt_at: float | None
    finished_at: float | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one try. `wait_seconds` is None where no other one follows."""

    status: int | None
    error: str | None
    response_start: str | None
    wait_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries of a tenant; `since` is a time, `before` the seq that a page ended with."""

    status: DeliveryStatus | None = None
    since: float | None = None
    before: int | None = None


COLUMNS = [deliveries.c[name] for name in Delivery.__dataclass_fields__]


class Deliveries:
    """The rows of deliveries."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, delivery: NewDelivery) -> None:
        self._connection.execute(
            insert(deliveries).values(
                id=delivery.id,
                tenant_id=delivery.tenant_id,
                session_id=delivery.session_id,
                task_id=delivery.task_id,
                document_id=delivery.document_id,
                deliver_task_id=delivery.deliver_task_id,
                event=delivery.event,
                url=delivery.endpoint.url,
                shown_url=delivery.shown_url,
                headers=dict(delivery.endpoint.headers),
                status=DeliveryStatus.PENDING,
                attempts=0,
                created_at=now(),
                next_attempt_at=now(),
            )
        )

    def find(self, tenant_id: str, delivery_id: str) -> Delivery | None:
        row = self._connection.execute(
            select(*COLUMNS).where(
                deliveries.c.id == delivery_id, deliveries.c.tenant_id == tenant_id
            )
        ).one_or_none()
        return _to_delivery(row) if row else None

    def endpoint(self, delivery_id: str) -> Endpoint:
        """Where a delivery that exists goes to."""
        row = self._connection.execute(
            select(deliveries.c.url, deliveries.c.headers).where(deliveries.c.id == delivery_id)
        ).one()
        return Endpoint(row.url, row.headers)

    def page(self, tenant_id: str, wanted: DeliveryFilter, limit: int) -> list[Delivery]:
        """The newest first; `since` compares the time of the event."""
        conditions = [deliveries.c.tenant_id == tenant_id]
        if wanted.status is not None:
            conditions.append(deliveries.c.status == wanted.status)
        if wanted.since is not None:
            conditions.append(deliveries.c.created_at >= wanted.since)
        if wanted.before is not None:
            conditions.append(deliveries.c.seq < wanted.before)
        rows = self._connection.execute(
            select(*COLUMNS).where(*conditions).order_by(deliveries.c.seq.desc()).limit(limit)
        )
        return [_to_delivery(row) for row in rows]

    def in_trouble(self, tenant_id: str, since: float, after: int, limit: int) -> list[Delivery]:
        """Those that failed since a time, or whose last try did and that still wait."""
        failed = and_(
            deliveries.c.status == DeliveryStatus.FAILED, deliveries.c.finished_at >= since
        )
        waits = and_(
            deliveries.c.status == DeliveryStatus.PENDING, deliveries.c.last_attempt_at >= since
        )
        rows = self._connection.execute(
            select(*COLUMNS)
            .where(deliveries.c.tenant_id == tenant_id, deliveries.c.seq > after)
            .where(or_(failed, waits))
            .order_by(deliveries.c.seq)
            .limit(limit)
        )
        return [_to_delivery(row) for row in rows]

    def record(self, delivery_id: str, deliver_task_id: str, attempt: Attempt) -> None:
        """Keep what came of a try."""
        wait = attempt.wait_seconds
        self._change(
            and_(deliveries.c.id == delivery_id, deliveries.c.deliver_task_id == deliver_task_id),
            attempts=deliveries.c.attempts + 1,
            last_attempt_at=now(),
            last_status=attempt.status,
            last_error=attempt.error,
            response_start=attempt.response_start,
            next_attempt_at=None if wait is None else now() + wait,
        )

    def settle(self, deliver_task_id: str, status: DeliveryStatus, error: str | None) -> None:
        """The task that delivers has ended, and with it the delivery."""
        self._change(
            and_(
                deliveries.c.deliver_task_id == deliver_task_id,
                deliveries.c.status == DeliveryStatus.PENDING,
            ),
            status=status,
            last_error=error,
            next_attempt_at=None,
            finished_at=now(),
        )

    def begin_again(self, delivery_id: str, deliver_task_id: str) -> bool:
        """Whether this task is the one that sends an ended delivery again."""
        return self._change(
            and_(deliveries.c.id == delivery_id, deliveries.c.status != DeliveryStatus.PENDING),
            status=DeliveryStatus.PENDING,
            deliver_task_id=deliver_task_id,
            next_attempt_at=now(),
            finished_at=None,
        )

    def bring_forward(self, delivery_id: str) -> None:
        """A pending delivery waits no longer."""
        self._change(deliveries.c.id == delivery_id, next_attempt_at=now())

    def purge(self, retention_seconds: float) -> int:
        """Remove deliveries that ended longer ago than the retention; pending ones stay."""
        done = delete(deliveries).where(
            deliveries.c.status != DeliveryStatus.PENDING,
            deliveries.c.finished_at < now() - retention_seconds,
        )
        return self._connection.execute(done).rowcount

    def _change(self, which: ColumnElement[bool], **values: Any) -> bool:
        return (
            self._connection.execute(update(deliveries).where(which).values(**values)).rowcount > 0
        )


def _to_delivery(row: Row[Any]) -> Delivery:
    values = dict(row._mapping)
    known = {"event": EventType(row.event), "status": DeliveryStatus(row.status)}
    return Delivery(**{**values, **known})
