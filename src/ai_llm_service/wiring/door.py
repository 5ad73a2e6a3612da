"""What the HTTP door is handed."""

from functools import partial

from celery import Celery

from ai_llm_service import __version__
from ai_llm_service.api.parts import ApiParts
from ai_llm_service.domain import FileSearchName
from ai_llm_service.processes.kept_secret import kept_secret
from ai_llm_service.providers.addresses import AllowedHosts
from ai_llm_service.queue import ping
from ai_llm_service.search.finding import PassageFinder
from ai_llm_service.search.library import SqlLibrary
from ai_llm_service.settings import Settings
from ai_llm_service.usecases import keys
from ai_llm_service.usecases.cancelling import Cancelling
from ai_llm_service.usecases.deliveries import Deliveries
from ai_llm_service.usecases.health import Health
from ai_llm_service.usecases.searching import Searching
from ai_llm_service.usecases.table_rows import TableRows
from ai_llm_service.usecases.tasks_view import TaskReader
from ai_llm_service.usecases.usage import UsageReader
from ai_llm_service.wiring.calls import build_estimating, build_generating
from ai_llm_service.wiring.core import Core
from ai_llm_service.wiring.providers import build_providers
from ai_llm_service.wiring.search import build_cache
from ai_llm_service.wiring.tables import build_tables

KEY_FILE = "api-key"


def api_parts(settings: Settings, core: Core, app: Celery) -> ApiParts:
    """What the HTTP door is handed."""
    key, _ = default_key(settings)
    tables = build_tables()
    return ApiParts(
        sessions=core.sessions,
        table_rows=TableRows(core.database, core.files, tables.workshop, tables.sandbox),
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
        generating=build_generating(settings, core),
        estimating=build_estimating(settings, core),
        usage=UsageReader(core.database),
        models=build_providers(settings),
        file_searches=frozenset(FileSearchName if settings.can_host else {FileSearchName.LOCAL}),
        searching=Searching(
            core.database,
            PassageFinder(SqlLibrary(core.database), build_cache(settings, core.database)),
        ),
    )


def default_key(settings: Settings) -> tuple[str, bool]:
    """The key of the tenant `default`, and whether it was generated for this data folder."""
    if settings.api_key:
        return settings.api_key, False
    return kept_secret(settings.data_dir / KEY_FILE)
