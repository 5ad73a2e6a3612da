"""What can be started: the API, a worker, Flower, and the small commands."""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import structlog
from celery import Celery, signals

from ai_llm_service import wiring
from ai_llm_service.errors import (
    CannotStart,
    InvalidConfiguration,
    InvalidRequest,
    ServiceError,
    StoreUnavailable,
)
from ai_llm_service.processes import broker as embedded
from ai_llm_service.processes.kept_secret import kept_secret
from ai_llm_service.processes.supervisor import CONFIGURATION_EXIT_CODE, ensure_address_is_free
from ai_llm_service.queue import ask_broker
from ai_llm_service.settings import Settings
from ai_llm_service.store.keys import StoredKey
from ai_llm_service.telemetry import keep_logging
from ai_llm_service.usecases import keys
from ai_llm_service.usecases.background import Background
from ai_llm_service.usecases.deliveries import NewSecret, rotate_secret_of
from ai_llm_service.usecases.doctor import Finding, evicts
from ai_llm_service.worker import register

log = structlog.get_logger(__name__)
BROKER_START_SECONDS = 30
FAILED_EXIT_CODE = 1
FLOWER_USER = "admin"


def celery_from_environment() -> Celery:
    """The app that Celery's own commands run: `celery -A main.celery worker|flower|…`."""
    with _errors_as_one_sentence():
        settings = wiring.load()
        wiring.build_providers(settings)  # a wrong name ends the start, not the first task
        app = wiring.make_app(settings)
        workshop = wiring.Workshop(settings, app)
        register(app, workshop.runner)
        _prepare_commands(settings, app, workshop)
    return app


def _prepare_commands(settings: Settings, app: Celery, workshop: wiring.Workshop) -> None:
    def begin(**_: object) -> None:
        with _errors_as_one_sentence():
            ensure_startable(settings)
            _ensure_broker(settings)
            workshop.load()

    def work(sender: Any = None, **_: object) -> None:
        with _errors_as_one_sentence():
            workshop.runner()
        _log_readiness(settings, sender)
        _warn_of_eviction(app)

    def drain(**_: object) -> None:
        wiring.draining.set()

    signals.setup_logging.connect(keep_logging, weak=False)
    signals.celeryd_init.connect(begin, weak=False)
    signals.worker_ready.connect(work, weak=False)
    signals.worker_shutting_down.connect(drain, weak=False)
    if "flower" in sys.argv:
        _protect_flower(settings)
        _ensure_broker(settings)


def _log_readiness(settings: Settings, consumer: Any) -> None:
    controller = consumer.controller
    module = controller.pool_cls.__module__.rpartition(".")[2]
    pool = "threads" if module == "thread" else module
    scheme = (settings.broker_url or "embedded").partition(":")[0]
    log.info("worker_ready", pool=pool, concurrency=controller.concurrency, broker=scheme)


def ensure_startable(settings: Settings) -> None:
    """Raise what is wrong with the model, the data folder or the database."""
    with _starting():
        wiring.build_providers(settings)
        wiring.open_database(settings).close()


@contextmanager
def _starting() -> Iterator[None]:
    """Tell what stops a start in words for whoever runs the service."""
    try:
        yield
    except StoreUnavailable as error:
        raise CannotStart(
            "The database of DATABASE_URL can't be used: see that it runs, "
            "and that address, user and password are right."
        ) from error
    except OSError as error:
        raise CannotStart(f"DATA_DIR can't be used: {error.strerror}.") from error


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
        password, _ = kept_secret(settings.data_dir / "flower-password")
        login = f"{FLOWER_USER}:{password}"
        print(f"Flower: user {FLOWER_USER}, password {password}", file=sys.stderr)  # noqa: T201
    os.environ["FLOWER_BASIC_AUTH"] = login


def greeting(settings: Settings, *, shows_key: bool) -> str:
    """Where the service is, and where its key."""
    key, generated = wiring.default_key(settings)
    if not generated:
        key = "the value of API_KEY"
    elif not shows_key:
        key = f"in {os.path.relpath(settings.data_dir / wiring.KEY_FILE)}"
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{shown}:{settings.port}"
    return "\n".join(
        [
            "",
            "ai-llm-service is ready.",
            f"  address  {address}",
            f"  docs     {address}/docs",
            f"  key      {key}",
            "  stop     Ctrl-C",
            "",
        ]
    )


def serve_api(host: str | None = None, port: int | None = None, *, announces: bool = True) -> None:
    """Serve the API until a signal stops it."""
    given = {"HOST": host, "PORT": port}
    os.environ.update({name: str(value) for name, value in given.items() if value is not None})
    with _errors_as_one_sentence(), _starting():
        settings = wiring.load()
        ensure_address_is_free(settings.host, settings.port)
        wiring.build_providers(settings)
        _ensure_broker(settings)
        app = wiring.make_app(settings)
        core = wiring.build_core(settings, app)
        parts = wiring.api_parts(settings, core, app)
    # Nothing else that is started here needs the web framework.
    from ai_llm_service.api.server import Server  # noqa: PLC0415

    told = greeting(settings, shows_key=False) if announces else None
    server = Server(parts, settings.host, settings.port, told)
    remembering = wiring.build_remembering(settings, core.database, parts.searching)
    with _running(core.dispatcher, core.sweeper, remembering):
        _warn_of_eviction(app)
        # The server passes on the signal that stopped it, which must not cut our own end short.
        signal.signal(signal.SIGTERM, _leave)
        with suppress(KeyboardInterrupt):
            server.run()


@contextmanager
def _running(*parts: Background) -> Iterator[None]:
    for background in parts:
        background.start()
    try:
        yield
    finally:
        for background in parts:
            background.stop()


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)


def _warn_of_eviction(app: Celery) -> None:
    try:
        facts = ask_broker(app)
    except Exception as error:  # noqa: BLE001 - each transport of the broker has its own
        log.warning("broker_unavailable", error=type(error).__name__)
        return
    if evicts(facts):
        hint = "Set its maxmemory-policy to noeviction, or it throws waiting tasks away."
        log.warning("broker_evicts", policy=facts.policy, hint=hint)


def run_worker(concurrency: int | None = None, pool: str | None = None) -> None:
    """Run one Celery worker until a signal stops it."""
    if pool:
        os.environ["WORKER_POOL"] = pool
    if concurrency:
        os.environ["WORKER_CONCURRENCY"] = str(concurrency)
    app = celery_from_environment()
    level = f"--loglevel={wiring.load().log_level}"
    quick = ["--without-gossip", "--without-mingle"]
    app.start(["--quiet", "worker", "-n", f"llm-{os.getpid()}@%h", "-Q", "llm", level, *quick])


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


def examine() -> list[Finding]:
    """What the doctor finds."""
    settings = wiring.load()
    return wiring.make_doctor(settings, wiring.make_app(settings)).examine()


def rotate_webhook_secret(tenant: str) -> NewSecret:
    return rotate_secret_of(wiring.open_database(wiring.load()), tenant)


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


def evaluate(
    questions: Path, documents: Path | None, only: Sequence[str], output: Path
) -> Iterator[str]:
    """Run the pipeline on questions in a folder of its own; yields the figures as they come."""
    with tempfile.TemporaryDirectory(prefix="ai-llm-service-eval-") as name:
        os.environ["DATA_DIR"] = name
        os.environ.pop("DATABASE_URL", None)
        os.environ.setdefault("LOG_LEVEL", "WARNING")
        yield from wiring.evaluate(wiring.load(), questions, documents, only, output)
