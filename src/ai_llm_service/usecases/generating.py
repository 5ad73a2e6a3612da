"""Generations and embeddings as a client asks for them. Work is accepted, not done, here."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Protocol
from uuid import uuid4

from ai_llm_service.domain import Json, TaskKind, Usage
from ai_llm_service.errors import EmbedderMissing, InvalidRequest
from ai_llm_service.providers.base import GenerateOptions, Message, Prompt
from ai_llm_service.store.database import Database
from ai_llm_service.store.deliveries import Endpoint
from ai_llm_service.store.tasks import NewTask
from ai_llm_service.usecases.budget import Budget
from ai_llm_service.usecases.call_values import FREE
from ai_llm_service.usecases.idempotency import ANY_TIME, Once
from ai_llm_service.usecases.json_answers import with_schema
from ai_llm_service.usecases.quotas import QueuedQuota
from ai_llm_service.usecases.responders import GENERATE_OPTIONS, with_input

NEEDS_MODEL = (
    "The operator can configure one: CHAT_MODEL=openai:MODEL with OPENAI_API_KEY, or"
    " CHAT_MODEL=openai-compatible:MODEL with OPENAI_COMPATIBLE_BASE_URL."
)


class ModelChoices(Protocol):
    """Which models a caller may name."""

    @property
    def default(self) -> str: ...

    def ensure_accepted(self, name: str) -> None:
        """Raise InvalidRequest unless a caller may choose this model."""
        ...


@dataclass(frozen=True, slots=True)
class Generate:
    """What to write from: messages, once or once for each of the inputs."""

    messages: tuple[Message, ...]
    inputs: tuple[str, ...] = ()
    options: GenerateOptions = field(default_factory=GenerateOptions)
    model: str | None = None
    parallel: bool = False
    max_cost: float | None = None
    deadline_seconds: float | None = None
    endpoint: Endpoint | None = None


@dataclass(frozen=True, slots=True)
class Embed:
    """Texts to turn into vectors."""

    texts: tuple[str, ...]
    max_cost: float | None = None
    deadline_seconds: float | None = None
    endpoint: Endpoint | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a request may use and cost at most, in US dollars; None: a price is not known."""

    model: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost: float | None


class Generating:
    """Each call is one transaction; `nudge` tells the dispatcher that there is work."""

    def __init__(
        self,
        database: Database,
        nudge: Callable[[], None],
        quota: QueuedQuota,
        models: ModelChoices,
        budget: Budget,
        *,
        embedder: str | None,
        deadline_seconds: float,
    ) -> None:
        self._database = database
        self._nudge = nudge
        self._quota = quota
        self._models = models
        self._budget = budget
        self._embedder = embedder
        self._deadline_seconds = deadline_seconds

    def generate(
        self, tenant_id: str, asked: Generate, request_id: str, once: Once = ANY_TIME
    ) -> str:
        """Queue it, with a step for each input; the id of the task."""
        self.model_of(asked.model)
        payload = {
            "messages": [asdict(message) for message in asked.messages],
            "batch": bool(asked.inputs),
            "parallel": asked.parallel,
            "generate": GENERATE_OPTIONS.dump_python(asked.options, mode="json"),
            "options": {"model": asked.model, "max_cost": asked.max_cost},
            "webhook": None if asked.endpoint is None else asdict(asked.endpoint),
        }
        steps = asked.inputs or (asked.messages[-1].content,)
        task = self._task(tenant_id, TaskKind.GENERATE, payload, asked.deadline_seconds)
        return self._add(replace(task, request_id=request_id), steps, once)

    def embed(self, tenant_id: str, asked: Embed, request_id: str, once: Once = ANY_TIME) -> str:
        """Queue it; the id of the task."""
        if self._embedder is None:
            raise EmbedderMissing
        payload = {
            "texts": list(asked.texts),
            "options": {"max_cost": asked.max_cost},
            "webhook": None if asked.endpoint is None else asdict(asked.endpoint),
        }
        task = self._task(tenant_id, TaskKind.EMBED, payload, asked.deadline_seconds)
        steps = (f"{len(asked.texts)} texts",)
        return self._add(replace(task, request_id=request_id), steps, once)

    def estimate(self, asked: Generate) -> Estimate:
        """What it may cost at most when each answer comes at the first try."""
        model = self.model_of(asked.model)
        used = Usage()
        prompts = self._prompts(asked)
        for prompt in prompts:
            used += self._budget.most_used(prompt)
        costs = [self._budget.most(model, prompt) for prompt in prompts]
        known = [cost for cost in costs if cost is not None]
        cost = sum(known) if len(known) == len(costs) else None
        return Estimate(model, len(prompts), used.input_tokens, used.output_tokens, cost)

    def model_of(self, name: str | None) -> str:
        """The model that will write, or InvalidRequest."""
        if name is not None:
            self._models.ensure_accepted(name)
        chosen = name or self._models.default
        if chosen in FREE:
            raise InvalidRequest(
                f"The model {chosen!r} only quotes documents, so it can't write from a prompt.",
                field="model",
                hint=NEEDS_MODEL,
            )
        return chosen

    def _prompts(self, asked: Generate) -> list[Prompt]:
        schema = asked.options.response_schema
        written = [with_input(asked.messages, text) for text in asked.inputs] or [asked.messages]
        prompts = [Prompt(messages, "", (), asked.options) for messages in written]
        return [with_schema(each, schema) if schema is not None else each for each in prompts]

    def _task(
        self, tenant_id: str, kind: TaskKind, payload: Json, deadline_seconds: float | None
    ) -> NewTask:
        return NewTask(
            id=str(uuid4()),
            tenant_id=tenant_id,
            session_id=str(uuid4()),
            kind=kind,
            payload=payload,
            deadline_seconds=deadline_seconds or self._deadline_seconds,
            lane=tenant_id,
        )

    def _add(self, task: NewTask, steps: tuple[str, ...], once: Once) -> str:
        with self._database.transaction("task.generate") as store:
            once.begin(store)
            self._quota.admit(store, task.tenant_id)
            store.sessions.open_closed(task.session_id, task.tenant_id)
            store.tasks.add(task, steps)
            once.keep(store, {"task_id": task.id, "dry_run": False, "estimate": None})
        self._nudge()
        return task.id
