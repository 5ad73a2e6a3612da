"""Asks one query: intent before the call, answer and ledger after it, each committed alone."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from pydantic import TypeAdapter

from ai_llm_service.domain import Answer, CallOutcome, Claim, Query, Step, StepState
from ai_llm_service.errors import ClaimLost, ProviderError, ProviderOutcomeUnknown, ServiceError
from ai_llm_service.search.base import FileSearch
from ai_llm_service.store.database import Database
from ai_llm_service.store.store import Store
from ai_llm_service.usecases.insist import insist
from ai_llm_service.usecases.outcomes import GiveBack
from ai_llm_service.usecases.retry import GiveUp, RetryAfter, decide

log = structlog.get_logger(__name__)
ANSWER = TypeAdapter(Answer)
LEAST_CALL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class AskingRules:
    """How often a query is asked, how long a call may take, and what an unknown outcome means."""

    max_attempts: int
    timeout_seconds: float
    retries_unknown: bool = True


@dataclass(frozen=True, slots=True)
class Intent:
    """A query that is about to be asked, and how long there is for it."""

    step: Step
    query: Query
    seconds_left: float


class Asking:
    """Asks the file search, and decides from its error whether to ask again later.

    `renew` extends the lease of a claim within the transaction that it is given.
    """

    def __init__(
        self,
        database: Database,
        search: FileSearch,
        renew: Callable[[Store, Claim], None],
        rules: AskingRules,
    ) -> None:
        self._database = database
        self._search = search
        self._renew = renew
        self._rules = rules

    def ask(self, claim: Claim, step: Step) -> GiveBack | None:
        """Answer the query or say when to try again; None when there is nothing more to do."""
        if step.state is StepState.ASKING and not self._ask_again(claim, step):
            return None
        intent = insist(lambda: self._intend(claim, step))
        if intent is None:
            return None
        timeout = min(self._rules.timeout_seconds, intent.seconds_left)
        try:
            answer = self._search.answer(intent.query, max(LEAST_CALL_SECONDS, timeout))
        except ServiceError as error:
            return self._after_failure(claim, intent, error)
        insist(lambda: self._record(claim, intent.step, answer))
        return None

    def _ask_again(self, claim: Claim, step: Step) -> bool:
        """Whether to repeat a query whose worker stopped after its intent."""
        error = ProviderOutcomeUnknown("The worker stopped while the provider was being asked.")

        def note() -> None:
            with self._database.transaction("answer.unknown") as store:
                store.usage.add(claim.task, step, CallOutcome.UNKNOWN)
                store.steps.fail(claim, step.number, error, final=not self._rules.retries_unknown)

        insist(note)
        return self._rules.retries_unknown

    def _intend(self, claim: Claim, step: Step) -> Intent | None:
        """Commit the intent and a fresh lease; None when an answer has come in meanwhile.

        Nothing paid starts without this commit, so a worker that can't reach the database,
        or has lost its claim, starts nothing.
        """
        task = claim.task
        with self._database.transaction("answer.intend") as store:
            intended = store.steps.intend(claim, step.number)
            if intended is None:
                _ensure_answered(store, claim, step)
                return None
            self._renew(store, claim)
            with_own = not task.payload.get("parallel")
            history = store.steps.turns(task.session_id, task.id, with_own=with_own)
            seconds_left = task.deadline_at - store.now()
        query = Query(
            session_id=task.session_id,
            text=step.query,
            instructions=task.payload.get("instructions"),
            history=history,
            document_id=task.document_id,
        )
        return Intent(intended, query, seconds_left)

    def _record(self, claim: Claim, step: Step, answer: Answer) -> None:
        """Keep the answer, also when the claim was lost meanwhile; it was paid either way."""
        with self._database.transaction("answer.record") as store:
            store.steps.record(claim.task.id, step.number, ANSWER.dump_python(answer, mode="json"))
            store.usage.add(claim.task, step, CallOutcome.PAID, answer.usage, model=answer.model)

    def _after_failure(self, claim: Claim, intent: Intent, error: ServiceError) -> GiveBack | None:
        decision = self._decide(intent, error)
        log.warning(
            "query_failed", step=intent.step.number, attempt=intent.step.attempt, code=error.code
        )

        def keep() -> None:
            with self._database.transaction("answer.fail") as store:
                store.steps.fail(
                    claim, intent.step.number, error, final=isinstance(decision, GiveUp)
                )
                if isinstance(error, ProviderError) and error.may_be_paid:
                    store.usage.add(claim.task, intent.step, CallOutcome.UNKNOWN)

        insist(keep)
        if isinstance(decision, RetryAfter):
            return GiveBack(decision.seconds, _why_it_waits(error))
        return None

    def _decide(self, intent: Intent, error: ServiceError) -> RetryAfter | GiveUp:
        if isinstance(error, ProviderOutcomeUnknown) and not self._rules.retries_unknown:
            return GiveUp()
        return decide(
            error,
            attempt=intent.step.attempt,
            max_attempts=self._rules.max_attempts,
            seconds_left=intent.seconds_left,
            jitter=random.random,
        )


def _ensure_answered(store: Store, claim: Claim, step: Step) -> None:
    """ClaimLost, unless the answer of an earlier claim came in."""
    found = store.steps.of_task(claim.task.id)
    if not any(s.number == step.number and s.state is StepState.ANSWERED for s in found):
        raise ClaimLost


def _why_it_waits(error: ServiceError) -> str:
    if isinstance(error, ProviderError) and error.retry_after_seconds is not None:
        return "the provider asked us to wait"
    return "the last attempt failed and is repeated"
