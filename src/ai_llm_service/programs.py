"""What can be started: the API, a worker, Flower, and the small commands."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import uvicorn
from celery import Celery, signals

from ai_llm_service import wiring
from ai_llm_service.api.app import create_app
from ai_llm_service.errors import InvalidConfiguration, InvalidRequest, ServiceError
from ai_llm_service.processes import broker as embedded
from ai_llm_service.processes.supervisor import CONFIGURATION_EXIT_CODE
from ai_llm_service.settings import Settings
from ai_llm_service.store.keys import StoredKey
from ai_llm_service.telemetry import keep_logging
from ai_llm_service.usecases import keys
from ai_llm_service.worker import register

BROKER_START_SECONDS = 30
FAILED_EXIT_CODE = 1
FLOWER_USER = "admin"
SHUTDOWN_SECONDS = 5


def celery_from_environment() -> Celery:
    """The app that Celery's own commands run: `celery -A main.celery worker|flower|…`."""
    with _errors_as_one_sentence():
        settings = wiring.load()
        wiring.build_model(settings)  # a wrong name ends the start, not the first task
        app = wiring.make_app(settings)
        workshop = wiring.Workshop(settings, app)
        register(app, workshop.runner)
        _prepare_commands(settings, workshop)
    return app


def _prepare_commands(settings: Settings, workshop: wiring.Workshop) -> None:
    def begin(**_: object) -> None:
        with _errors_as_one_sentence():
            _ensure_broker(settings)

    def work(**_: object) -> None:
        with _errors_as_one_sentence():
            workshop.runner()

    def drain(**_: object) -> None:
        wiring.draining.set()

    signals.setup_logging.connect(keep_logging, weak=False)
    signals.celeryd_init.connect(begin, weak=False)
    signals.worker_ready.connect(work, weak=False)
    signals.worker_shutting_down.connect(drain, weak=False)
    if "flower" in sys.argv:
        _protect_flower(settings)
        _ensure_broker(settings)


@cache
def _ensure_broker(settings: Settings) -> None:
    if settings.broker_url is None:
        keeper = embedded.BrokerKeeper(settings.data_dir)
        keeper.start()
        keeper.wait_ready(BROKER_START_SECONDS)


def _protect_flower(settings: Settings) -> None:
    """Flower reads its own variables; without a password it shows everything to everyone."""
    os.environ.setdefault("FLOWER_ADDRESS", settings.host)
    login = settings.flower_basic_auth
    if login is None:
        password, _ = wiring.kept_secret(settings.data_dir / "flower-password")
        login = f"{FLOWER_USER}:{password}"
        print(f"Flower: user {FLOWER_USER}, password {password}", file=sys.stderr)  # noqa: T201
    os.environ["FLOWER_BASIC_AUTH"] = login


def serve_api(host: str | None = None, port: int | None = None) -> None:
    """Serve the API until a signal stops it."""
    with _errors_as_one_sentence():
        settings = wiring.load()
        wiring.build_model(settings)
        _ensure_broker(settings)
        app = wiring.make_app(settings)
        core = wiring.build_core(settings, app)
        parts = wiring.api_parts(settings, core, app)
    for background in (core.dispatcher, core.sweeper):
        background.start()
    uvicorn.run(
        create_app(parts),
        host=host or settings.host,
        port=port or settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    for background in (core.dispatcher, core.sweeper):
        background.stop()


def run_worker(concurrency: int | None = None, pool: str | None = None) -> None:
    """Run one Celery worker until a signal stops it."""
    if pool:
        os.environ["WORKER_POOL"] = pool
    if concurrency:
        os.environ["WORKER_CONCURRENCY"] = str(concurrency)
    app = celery_from_environment()
    name = f"llm-{os.getpid()}@%h"
    app.start(
        ["--quiet", "worker", "-n", name, "-Q", "llm", "--without-gossip", "--without-mingle"]
    )


def run_flower(port: int) -> None:
    """Run Flower behind its password."""
    app = celery_from_environment()
    app.start(["flower", f"--port={port}"])


def create_key(tenant: str, label: str) -> str:
    return keys.create_key(wiring.open_database(wiring.load()), tenant, label)


def list_keys() -> list[StoredKey]:
    return keys.list_keys(wiring.open_database(wiring.load()))


def revoke_key(key_id: str) -> None:
    if not keys.revoke_key(wiring.open_database(wiring.load()), key_id):
        raise InvalidRequest(f"There is no live key {key_id!r}: see 'ai-llm-service keys list'.")


def migrate() -> None:
    wiring.open_database(wiring.load())


@contextmanager
def _errors_as_one_sentence() -> Iterator[None]:
    try:
        yield
    except ServiceError as error:
        print(error.message, file=sys.stderr)  # noqa: T201
        wrong_settings = isinstance(error, InvalidConfiguration)
        sys.exit(CONFIGURATION_EXIT_CODE if wrong_settings else FAILED_EXIT_CODE)
