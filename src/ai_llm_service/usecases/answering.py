"""Answers the queries of a task; each answer is kept at once, with its entry in the ledger."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial

from ai_llm_service.domain import Claim, Step
from ai_llm_service.store.database import Database
from ai_llm_service.store.store import Store
from ai_llm_service.usecases.asking import Asking
from ai_llm_service.usecases.endings import FINISHED, end_by_holder, of_steps
from ai_llm_service.usecases.outcomes import RESTARTING, Done, Ended, GiveBack, Outcome

PARALLEL_QUERIES = 8


class Answering:
    """Brings the queries of a task as far as they go."""

    def __init__(self, database: Database, asking: Asking, draining: Callable[[], bool]) -> None:
        self._database = database
        self._asking = asking
        self._draining = draining

    def perform(self, claim: Claim) -> Outcome:
        """Ask what is not answered yet. A query that failed does not hide the others."""
        with self._database.snapshot() as store:
            steps = store.steps.of_task(claim.task.id)
        open_steps = [step for step in steps if step.state not in FINISHED]
        ask_all = self._together if claim.task.payload.get("parallel") else self._in_turn
        outcome = ask_all(claim, open_steps)
        if outcome is not None:
            return outcome
        with self._database.snapshot() as store:
            return Done(of_steps(store, claim.task, store.steps.of_task(claim.task.id)))

    def _in_turn(self, claim: Claim, steps: list[Step]) -> GiveBack | Ended | None:
        """Each query sees the answers before it; the first one that must wait stops the round."""
        for step in steps:
            outcome = self._ask(claim, step)
            if outcome is not None:
                return outcome
        return None

    def _together(self, claim: Claim, steps: list[Step]) -> GiveBack | Ended | None:
        """No query waits for another; the longest wait is the task's."""
        if not steps:
            return None
        with ThreadPoolExecutor(min(PARALLEL_QUERIES, len(steps))) as pool:
            asked = [pool.submit(copy_context().run, self._ask, claim, step) for step in steps]
            outcomes = [outcome for future in asked if (outcome := future.result()) is not None]
        for outcome in outcomes:
            if isinstance(outcome, Ended):
                return outcome
        waits = [outcome for outcome in outcomes if isinstance(outcome, GiveBack)]
        return max(waits, key=lambda wait: wait.wait_seconds, default=None)

    def _ask(self, claim: Claim, step: Step) -> GiveBack | Ended | None:
        if self._draining():
            return RESTARTING
        return self._asking.ask(claim, step, partial(_end_if_last, claim))


def _end_if_last(claim: Claim, store: Store) -> Ended | None:
    """End the task in the transaction that keeps its last answer, if it was the last."""
    steps = store.steps.of_task(claim.task.id)
    if not all(step.state in FINISHED for step in steps):
        return None
    ending = of_steps(store, claim.task, steps)
    return Ended(ending, end_by_holder(store, claim, ending))
