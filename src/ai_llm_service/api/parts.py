"""What the HTTP door is handed. Who makes it need not load the web framework."""

from dataclasses import dataclass
from pathlib import Path

from ai_llm_service.domain import FileSearchName
from ai_llm_service.providers.addresses import AllowedHosts
from ai_llm_service.usecases.cancelling import Cancelling
from ai_llm_service.usecases.deliveries import Deliveries
from ai_llm_service.usecases.estimating import Estimating
from ai_llm_service.usecases.generating import Generating, ModelChoices
from ai_llm_service.usecases.health import Health
from ai_llm_service.usecases.keys import KeyRing
from ai_llm_service.usecases.searching import Searching
from ai_llm_service.usecases.sessions import Sessions
from ai_llm_service.usecases.table_rows import TableRows
from ai_llm_service.usecases.tasks_view import TaskReader
from ai_llm_service.usecases.usage import UsageReader


@dataclass(frozen=True, slots=True)
class ApiParts:
    """All that the door needs from the rest of the service."""

    sessions: Sessions
    table_rows: TableRows
    tasks: TaskReader
    cancelling: Cancelling
    keys: KeyRing
    health: Health
    incoming_dir: Path
    max_file_bytes: int
    max_queries: int
    max_query_characters: int
    max_deadline_seconds: float
    idempotency_seconds: float
    version: str
    deliveries: Deliveries
    webhook_hosts: AllowedHosts
    generating: Generating
    estimating: Estimating
    usage: UsageReader
    searching: Searching
    models: ModelChoices
    file_searches: frozenset[FileSearchName] = frozenset({FileSearchName.LOCAL})
