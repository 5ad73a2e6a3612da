"""Stops a task at its client's wish. A running one ends in SQL; its worker finds its claim lost."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import structlog

from ai_llm_service.domain import Json, StepState, Task, TaskKind
from ai_llm_service.errors import TaskAlreadyFinished, TaskCancelled, TaskNotCancellable
from ai_llm_service.store.database import Database
from ai_llm_service.store.store import Store
from ai_llm_service.store.tasks import Ending
from ai_llm_service.usecases.endings import answered, cancelled, conclude
from ai_llm_service.usecases.idempotency import Once
from ai_llm_service.usecases.tasks_view import TaskView, view_of

log = structlog.get_logger(__name__)
# The others do what must be done, such as removing a closed session's data.
CANCELLABLE = {TaskKind.INGEST, TaskKind.ANSWER}


class Cancelling:
    """`nudge` tells the dispatcher that what waited for the task may start."""

    def __init__(self, database: Database, nudge: Callable[[], None]) -> None:
        self._database = database
        self._nudge = nudge

    def cancel(
        self, tenant_id: str, task_id: str, once: Once, show: Callable[[TaskView], Json]
    ) -> TaskView:
        """End the task, with the answers that exist; what it is now."""
        with self._database.transaction("task.cancel") as store:
            once.begin(store)
            task = view_of(store, tenant_id, task_id).task
            if task.kind not in CANCELLABLE:
                raise TaskNotCancellable(f"A task of the kind '{task.kind}' can't be cancelled.")
            if not conclude(store, task, _ending(store, task), partial(_end, task_id)):
                raise TaskAlreadyFinished
            view = view_of(store, tenant_id, task_id)
            once.keep(store, show(view))
        log.info("task_cancelled", task_id=task_id)
        self._nudge()
        return view


def _ending(store: Store, task: Task) -> Ending:
    """The answers that exist are kept."""
    ending = cancelled(TaskCancelled())
    steps = store.steps.of_task(task.id)
    some = any(step.state is StepState.ANSWERED for step in steps)
    return replace(ending, result=answered(task, steps)) if some else ending


def _end(task_id: str, store: Store, ending: Ending) -> bool:
    return store.endings.of_cancelled(task_id, ending)
