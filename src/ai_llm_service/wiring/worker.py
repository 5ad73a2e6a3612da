"""What runs in the processes of a worker."""

import multiprocessing
import os
import threading
from functools import partial
from uuid import uuid4

from celery import Celery

from ai_llm_service.providers.addresses import AllowedHosts
from ai_llm_service.providers.egress import Egress
from ai_llm_service.settings import Settings
from ai_llm_service.store.database import Database
from ai_llm_service.usecases.background import Background
from ai_llm_service.usecases.closing import Closing, nothing_elsewhere
from ai_llm_service.usecases.delivering import Delivering
from ai_llm_service.usecases.ingesting import Ingesting
from ai_llm_service.usecases.leases import Leases
from ai_llm_service.usecases.tabulating import Tabulating
from ai_llm_service.usecases.tasks import Performers, TaskRunner
from ai_llm_service.usecases.watchdog import Watchdog
from ai_llm_service.wiring.calls import build_answerings, build_left_responses
from ai_llm_service.wiring.core import build_core
from ai_llm_service.wiring.hosted import HostedParts
from ai_llm_service.wiring.providers import build_providers
from ai_llm_service.wiring.search import build_remembering, build_search
from ai_llm_service.wiring.tables import build_tables
from ai_llm_service.wiring.vectors import make_embedding

STUCK_EXIT_CODE = 70
DELIVERY_SECONDS = 15.0

# Fork shares it with the children of a prefork pool; a threads pool is one process anyway.
draining = multiprocessing.get_context("fork").Event()


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
        tables = build_tables()
        hosted = HostedParts(settings, database, files)
        search = self.search = build_search(settings, database, hosted, tables)
        leases = Leases(database, f"{self.pid}-{uuid4()}", settings.lease_seconds)
        self._heartbeat = Background(
            "heartbeat", leases.beat, rest_after_error=settings.lease_seconds / 6
        )
        answerings = build_answerings(settings, database, search, leases, draining.is_set)
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
        self._embedding = make_embedding(settings, database, draining.is_set)
        remove_elsewhere = hosted.hosting.remove if hosted.hosting else nothing_elsewhere
        self._tidying = [
            *hosted.orphans(),
            build_left_responses(settings, database),
            build_remembering(settings, database, search),
        ]
        performers = Performers(
            ingest=Ingesting(database, Tabulating(files, tables.workshop), search),
            answer=answerings.answer,
            generate=answerings.generate,
            embed=answerings.embed,
            close=Closing(database, files, search, remove_elsewhere),
            deliver=build_delivering(settings, database),
        )
        self.runner = TaskRunner(
            database, leases, performers, draining.is_set, self.core.dispatcher.nudge
        )

    def start(self) -> None:
        parts = (self._heartbeat, self._watching, self.core.dispatcher, self.core.sweeper)
        for background in filter(None, (*parts, self._embedding, *self._tidying)):
            background.start()


class Workshop:
    """The worker of the process that asks, made at its first use there."""

    def __init__(self, settings: Settings, app: Celery) -> None:
        self._settings = settings
        self._app = app
        self._lock = threading.Lock()
        self._process: WorkerProcess | None = None

    def load(self) -> None:
        """Load the vendors' libraries: a second in which no thread of a process goes on.

        Before the first task, and before a pool forks, whose children share what is loaded.
        """
        providers = build_providers(self._settings)
        for name in providers.chain(None):
            providers.chat(name)

    def runner(self) -> TaskRunner:
        with self._lock:
            if self._process is None or self._process.pid != os.getpid():
                self._process = WorkerProcess(self._settings, self._app)
                self._process.start()
            return self._process.runner
