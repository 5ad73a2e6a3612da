"""Tells of what happened: the event's delivery is written with the end that it tells of."""

from typing import assert_never
from urllib.parse import urlsplit
from uuid import uuid4

from ai_llm_service.domain import Json, Task, TaskKind, TaskStatus
from ai_llm_service.store.deliveries import DeliveryStatus, Endpoint, EventType, NewDelivery
from ai_llm_service.store.store import Store
from ai_llm_service.store.tasks import Ending, NewTask

# Tries go on for a day; what is left is for the last wait and for workers that were away.
DEADLINE_SECONDS = 30 * 3600.0
# The column has 255, and the kind of task goes before it.
MAX_LANE_CHARACTERS = 240


def announce(store: Store, task: Task, ending: Ending) -> None:
    """Record what follows for webhooks from a task's end, in the same transaction."""
    if task.kind is TaskKind.DELIVER:
        _settle(store, task, ending)
        return
    event = _event_of(store, task, ending.status)
    if event is None:
        return
    endpoint = _endpoint_of(task) or store.session_endpoints.find(task.session_id)
    if task.kind is TaskKind.CLOSE:
        store.session_endpoints.forget(task.session_id)
    if endpoint is not None:
        _add(store, task, event, endpoint)


def deliver_task(tenant_id: str, session_id: str, delivery_id: str, url: str) -> NewTask:
    """The task that brings a delivery to its endpoint; each host has a lane of its own."""
    return NewTask(
        id=str(uuid4()),
        tenant_id=tenant_id,
        session_id=session_id,
        kind=TaskKind.DELIVER,
        payload={"delivery_id": delivery_id},
        deadline_seconds=DEADLINE_SECONDS,
        lane=f"{tenant_id}/{urlsplit(url).netloc}"[:MAX_LANE_CHARACTERS],
    )


def _event_of(store: Store, task: Task, status: TaskStatus) -> EventType | None:
    done = status is TaskStatus.COMPLETED
    match task.kind:
        case TaskKind.ANSWER | TaskKind.GENERATE | TaskKind.EMBED:
            return _event_of_answer(status)
        case TaskKind.INGEST:
            return EventType.DOCUMENT_INGESTED if done else EventType.DOCUMENT_FAILED
        case TaskKind.CLOSE:
            # A close that failed is tried again; what is told is that the session is gone.
            return _event_of_close(store, task) if done else None
        case TaskKind.DELIVER:
            return None
        case _:
            assert_never(task.kind)


def _event_of_answer(status: TaskStatus) -> EventType:
    if status is TaskStatus.COMPLETED:
        return EventType.TASK_COMPLETED
    return EventType.TASK_CANCELLED if status is TaskStatus.CANCELLED else EventType.TASK_FAILED


def _event_of_close(store: Store, task: Task) -> EventType:
    session = store.sessions.find(task.tenant_id, task.session_id)
    expired = session is not None and session.expires_at <= task.created_at
    return EventType.SESSION_EXPIRED if expired else EventType.SESSION_CLOSED


def _endpoint_of(task: Task) -> Endpoint | None:
    named: Json | None = task.payload.get("webhook")
    return Endpoint(named["url"], named["headers"]) if named else None


def _add(store: Store, task: Task, event: EventType, endpoint: Endpoint) -> None:
    delivery_id = f"msg_{uuid4().hex}"
    deliver = deliver_task(task.tenant_id, task.session_id, delivery_id, endpoint.url)
    store.deliveries.add(
        NewDelivery(
            id=delivery_id,
            tenant_id=task.tenant_id,
            session_id=task.session_id,
            task_id=task.id,
            document_id=task.document_id,
            deliver_task_id=deliver.id,
            event=event,
            endpoint=endpoint,
            shown_url=endpoint.url.partition("?")[0].partition("#")[0],
        )
    )
    store.tasks.add(deliver)


def _settle(store: Store, task: Task, ending: Ending) -> None:
    delivered = ending.status is TaskStatus.COMPLETED
    status = DeliveryStatus.DELIVERED if delivered else DeliveryStatus.FAILED
    store.deliveries.settle(task.id, status, None if delivered else ending.error_detail)
