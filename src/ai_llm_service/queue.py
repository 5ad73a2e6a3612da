"""The Celery app. It carries task ids and nothing else; what they mean is in the database."""

from dataclasses import dataclass

from celery import Celery

from ai_llm_service.processes.careful_transport import use_careful_transport

QUEUE = "llm"
RUN_TASK = "ai_llm_service.run_task"


def make_celery(broker_url: str, *, pool: str, concurrency: int) -> Celery:
    """An app whose messages are doorbells: acknowledged early, small, and safe to lose."""
    use_careful_transport()
    app = Celery("ai_llm_service", broker=broker_url)
    app.conf.update(
        task_default_queue=QUEUE,
        task_acks_late=False,
        task_ignore_result=True,
        task_publish_retry=False,
        task_serializer="json",
        accept_content=["json"],
        worker_pool=pool,
        worker_concurrency=concurrency,
        worker_prefetch_multiplier=1,
        # Flower asks for them while it runs; nobody else needs them, and each is a message.
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_channel_error_retry=True,
        broker_transport_options=_transport_options(broker_url, concurrency),
    )
    return app


def _transport_options(broker_url: str, concurrency: int) -> dict[str, object]:
    if broker_url.startswith(("amqp", "pyamqp")):
        return {"confirm_publish": True}
    return {
        # What a worker that was killed had not begun is rung for anew; so none of it is kept there.
        "ack_emulation": False,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "max_connections": 100 + concurrency,
    }


class Doorbell:
    """Rings a worker for a task."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    def ring(self, task_id: str) -> None:
        """Send the id to the broker; any error of the broker passes as it is."""
        self._app.send_task(RUN_TASK, args=[task_id], queue=QUEUE, ignore_result=True)


@dataclass(frozen=True, slots=True)
class BrokerFacts:
    """What a broker says of itself. `policy`: what a Redis does when its memory is full."""

    product: str
    version: str
    policy: str | None = None


def ask_broker(app: Celery) -> BrokerFacts:
    """What the broker is; any error of the broker passes as it is."""
    with app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, timeout=2)
        if connection.transport.driver_type == "amqp":
            told = connection.connection.server_properties
            return BrokerFacts(str(told.get("product")), str(told.get("version")))
        info = connection.default_channel.client.info()
    version = info.get("valkey_version") or info["redis_version"]
    product = "Valkey" if "valkey_version" in info else "Redis"
    return BrokerFacts(product, str(version), str(info["maxmemory_policy"]))


def ping(app: Celery) -> None:
    """Return when the broker answers; any error of the broker passes as it is."""
    with app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, timeout=2)
