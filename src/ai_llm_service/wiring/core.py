"""What both an API and a worker process have: database, files, dispatcher and sweeper."""

import os
from dataclasses import dataclass
from functools import partial

from celery import Celery

from ai_llm_service.domain import TaskKind
from ai_llm_service.processes import broker as embedded
from ai_llm_service.queue import Doorbell, ask_broker, make_celery
from ai_llm_service.settings import Settings, load_settings
from ai_llm_service.store.crash_points import crash_point_from
from ai_llm_service.store.database import Database
from ai_llm_service.store.files import FileStore
from ai_llm_service.telemetry import configure_logging
from ai_llm_service.usecases import keys
from ai_llm_service.usecases.background import Background
from ai_llm_service.usecases.dispatch import Dispatcher, DispatchLimits
from ai_llm_service.usecases.doctor import Doctor
from ai_llm_service.usecases.quotas import QueuedQuota
from ai_llm_service.usecases.sessions import Sessions
from ai_llm_service.usecases.sweeper import Sweeper
from ai_llm_service.wiring.vectors import embedder_state

DELIVERIES_PER_ENDPOINT = 4
# Every task that is accepted or ends nudges the dispatcher; under load one look serves many.
LEAST_DISPATCH_REST = 0.01


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
        "dispatcher",
        dispatcher.dispatch,
        rest_after_error=settings.sweep_seconds,
        least_rest=LEAST_DISPATCH_REST,
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
            TaskKind.GENERATE: settings.max_running_per_tenant,
            TaskKind.EMBED: settings.max_running_per_tenant,
            TaskKind.DELIVER: DELIVERIES_PER_ENDPOINT,
        },
    )


def make_doctor(settings: Settings, app: Celery) -> Doctor:
    """Who looks at the whole; nothing is migrated or started for it."""
    return Doctor(
        Database(settings.database_url),
        FileStore(settings.data_dir / "files"),
        partial(ask_broker, app),
        lease_seconds=settings.lease_seconds,
        grace_seconds=2 * settings.lease_seconds + 4 * settings.sweep_seconds,
        about_embedder=embedder_state(settings),
    )
