"""Answers the queries of a task one after the other; each answer is kept at once."""

import random
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from pydantic import TypeAdapter

from ai_llm_service.domain import Answer, Claim, Query, Step, StepState
from ai_llm_service.errors import ClaimLost, ProviderError, ServiceError
from ai_llm_service.search.base import FileSearch
from ai_llm_service.store.database import Database
from ai_llm_service.store.store import Store
from ai_llm_service.usecases.endings import Failure, answered, completed, failed
from ai_llm_service.usecases.insist import insist
from ai_llm_service.usecases.leases import Leases
from ai_llm_service.usecases.outcomes import Done, GiveBack, Outcome
from ai_llm_service.usecases.retry import RetryAfter, decide

log = structlog.get_logger(__name__)
ANSWER = TypeAdapter(Answer)
FINISHED = {StepState.ANSWERED, StepState.FAILED}
RESTARTING = GiveBack(0.0, "the worker that had it is being restarted", counts=False)


@dataclass(frozen=True, slots=True)
class Intent:
    """A query that is about to be asked, and how long there is for it."""

    step: Step
    query: Query
    seconds_left: float


class Answering:
    """Asks the file search, and decides from its error whether to ask again later."""

    def __init__(
        self,
        database: Database,
        leases: Leases,
        search: FileSearch,
        draining: Callable[[], bool],
        *,
        max_attempts: int,
        provider_timeout_seconds: float,
    ) -> None:
        self._database = database
        self._leases = leases
        self._search = search
        self._draining = draining
        self._max_attempts = max_attempts
        self._timeout_seconds = provider_timeout_seconds

    def perform(self, claim: Claim) -> Outcome:
        """Ask what is not answered yet. A query that failed does not hide the others."""
        with self._database.snapshot() as store:
            steps = store.steps.of_task(claim.task.id)
        for step in steps:
            if step.state in FINISHED:
                continue
            if self._draining():
                return RESTARTING
            given_back = self._ask(claim, step)
            if given_back is not None:
                return given_back
        with self._database.snapshot() as store:
            return _end(store, claim)

    def _ask(self, claim: Claim, step: Step) -> GiveBack | None:
        intent = insist(lambda: self._intend(claim, step))
        if intent is None:
            return None
        timeout = max(1.0, min(self._timeout_seconds, intent.seconds_left))
        try:
            answer = self._search.answer(intent.query, timeout)
        except ServiceError as error:
            return self._after_failure(claim, intent, error)
        kept = ANSWER.dump_python(answer, mode="json")
        insist(lambda: self._record(claim, step, kept))
        return None

    def _intend(self, claim: Claim, step: Step) -> Intent | None:
        """Commit the intent and a fresh lease; None when an answer has come in meanwhile.

        Nothing paid starts without this commit, so a worker that can't reach the database,
        or has lost its claim, starts nothing.
        """
        task = claim.task
        with self._database.transaction() as store:
            intended = store.steps.intend(claim, step.number)
            if intended is None:
                _ensure_answered(store, claim, step)
                return None
            store.claims.renew(self._leases.owner, [task.id], self._leases.seconds)
            history = store.steps.turns(task.session_id, before_task=task.id)
            seconds_left = task.deadline_at - store.now()
        query = Query(
            session_id=task.session_id,
            text=step.query,
            instructions=task.payload.get("instructions"),
            history=history,
            document_id=task.document_id,
        )
        return Intent(intended, query, seconds_left)

    def _record(self, claim: Claim, step: Step, answer: dict[str, object]) -> None:
        with self._database.transaction() as store:
            store.steps.record(claim.task.id, step.number, answer)

    def _after_failure(self, claim: Claim, intent: Intent, error: ServiceError) -> GiveBack | None:
        decision = decide(
            error,
            attempt=intent.step.attempt,
            max_attempts=self._max_attempts,
            seconds_left=intent.seconds_left,
            jitter=random.random,
        )
        retry = isinstance(decision, RetryAfter)
        log.warning(
            "query_failed",
            step=intent.step.number,
            attempt=intent.step.attempt,
            code=error.code,
            wait_seconds=round(decision.seconds, 1) if isinstance(decision, RetryAfter) else None,
        )

        def keep() -> None:
            with self._database.transaction() as store:
                store.steps.fail(
                    claim, intent.step.number, error.code, error.message, final=not retry
                )

        insist(keep)
        if isinstance(decision, RetryAfter):
            return GiveBack(decision.seconds, _why_it_waits(error))
        return None


def _ensure_answered(store: Store, claim: Claim, step: Step) -> None:
    """ClaimLost, unless the answer of an earlier claim came in."""
    found = store.steps.of_task(claim.task.id)
    if not any(s.number == step.number and s.state is StepState.ANSWERED for s in found):
        raise ClaimLost


def _why_it_waits(error: ServiceError) -> str:
    if isinstance(error, ProviderError) and error.retry_after_seconds is not None:
        return "the provider asked us to wait"
    return "the last attempt failed and is repeated"


def _end(store: Store, claim: Claim) -> Done:
    steps = store.steps.of_task(claim.task.id)
    wrong = [step for step in steps if step.state is StepState.FAILED]
    if not wrong:
        return Done(completed(answered(claim.task, steps)))
    first = wrong[0]
    failure = Failure(first.error_code or "internal_error", first.error_detail or "")
    return Done(failed(store, claim.task, failure))
