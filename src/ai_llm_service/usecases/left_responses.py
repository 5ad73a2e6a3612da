"""Removes at providers what they wrote in the background and nobody will collect any more."""

from collections.abc import Callable

import structlog

from ai_llm_service.domain import CallOutcome, Step, StepState
from ai_llm_service.errors import ProviderError
from ai_llm_service.providers.base import BackgroundModel, ChatModel
from ai_llm_service.store.database import Database
from ai_llm_service.store.responses import LeftResponse

log = structlog.get_logger(__name__)
BATCH = 20
REMOVE_SECONDS = 10.0
REST_AFTER_ERROR = 30.0


class LeftResponses:
    """Any number of workers may look: what is gone already is no error.

    Left are responses that were collected and committed, and those whose task was cancelled, has
    failed or is too late.
    """

    def __init__(
        self, database: Database, find_model: Callable[[str], ChatModel], sweep_seconds: float
    ) -> None:
        self._database = database
        self._find_model = find_model
        self._sweep_seconds = sweep_seconds

    def sweep(self) -> float:
        """One look; seconds to rest."""
        with self._database.snapshot() as store:
            left = store.responses.left(BATCH)
        failed = [each for each in left if not self._remove(each)]
        return REST_AFTER_ERROR if failed else self._sweep_seconds

    def _remove(self, left: LeftResponse) -> bool:
        """Stop it, remove it there, and only then forget it here."""
        try:
            model = self._find_model(left.model)
            if isinstance(model, BackgroundModel):
                model.cancel(left.reference, REMOVE_SECONDS)
        except ProviderError as error:
            log.warning("response_not_removed", task_id=left.task_id, code=error.code)
            return False
        if not isinstance(model, BackgroundModel):
            return False
        with self._database.transaction("responses.forget") as store:
            store.responses.forget(left.reference)
            call = store.calls.waiting_for(left.task_id, left.reference)
            task = store.tasks.read(left.task_id)
            if call is not None and task is not None:
                store.calls.fail(call, may_be_paid=True)
                step = Step(task.id, call.step, "", StepState.ASKING, call.attempt)
                store.usage.add(task, step, CallOutcome.UNKNOWN, model=call.model)
        return True
