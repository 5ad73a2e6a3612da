"""Answers the queries of a task; each answer is kept at once, with its entry in the ledger."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from ai_llm_service.domain import Claim, Step, StepState
from ai_llm_service.store.database import Database
from ai_llm_service.store.store import Store
from ai_llm_service.usecases.asking import Asking
from ai_llm_service.usecases.endings import Failure, answered, completed, failed
from ai_llm_service.usecases.outcomes import RESTARTING, Done, GiveBack, Outcome

FINISHED = {StepState.ANSWERED, StepState.FAILED}
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
        given_back = ask_all(claim, open_steps)
        if given_back is not None:
            return given_back
        with self._database.snapshot() as store:
            return _end(store, claim)

    def _in_turn(self, claim: Claim, steps: list[Step]) -> GiveBack | None:
        """Each query sees the answers before it; the first one that must wait stops the round."""
        for step in steps:
            given_back = self._ask(claim, step)
            if given_back is not None:
                return given_back
        return None

    def _together(self, claim: Claim, steps: list[Step]) -> GiveBack | None:
        """No query waits for another; the longest wait is the task's."""
        if not steps:
            return None
        with ThreadPoolExecutor(min(PARALLEL_QUERIES, len(steps))) as pool:
            asked = [pool.submit(copy_context().run, self._ask, claim, step) for step in steps]
            waits = [wait for future in asked if (wait := future.result()) is not None]
        return max(waits, key=lambda wait: wait.wait_seconds, default=None)

    def _ask(self, claim: Claim, step: Step) -> GiveBack | None:
        return RESTARTING if self._draining() else self._asking.ask(claim, step)


def _end(store: Store, claim: Claim) -> Done:
    steps = store.steps.of_task(claim.task.id)
    wrong = [step for step in steps if step.state is StepState.FAILED]
    if not wrong:
        return Done(completed(answered(claim.task, steps)))
    first = wrong[0]
    code, detail = first.error_code or "internal_error", first.error_detail or ""
    failure = Failure(code, detail, first.error_hint)
    return Done(failed(store, claim.task, failure))
