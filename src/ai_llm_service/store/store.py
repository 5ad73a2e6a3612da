"""What one transaction can see and do, by noun."""

from sqlalchemy import Connection, select

from ai_llm_service.store.calls import Calls
from ai_llm_service.store.checkup import Checkup
from ai_llm_service.store.claims import Claims
from ai_llm_service.store.clock import now
from ai_llm_service.store.deliveries import Deliveries
from ai_llm_service.store.dispatch import Dispatches
from ai_llm_service.store.documents import Documents
from ai_llm_service.store.endings import Endings
from ai_llm_service.store.hosted import Hosted
from ai_llm_service.store.idempotency import IdempotencyKeys
from ai_llm_service.store.keys import Keys
from ai_llm_service.store.provider_limits import ProviderLimitRows
from ai_llm_service.store.readings import Readings
from ai_llm_service.store.responses import BackgroundResponses
from ai_llm_service.store.sessions import Sessions
from ai_llm_service.store.steps import Steps
from ai_llm_service.store.task_pages import TaskPages
from ai_llm_service.store.tasks import Tasks
from ai_llm_service.store.usage import UsageEntries
from ai_llm_service.store.vectors import DocumentVectors
from ai_llm_service.store.webhooks import SessionEndpoints, WebhookSecrets
from ai_llm_service.store.workers import Workers


class Store:
    """The repositories of one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.keys = Keys(connection)
        self.sessions = Sessions(connection)
        self.documents = Documents(connection)
        self.readings = Readings(connection)
        self.tasks = Tasks(connection)
        self.claims = Claims(connection)
        self.endings = Endings(connection)
        self.steps = Steps(connection)
        self.calls = Calls(connection)
        self.responses = BackgroundResponses(connection)
        self.provider_limits = ProviderLimitRows(connection)
        self.usage = UsageEntries(connection)
        self.workers = Workers(connection)
        self.dispatches = Dispatches(connection)
        self.task_pages = TaskPages(connection)
        self.idempotency = IdempotencyKeys(connection)
        self.checkup = Checkup(connection)
        self.vectors = DocumentVectors(connection)
        self.deliveries = Deliveries(connection)
        self.session_endpoints = SessionEndpoints(connection)
        self.hosted = Hosted(connection)
        self.webhook_secrets = WebhookSecrets(connection)

    def now(self) -> float:
        """The database's clock."""
        return float(self._connection.execute(select(now())).scalar_one())
