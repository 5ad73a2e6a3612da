"""Stops a task at its client's wish. A running one ends in SQL; its worker finds its claim lost."""

from collections.abc import Callable

import structlog

from ai_llm_service.domain import Json, TaskKind, TaskStatus
from ai_llm_service.errors import TaskAlreadyFinished, TaskCancelled, TaskNotCancellable
from ai_llm_service.store.database import Database
from ai_llm_service.usecases.endings import cancel, ended_by, what_exists
from ai_llm_service.usecases.idempotency import Once
from ai_llm_service.usecases.tasks_view import TaskView, view_of

log = structlog.get_logger(__name__)
# The others do what must be done, such as removing a closed session's data.
CANCELLABLE = {TaskKind.INGEST, TaskKind.ANSWER, TaskKind.GENERATE, TaskKind.EMBED}


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
            kept = what_exists(task, store.steps.of_task(task_id))
            if not cancel(store, task, ended_by(TaskCancelled(), TaskStatus.CANCELLED, kept)):
                raise TaskAlreadyFinished
            view = view_of(store, tenant_id, task_id)
            once.keep(store, show(view))
        log.info("task_cancelled", task_id=task_id)
        self._nudge()
        return view
