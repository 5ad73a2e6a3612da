"""Answers one step: its calls go through the gateway, its answer is kept as soon as it is there."""

import random
from collections.abc import Callable
from dataclasses import asdict, dataclass

import structlog

from ai_llm_service.domain import Call, CallOutcome, Claim, Json, Step, TaskKind
from ai_llm_service.errors import (
    ClaimLost,
    ProviderError,
    ProviderOutcomeUnknown,
    ProviderRateLimited,
    ProviderStillWriting,
    ServiceError,
)
from ai_llm_service.store.database import Database
from ai_llm_service.store.store import Store
from ai_llm_service.usecases import metered_embedder
from ai_llm_service.usecases.bookmarks import StepBookmark
from ai_llm_service.usecases.call_values import Spent, StepStopped, outcomes_unknown
from ai_llm_service.usecases.calls import Gateway
from ai_llm_service.usecases.insist import insist
from ai_llm_service.usecases.outcomes import Ended, GiveBack
from ai_llm_service.usecases.responders import Asked, Responder
from ai_llm_service.usecases.retry import GiveUp, RetryAfter, decide

log = structlog.get_logger(__name__)
LEAST_CALL_SECONDS = 1.0
LOOK_AGAIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class AskingRules:
    """How often a query is asked, how long a call may take, and what an unknown outcome means."""

    max_attempts: int
    timeout_seconds: float
    retries_unknown: bool = True


class Asking:
    """Has a step answered, and decides from its error whether to ask again later."""

    def __init__(
        self, database: Database, responder: Responder, gateway: Gateway, rules: AskingRules
    ) -> None:
        self._database = database
        self._responder = responder
        self._gateway = gateway
        self._rules = rules

    def ask(
        self, claim: Claim, step: Step, end_if_last: Callable[[Store], Ended | None]
    ) -> GiveBack | Ended | None:
        """Answer the step or say when to try again; None when there is nothing more to do.

        `end_if_last` ends the task in the transaction that keeps its last answer.
        """
        asked = insist(lambda: self._prepare(claim, step))
        lost = outcomes_unknown(asked.calls)
        if lost and not self._ask_again(claim, step, lost):
            return None
        timeout = max(LEAST_CALL_SECONDS, min(self._rules.timeout_seconds, asked.seconds_left))
        try:
            models = self._responder.models(claim.task)
            model = self._gateway.open(claim, models, asked.calls, asked.bookmark)
            with metered_embedder.within(model):
                answer = self._responder.respond(asked, model, timeout)
        except StepStopped as stopped:
            return stopped.given_back
        except ClaimLost:
            raise
        except ServiceError as error:
            return self._after_failure(claim, asked, error)
        failed = model.failovers.before(str(answer.get("model")))
        kept = {**with_spent(answer, model.spent()), "failover": failed}
        return insist(lambda: self._record(claim, step, kept, end_if_last))

    def _prepare(self, claim: Claim, step: Step) -> Asked:
        task = claim.task
        with self._database.snapshot() as store:
            with_own = not task.payload.get("parallel")
            remembers = task.kind is TaskKind.ANSWER
            history = (
                store.steps.turns(task.session_id, task.id, with_own=with_own) if remembers else ()
            )
            calls = store.calls.of_step(task.id, step.number)
        seconds_left = self._gateway.leases.seconds_left(claim)
        return Asked(task, step, history, calls, seconds_left, StepBookmark(step))

    def _ask_again(self, claim: Claim, step: Step, lost: list[Call]) -> bool:
        """Whether to repeat calls whose worker stopped after its intent."""
        error = ProviderOutcomeUnknown("The worker stopped while the provider was being asked.")
        final = not self._rules.retries_unknown

        def note() -> None:
            with self._database.transaction("answer.unknown") as store:
                for call in lost:
                    store.usage.add(claim.task, step, CallOutcome.UNKNOWN, model=call.model)
                    store.calls.fail(call, may_be_paid=True, code=error.code)
                store.steps.fail(claim, step.number, error, attempt=step.attempt, final=final)

        insist(note)
        for call in lost:
            # What a provider may keep of it bears the task's id; nothing else tells of it.
            log.warning("call_outcome_unknown", task_id=claim.task.id, model=call.model)
        return self._rules.retries_unknown

    def _record(
        self, claim: Claim, step: Step, answer: Json, end_if_last: Callable[[Store], Ended | None]
    ) -> Ended | None:
        """Keep the answer, also when the claim was lost meanwhile; it was paid either way."""
        with self._database.transaction("answer.record") as store:
            store.steps.record(claim.task.id, step.number, answer)
            return end_if_last(store)

    def _after_failure(self, claim: Claim, asked: Asked, error: ServiceError) -> GiveBack | None:
        if isinstance(error, ProviderStillWriting):
            wait = max(LOOK_AGAIN_SECONDS, error.retry_after_seconds or 0.0)
            return GiveBack(wait, "the provider is still writing", counts=False)
        step = asked.step
        # To be told to wait is no attempt: only the deadline bounds it.
        attempt = step.attempt + (not isinstance(error, ProviderRateLimited))
        decision = self._decide(attempt, asked, error)
        final = isinstance(decision, GiveUp)
        log.warning("query_failed", step=step.number, attempt=attempt, code=error.code)

        def keep() -> None:
            with self._database.transaction("answer.fail") as store:
                store.steps.fail(claim, step.number, error, attempt=attempt, final=final)

        insist(keep)
        if isinstance(decision, RetryAfter):
            return GiveBack(decision.seconds, _why_it_waits(error))
        return None

    def _decide(self, attempt: int, asked: Asked, error: ServiceError) -> RetryAfter | GiveUp:
        if isinstance(error, ProviderOutcomeUnknown) and not self._rules.retries_unknown:
            return GiveUp()
        return decide(
            error,
            attempt=attempt,
            max_attempts=self._rules.max_attempts,
            seconds_left=asked.seconds_left,
            jitter=random.random,
        )


def with_spent(answer: Json, spent: Spent) -> Json:
    """The answer with the sum of its calls; one that needed no provider cost nothing."""
    cost = spent.cost if spent.calls else 0.0
    told = {"usage": asdict(spent.usage), "cost": cost, "price_unknown": cost is None}
    return {**answer, **told}


def _why_it_waits(error: ServiceError) -> str:
    if isinstance(error, ProviderError) and error.retry_after_seconds is not None:
        return "the provider asked us to wait"
    return "the last attempt failed and is repeated"
