"""From settings to working parts: the only file that knows them all."""

import multiprocessing
import os
import threading
from dataclasses import dataclass
from functools import partial
from uuid import uuid4

from celery import Celery

from ai_llm_service import __version__
from ai_llm_service.api.parts import ApiParts
from ai_llm_service.domain import TaskKind
from ai_llm_service.processes import broker as embedded
from ai_llm_service.processes.kept_secret import kept_secret
from ai_llm_service.providers.addresses import AllowedHosts
from ai_llm_service.providers.base import ChatModel
from ai_llm_service.providers.egress import Egress
from ai_llm_service.providers.registry import ChatModelSettings, Maker, find_chat_model
from ai_llm_service.queue import Doorbell, ask_broker, make_celery, ping
from ai_llm_service.search.cache import IndexCache
from ai_llm_service.search.library import SqlLibrary
from ai_llm_service.search.local import LocalFileSearch, LocalLimits
from ai_llm_service.settings import Settings, load_settings
from ai_llm_service.store.crash_points import crash_point_from
from ai_llm_service.store.database import Database
from ai_llm_service.store.files import FileStore
from ai_llm_service.telemetry import configure_logging
from ai_llm_service.usecases import keys
from ai_llm_service.usecases.answering import Answering
from ai_llm_service.usecases.asking import Asking, AskingRules
from ai_llm_service.usecases.background import Background
from ai_llm_service.usecases.cancelling import Cancelling
from ai_llm_service.usecases.closing import Closing
from ai_llm_service.usecases.deliveries import Deliveries
from ai_llm_service.usecases.delivering import Delivering
from ai_llm_service.usecases.dispatch import Dispatcher, DispatchLimits
from ai_llm_service.usecases.doctor import Doctor
from ai_llm_service.usecases.health import Health
from ai_llm_service.usecases.ingesting import Ingesting
from ai_llm_service.usecases.leases import Leases
from ai_llm_service.usecases.quotas import QueuedQuota
from ai_llm_service.usecases.sessions import Sessions
from ai_llm_service.usecases.sweeper import Sweeper
from ai_llm_service.usecases.tasks import Performers, TaskRunner
from ai_llm_service.usecases.tasks_view import TaskReader
from ai_llm_service.usecases.watchdog import Watchdog

STUCK_EXIT_CODE = 70
KEY_FILE = "api-key"
DELIVERY_SECONDS = 15.0
DELIVERIES_PER_ENDPOINT = 4

# Fork shares it with the children of a prefork pool; a threads pool is one process anyway.
draining = multiprocessing.get_context("fork").Event()


@dataclass(frozen=True, slots=True)
class Core:
    """What both an API and a worker process have."""

    database: Database
    files: FileStore
    sessions: Sessions
    dispatcher: Background
    sweeper: Background


def load() -> Settings:
    """The settings of this process; its logs are set up by them."""
    settings = load_settings()
    # Whatever is made under the data folder is for this user alone.
    os.umask(0o077)
    configure_logging(settings.log_level, settings.log_format)
    return settings


def make_app(settings: Settings) -> Celery:
    """The Celery app of these settings."""
    url = settings.broker_url or embedded.broker_url(settings.data_dir)
    return make_celery(url, pool=settings.worker_pool, concurrency=settings.worker_concurrency)


