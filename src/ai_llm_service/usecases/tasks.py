"""Executes tasks: claim one, perform it, record what it came to."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

import structlog

from ai_llm_service.domain import Claim, TaskKind
from ai_llm_service.errors import ClaimLost, InternalError, ServiceError, StoreUnavailable
from ai_llm_service.store.database import Database
from ai_llm_service.usecases.answering import Answering
from ai_llm_service.usecases.closing import Closing
from ai_llm_service.usecases.delivering import Delivering
from ai_llm_service.usecases.endings import Failure, end_by_holder, failed
from ai_llm_service.usecases.ingesting import Ingesting
from ai_llm_service.usecases.insist import insist
from ai_llm_service.usecases.leases import Leases
from ai_llm_service.usecases.outcomes import Done, Ended, GiveBack, Outcome

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Performers:
    """Who performs each kind of task."""

    ingest: Ingesting
    answer: Answering
    generate: Answering
    embed: Answering
    close: Closing
    deliver: Delivering


class TaskRunner:
    """Runs in the threads of a worker; a task's failure is an outcome, never an exception."""

    def __init__(
        self,
        database: Database,
        leases: Leases,
        performers: Performers,
        draining: Callable[[], bool],
        nudge: Callable[[], None],
    ) -> None:
        self._database = database
        self._leases = leases
        self._performers = performers
        self._draining = draining
        self._nudge = nudge

    def run(self, task_id: str) -> None:
        """Bring the task as far as it goes, unless another worker has it or it must wait."""
        if self._draining():
            self._decline(task_id)
            return
        claim = insist(lambda: self._leases.claim(task_id))
        if claim is None:
            return
        with structlog.contextvars.bound_contextvars(
            task_id=task_id, request_id=claim.task.request_id
        ):
            try:
                self._attempt(claim)
            finally:
                self._leases.drop(claim)
                self._nudge()

    def _attempt(self, claim: Claim) -> None:
        log.info("task_started", kind=claim.task.kind, attempt=claim.task.attempt)
        try:
            outcome = self._perform(claim)
            held = self._keep(claim, outcome)
        except (ClaimLost, StoreUnavailable) as error:
            log.warning("task_abandoned", code=error.code)
            return
        if held:
            _log_outcome(outcome)

    def _perform(self, claim: Claim) -> Outcome:
        try:
            return self._perform_kind(claim)
        except (ClaimLost, StoreUnavailable):
            raise
        except ServiceError as error:
            return self._failure(claim, error)
        except Exception:
            log.exception("task_crashed", kind=claim.task.kind)
            return self._failure(claim, InternalError())

    def _perform_kind(self, claim: Claim) -> Outcome:
        match claim.task.kind:
            case TaskKind.INGEST:
                return self._performers.ingest.perform(claim)
            case TaskKind.ANSWER:
                return self._performers.answer.perform(claim)
            case TaskKind.GENERATE:
                return self._performers.generate.perform(claim)
            case TaskKind.EMBED:
                return self._performers.embed.perform(claim)
            case TaskKind.CLOSE:
                return self._performers.close.perform(claim)
            case TaskKind.DELIVER:
                return self._performers.deliver.perform(claim)
            case _:
                assert_never(claim.task.kind)

    def _failure(self, claim: Claim, error: ServiceError) -> Done:
        with self._database.snapshot() as store:
            return Done(failed(store, claim.task, Failure.of(error)))

    def _keep(self, claim: Claim, outcome: Outcome) -> bool:
        """Whether the outcome is this worker's; kept now, unless it was with the last answer."""
        if isinstance(outcome, Ended):
            return outcome.held
        return insist(lambda: self._record(claim, outcome))

    def _record(self, claim: Claim, outcome: Done | GiveBack) -> bool:
        with self._database.transaction("task.record") as store:
            if isinstance(outcome, GiveBack):
                return store.claims.give_back(
                    claim, outcome.wait_seconds, outcome.reason, counts=outcome.counts
                )
            return end_by_holder(store, claim, outcome.ending, outcome.also)

    def _decline(self, task_id: str) -> None:
        """A worker that stops leaves the task to the others, at once."""
        with self._database.transaction("task.decline") as store:
            store.dispatches.unsend([task_id])


def _log_outcome(outcome: Outcome) -> None:
    if isinstance(outcome, GiveBack):
        log.info("task_given_back", wait_seconds=round(outcome.wait_seconds, 1))
    else:
        log.info("task_ended", status=outcome.ending.status.value, code=outcome.ending.error_code)
