"""What the HTTP door is handed. Who makes it need not load the web framework."""

from dataclasses import dataclass
from pathlib import Path

from ai_llm_service.providers.addresses import AllowedHosts
from ai_llm_service.usecases.cancelling import Cancelling
from ai_llm_service.usecases.deliveries import Deliveries
from ai_llm_service.usecases.health import Health
from ai_llm_service.usecases.keys import KeyRing
from ai_llm_service.usecases.sessions import Sessions
from ai_llm_service.usecases.tasks_view import TaskReader


@dataclass(frozen=True, slots=True)
class ApiParts:
    """All that the door needs from the rest of the service."""

    sessions: Sessions
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
