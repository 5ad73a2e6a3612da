"""What a call is kept by, what a step's calls came to, and what may stop a step."""

import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import NoReturn

from pydantic import TypeAdapter

from ai_llm_service.domain import (
    Admission,
    Call,
    CallState,
    Claim,
    Generation,
    Step,
    StepState,
    Task,
    Usage,
)
from ai_llm_service.errors import ClaimLost, ProviderRateLimited
from ai_llm_service.providers.base import Caller, Prompt
from ai_llm_service.store.store import Store
from ai_llm_service.usecases.outcomes import GiveBack
from ai_llm_service.usecases.traffic import Traffic

GENERATION = TypeAdapter(Generation)
# It is no model at all: it takes no time and no money, so nothing of it is kept.
FREE = frozenset({"extractive"})


class StepStopped(Exception):
    """The step goes no further now: its answer came in meanwhile, or it is given back."""

    def __init__(self, given_back: GiveBack | None) -> None:
        super().__init__()
        self.given_back = given_back


class ModelBusy(Exception):
    """The provider's limit or its failures leave no place for this call yet."""

    def __init__(self, model: str, admission: Admission) -> None:
        super().__init__()
        self.model = model
        self.admission = admission


@dataclass(frozen=True, slots=True)
class Spent:
    """What the calls of a step used and cost. `cost` None: the price of one is not known."""

    calls: int
    usage: Usage
    cost: float | None

    @classmethod
    def on(cls, calls: Iterable[Call]) -> "Spent":
        """The sum of those that were answered."""
        answered = [call for call in calls if call.generation is not None]
        usages = [GENERATION.validate_python(call.generation).usage for call in answered]
        costs = [call.cost for call in answered if call.cost is not None]
        known = len(costs) == len(answered)
        return cls(len(answered), sum(usages, Usage()), sum(costs) if known else None)


def wait_for_place(traffic: Traffic, task: Task, model: str, tokens: int) -> None:
    """A short wait is waited here, for a place that is booked; a longer one is ModelBusy."""
    admission = traffic.admit(model, tokens, returning=task.run_at > task.created_at)
    if not admission.admitted:
        raise ModelBusy(model, admission)
    if admission.wait_seconds > 0:
        time.sleep(admission.wait_seconds)


def give_back(busy: ModelBusy, deadline_at: float) -> NoReturn:
    """Free the slot until there is a place, unless the task has no time for that."""
    admission = busy.admission
    until = datetime.fromtimestamp(admission.until, UTC).isoformat(timespec="seconds")
    if admission.until >= deadline_at:
        raise ProviderRateLimited(
            f"There is no place for a call of {busy.model} before the task's deadline: waiting for"
            f" {admission.reason} until {until}.",
            retry_after_seconds=admission.wait_seconds,
        )
    reason = f"waiting for {admission.reason} until {until} ({busy.model})"
    raise StepStopped(GiveBack(admission.wait_seconds, reason, counts=False))


def caller_of(task: Task) -> Caller:
    """The task, its tenant and session, as a provider may know them."""
    tenant = hashlib.sha256(task.tenant_id.encode()).hexdigest()
    return Caller(tenant, task.session_id if task.kind.has_session else None, task.id)


def call_key(model: str, prompt: Prompt) -> str:
    """The same for the same model, messages and options; different for any other."""
    asked = [
        model,
        [[message.role, message.content] for message in prompt.messages],
        asdict(prompt.options),
        prompt.store_id,
    ]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def outcomes_unknown(calls: Iterable[Call]) -> list[Call]:
    """The calls whose worker stopped before it knew what came of them, for ever."""
    return [call for call in calls if call.state is CallState.ASKING and call.provider_ref is None]


def ensure_answered(store: Store, claim: Claim, step: Step) -> None:
    """ClaimLost, unless the answer of an earlier claim came in."""
    found = store.steps.of_task(claim.task.id)
    if not any(s.number == step.number and s.state is StepState.ANSWERED for s in found):
        raise ClaimLost