def open_database(settings: Settings) -> Database:
    """The database, migrated, with the tenant of the configured key."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Database(
        settings.database_url,
        synchronous=settings.sqlite_synchronous,
        crash_point=crash_point_from(os.environ),
    )
    database.migrate()
    keys.ensure_default_tenant(database)
    return database


def build_core(settings: Settings, app: Celery) -> Core:
    """The parts that accept work and keep it moving."""
    database = open_database(settings)
    files = FileStore(settings.data_dir / "files")
    dispatcher = Dispatcher(
        database,
        Doorbell(app).ring,
        dispatch_limits(settings),
        rest_seconds=settings.sweep_seconds,
    )
    dispatching = Background(
        "dispatcher", dispatcher.dispatch, rest_after_error=settings.sweep_seconds
    )
    sessions = Sessions(
        database,
        files,
        dispatching.nudge,
        QueuedQuota(settings.max_queued_per_tenant),
        ttl_seconds=settings.session_ttl_seconds,
        deadline_seconds=settings.task_deadline_seconds,
    )
    sweeper = Sweeper(
        database,
        files,
        sessions,
        dispatching.nudge,
        sweep_seconds=settings.sweep_seconds,
        lease_seconds=settings.lease_seconds,
        max_lost_workers=settings.max_lost_workers,
        retention_seconds=settings.result_retention_seconds,
        idempotency_seconds=settings.idempotency_seconds,
    )
    sweeping = Background("sweeper", sweeper.sweep, rest_after_error=settings.sweep_seconds)
    return Core(database, files, sessions, dispatching, sweeping)


def api_parts(settings: Settings, core: Core, app: Celery) -> ApiParts:
    """What the HTTP door is handed."""
    key, _ = default_key(settings)
    return ApiParts(
        sessions=core.sessions,
        tasks=TaskReader(core.database),
        cancelling=Cancelling(core.database, core.dispatcher.nudge),
        keys=keys.KeyRing(core.database, key),
        health=Health(core.database, partial(ping, app), settings.lease_seconds),
        incoming_dir=core.files.incoming,
        max_file_bytes=settings.max_file_bytes,
        max_queries=settings.max_queries,
        max_query_characters=settings.max_query_characters,
        max_deadline_seconds=settings.max_deadline_seconds,
        idempotency_seconds=settings.idempotency_seconds,
        version=__version__,
        deliveries=Deliveries(core.database, core.dispatcher.nudge),
        webhook_hosts=AllowedHosts.parse(settings.webhook_allowed_hosts),
    )


def default_key(settings: Settings) -> tuple[str, bool]:
    """The key of the tenant `default`, and whether it was generated for this data folder."""
    if settings.api_key:
        return settings.api_key, False
    return kept_secret(settings.data_dir / KEY_FILE)


def dispatch_limits(settings: Settings) -> DispatchLimits:
    """What may be under way at once: questions fill the slots, the rest has its share."""
    return DispatchLimits(
        window=settings.queue_window or 2 * settings.worker_concurrency,
        redeliver_seconds=settings.redeliver_seconds,
        per_kind={
            TaskKind.CLOSE: settings.max_running_closes,
            TaskKind.INGEST: settings.max_running_ingests,
            # Slow receivers hold slots without work; half of them stay for questions.
            TaskKind.DELIVER: min(
                settings.max_running_deliveries, max(1, settings.worker_concurrency // 2)
            ),
        },
        per_lane={
            TaskKind.ANSWER: settings.max_running_per_tenant,
            TaskKind.DELIVER: DELIVERIES_PER_ENDPOINT,
        },
    )


def build_search(settings: Settings, database: Database) -> LocalFileSearch:
    """The file search with the configured chat model."""
    return LocalFileSearch(SqlLibrary(database), build_model(settings), IndexCache(), LocalLimits())


def build_model(settings: Settings) -> ChatModel:
    """The configured chat model, or InvalidConfiguration."""
    return find_model(settings)()


def find_model(settings: Settings) -> Maker:
    """Who makes the configured chat model, or InvalidConfiguration."""
    compatible = settings.chat_model.startswith("openai-compatible")
    return find_chat_model(
        ChatModelSettings(
            name=settings.chat_model,
            api_key=(settings.openai_compatible_api_key if compatible else settings.openai_api_key),
            base_url=(
                settings.openai_compatible_base_url if compatible else settings.openai_base_url
            ),
            context_tokens=settings.model_context_tokens,
            max_output_tokens=settings.model_max_output_tokens,
        )
    )


def build_delivering(settings: Settings, database: Database) -> Delivering:
    """Who brings webhooks to their endpoints."""
    allowed = AllowedHosts.parse(settings.webhook_allowed_hosts)
    egress = Egress(allowed, timeout_seconds=DELIVERY_SECONDS, stopping=draining.is_set)
    return Delivering(
        database, egress, allowed, first_wait_seconds=settings.webhook_first_wait_seconds
    )


class WorkerProcess:
    """All that runs in one process of a worker. A prefork pool has several, none shares it."""

    def __init__(self, settings: Settings, app: Celery) -> None:
        self.pid = os.getpid()
        self.core = build_core(settings, app)
        database, files = self.core.database, self.core.files
        search = build_search(settings, database)
        leases = Leases(database, f"{self.pid}-{uuid4()}", settings.lease_seconds)
        self._heartbeat = Background(
            "heartbeat", leases.beat, rest_after_error=settings.lease_seconds / 6
        )
        rules = AskingRules(
            max_attempts=settings.max_attempts,
            timeout_seconds=settings.provider_timeout_seconds,
            retries_unknown=settings.on_unknown == "retry",
        )
        asking = Asking(database, search, leases.renew, rules)
        watchdog = Watchdog(
            leases,
            slots=settings.worker_concurrency if settings.worker_pool == "threads" else 1,
            grace_seconds=settings.stop_grace_seconds,
            drain=draining.set,
            leave=partial(os._exit, STUCK_EXIT_CODE),
        )
        self._watching = Background(
            "watchdog", watchdog.check, rest_after_error=settings.lease_seconds
        )
        performers = Performers(
            ingest=Ingesting(database, files, search),
            answer=Answering(database, asking, draining.is_set),
            close=Closing(database, files, search),
            deliver=build_delivering(settings, database),
        )
        self.runner = TaskRunner(
            database, leases, performers, draining.is_set, self.core.dispatcher.nudge
        )

    def start(self) -> None:
        parts = (self._heartbeat, self._watching, self.core.dispatcher, self.core.sweeper)
        for background in parts:
            background.start()


class Workshop:
    """The worker of the process that asks, made at its first use there."""

    def __init__(self, settings: Settings, app: Celery) -> None:
        self._settings = settings
        self._app = app
        self._lock = threading.Lock()
        self._process: WorkerProcess | None = None

    def runner(self) -> TaskRunner:
        with self._lock:
            if self._process is None or self._process.pid != os.getpid():
                self._process = WorkerProcess(self._settings, self._app)
                self._process.start()
            return self._process.runner


def make_doctor(settings: Settings, app: Celery) -> Doctor:
    """Who looks at the whole; nothing is migrated or started for it."""
    return Doctor(
        Database(settings.database_url),
        FileStore(settings.data_dir / "files"),
        partial(ask_broker, app),
        lease_seconds=settings.lease_seconds,
        grace_seconds=2 * settings.lease_seconds + 4 * settings.sweep_seconds,
    )
