"""Webhooks as a tenant sees them: the log of deliveries, sending again, the signing secret."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from ai_llm_service.domain import Json
from ai_llm_service.errors import DeliveryNotFound, InvalidRequest
from ai_llm_service.store.database import Database
from ai_llm_service.store.deliveries import Delivery, DeliveryFilter, DeliveryStatus
from ai_llm_service.store.store import Store
from ai_llm_service.usecases.announcing import deliver_task
from ai_llm_service.usecases.idempotency import Once
from ai_llm_service.usecases.webhooks import new_secret

log = structlog.get_logger(__name__)
OVERLAP_SECONDS = 24 * 3600.0
BATCH = 200


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A secret, shown this one time, and until when the one before it signs too."""

    secret: str
    old_until: float | None


class Deliveries:
    """Each call is looked up with its tenant; `nudge` tells the dispatcher that there is work."""

    def __init__(self, database: Database, nudge: Callable[[], None]) -> None:
        self._database = database
        self._nudge = nudge

    def page(self, tenant_id: str, wanted: DeliveryFilter, limit: int) -> list[Delivery]:
        """The newest first."""
        with self._database.snapshot() as store:
            return store.deliveries.page(tenant_id, wanted, limit)

    def redeliver(
        self, tenant_id: str, delivery_id: str, once: Once, show: Callable[[Delivery], Json]
    ) -> Delivery:
        """Send a delivery again, whatever came of it; one that waits is sent at once."""
        with self._database.transaction("webhook.redeliver") as store:
            once.begin(store)
            delivery = _find(store, tenant_id, delivery_id)
            _send_again(store, delivery)
            delivery = _find(store, tenant_id, delivery_id)
            once.keep(store, show(delivery))
        self._nudge()
        return delivery

    def redeliver_since(
        self, tenant_id: str, since: float, once: Once, show: Callable[[int], Json]
    ) -> int:
        """Send all again that failed since a time or still wait after a failure; how many."""
        with self._database.transaction("webhook.redeliver") as store:
            once.begin(store)
            number, last = 0, 0
            while batch := store.deliveries.in_trouble(tenant_id, since, last, BATCH):
                for delivery in batch:
                    _send_again(store, delivery)
                number, last = number + len(batch), batch[-1].seq
            once.keep(store, show(number))
        self._nudge()
        return number

    def rotate_secret(
        self, tenant_id: str, once: Once, show: Callable[[NewSecret], Json]
    ) -> NewSecret:
        """A new secret of the tenant; the one before it signs too for a day."""
        with self._database.transaction("webhook.secret") as store:
            once.begin(store)
            made = _rotate(store, tenant_id)
            once.keep(store, show(made))
        log.info("webhook_secret_rotated", tenant_id=tenant_id)
        return made


def rotate_secret_of(database: Database, tenant: str) -> NewSecret:
    """A new secret of the tenant of that name, which must exist."""
    with database.transaction("webhook.secret") as store:
        tenant_id = store.keys.find_tenant(tenant)
        if tenant_id is None:
            sentence = f"There is no tenant {tenant!r}: see 'ai-llm-service keys list'."
            raise InvalidRequest(sentence, field="tenant")
        return _rotate(store, tenant_id)


def _rotate(store: Store, tenant_id: str) -> NewSecret:
    secret = new_secret()
    rotated = store.webhook_secrets.rotate(tenant_id, secret, OVERLAP_SECONDS)
    return NewSecret(secret, rotated.old_until)


def _find(store: Store, tenant_id: str, delivery_id: str) -> Delivery:
    delivery = store.deliveries.find(tenant_id, delivery_id)
    if delivery is None:
        raise DeliveryNotFound
    return delivery


def _send_again(store: Store, delivery: Delivery) -> None:
    if delivery.status is DeliveryStatus.PENDING:
        store.tasks.hurry(delivery.deliver_task_id)
        store.deliveries.bring_forward(delivery.id)
        return
    task = deliver_task(delivery.tenant_id, delivery.session_id, delivery.id, delivery.shown_url)
    if store.deliveries.begin_again(delivery.id, task.id):
        store.tasks.add(task)
