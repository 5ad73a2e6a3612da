"""What keeps every task moving: lost claims, deadlines, expired sessions, old results."""

import random
import time
from collections.abc import Callable
from functools import partial

import structlog

from ai_llm_service.domain import Claim
from ai_llm_service.errors import DeadlineExceeded, ServiceError, WorkerLost
from ai_llm_service.store.database import Database
from ai_llm_service.store.files import FileStore
from ai_llm_service.store.store import Store
from ai_llm_service.store.tasks import Ending
from ai_llm_service.usecases.endings import Failure, conclude, stopped
from ai_llm_service.usecases.sessions import Sessions

log = structlog.get_logger(__name__)
BATCH = 100
JITTER = 0.3
# Cleaning is no hurry.
SWEEPS_PER_CLEANING = 8
SILENT_WORKER_SECONDS = 3600.0
# No provider keeps a response for longer.
RESPONSE_SECONDS = 30 * 24 * 3600.0
# No upload takes longer: a client that is silent for a minute is refused.
LEFTOVER_SECONDS = 24 * 3600.0


class Sweeper:
    """One per process, any number of processes: each move is guarded, so none happens twice."""

    def __init__(
        self,
        database: Database,
        files: FileStore,
        sessions: Sessions,
        nudge: Callable[[], None],
        *,
        sweep_seconds: float,
        lease_seconds: float,
        max_lost_workers: int,
        retention_seconds: float,
        idempotency_seconds: float,
    ) -> None:
        self._database = database
        self._files = files
        self._sessions = sessions
        self._nudge = nudge
        self._sweep_seconds = sweep_seconds
        self._lease_seconds = lease_seconds
        self._max_lost_workers = max_lost_workers
        self._retention_seconds = retention_seconds
        self._idempotency_seconds = idempotency_seconds
        self._answered_at = time.monotonic()
        self._trusted_from = time.monotonic() + self._two_beats()
        self._cleaned_at = time.monotonic()

    def sweep(self) -> float:
        """One round; seconds to rest, a little different each time so that processes spread."""
        self._guard_against_outage()
        if time.monotonic() >= self._trusted_from:
            self._return_lost_claims()
        self._end_overdue()
        self._close_expired()
        self._clean()
        self._nudge()
        return self._sweep_seconds * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311

    def _two_beats(self) -> float:
        return 2 * self._lease_seconds / 3

    def _guard_against_outage(self) -> None:
        """After a gap in the database, workers get two heartbeats to renew before any expires."""
        self._database.now()
        answered_at = time.monotonic()
        if answered_at - self._answered_at > self._sweep_seconds * 2 + self._two_beats():
            self._trusted_from = answered_at + self._two_beats()
        self._answered_at = answered_at

    def _return_lost_claims(self) -> None:
        with self._database.snapshot() as store:
            lost = store.claims.expired_leases(BATCH)
        for claim in lost:
            if claim.task.lost_workers + 1 >= self._max_lost_workers:
                self._fail(claim, WorkerLost(), partial(_of_lost, claim))
            else:
                self._requeue(claim)

    def _requeue(self, claim: Claim) -> None:
        with self._database.transaction("sweep.requeue") as store:
            moved = store.claims.requeue_lost(claim)
        if moved:
            log.warning("claim_lost", task_id=claim.task.id, attempt=claim.task.attempt)

    def _end_overdue(self) -> None:
        with self._database.snapshot() as store:
            overdue = store.tasks.past_deadline(BATCH)
        for claim in overdue:
            self._fail(claim, DeadlineExceeded(), partial(_of_overdue, claim))

    def _fail(
        self, claim: Claim, error: ServiceError, move: Callable[[Store, Ending], bool]
    ) -> None:
        with self._database.transaction("sweep.fail") as store:
            ending = stopped(store, claim.task, Failure.of(error))
            ended = conclude(store, claim.task, ending, move)
        if ended:
            log.warning("task_ended", task_id=claim.task.id, code=ending.error_code)

    def _close_expired(self) -> None:
        with self._database.snapshot() as store:
            due = store.sessions.due_to_close(BATCH)
        for session in due:
            self._sessions.close(session.tenant_id, session.id, None)

    def _clean(self) -> None:
        if time.monotonic() - self._cleaned_at < SWEEPS_PER_CLEANING * self._sweep_seconds:
            return
        self._cleaned_at = time.monotonic()
        with self._database.transaction("sweep.clean") as store:
            overlooked = store.tasks.wake_all()
            store.deliveries.purge(self._retention_seconds)
            store.tasks.purge(self._retention_seconds)
            store.webhook_secrets.purge()
            store.sessions.purge()
            store.responses.forget_older(RESPONSE_SECONDS)
            store.idempotency.purge(self._idempotency_seconds)
            store.workers.forget(SILENT_WORKER_SECONDS)
        if overlooked:
            log.error("tasks_overlooked", number=overlooked)
        self._database.tidy()
        for leftover in self._files.leftovers(time.time() - LEFTOVER_SECONDS):
            leftover.unlink(missing_ok=True)


def _of_lost(claim: Claim, store: Store, ending: Ending) -> bool:
    return store.endings.of_lost(claim, ending)


def _of_overdue(claim: Claim, store: Store, ending: Ending) -> bool:
    return store.endings.of_overdue(claim, ending)
