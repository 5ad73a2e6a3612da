"""A task as its client may see it."""

from dataclasses import dataclass

from ai_llm_service.domain import Progress, Step, StepState, Task, TaskKind, TaskStatus
from ai_llm_service.errors import InvalidRequest, TaskNotFound
from ai_llm_service.store.database import Database
from ai_llm_service.store.store import Store
from ai_llm_service.store.task_pages import TaskFilter, TaskSummary

AT_WORK = {
    TaskKind.INGEST: "reading the document",
    TaskKind.CLOSE: "removing what the session holds",
}


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task, its steps, and how many queued tasks stand before it."""

    task: Task
    steps: tuple[Step, ...]
    queue_position: int | None
    # What goes on behind an ingest that has ended: its document is found by words already.
    embedding: Progress | None = None

    @property
    def doing(self) -> str | None:
        """What happens to it now, in a few words without content; None once it has ended."""
        match self.task.status:
            case TaskStatus.QUEUED:
                return self._waiting()
            case TaskStatus.IN_PROGRESS:
                return self._working()
            case _:
                return None

    def _waiting(self) -> str:
        if self.task.reason:
            reason = self.task.reason
            return reason if reason.startswith("waiting") else f"waiting: {reason}"
        if not self.task.ready:
            return "waiting: the session's documents and earlier questions come first"
        return f"queued: {self.queue_position} ahead" if self.queue_position else "queued: next"

    def _working(self) -> str:
        if told := self.task.progress:
            return f"reading: {told.done:,} of {told.total:,} {told.unit}"
        if not self.steps:
            return AT_WORK.get(self.task.kind, "at work")
        asking = [step.number for step in self.steps if step.state is StepState.ASKING]
        if not asking:
            return "between two queries"
        if len(asking) == 1:
            return f"asking query {asking[0]} of {len(self.steps)}"
        return f"asking {len(asking)} of {len(self.steps)} queries at once"


class TaskReader:
    """Looks tasks up, always with their tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def view(self, tenant_id: str, task_id: str) -> TaskView:
        with self._database.snapshot() as store:
            return view_of(store, tenant_id, task_id)

    def unfinished(self, task_ids: list[str]) -> set[str]:
        """Those that have not ended; whose they are is the caller's to know."""
        with self._database.snapshot() as store:
            return store.tasks.unfinished(task_ids)

    def page(
        self, tenant_id: str, wanted: TaskFilter, limit: int, before: str | None
    ) -> list[TaskSummary]:
        """The tenant's tasks, the newest first, accepted before the task `before`."""
        with self._database.snapshot() as store:
            last = None if before is None else store.task_pages.place(tenant_id, before)
            if before is not None and last is None:
                sentence = "'before' must be the next_before of the last page."
                raise InvalidRequest(sentence, field="before")
            return store.task_pages.page(tenant_id, wanted, limit, last)


def view_of(store: Store, tenant_id: str, task_id: str) -> TaskView:
    """The tenant's task, or TaskNotFound."""
    task = store.tasks.find(tenant_id, task_id)
    if task is None:
        raise TaskNotFound
    queued = task.status is TaskStatus.QUEUED
    position = store.tasks.queue_position(task_id) if queued else None
    return TaskView(task, store.steps.of_task(task_id), position, _embedding(store, task))


def _embedding(store: Store, task: Task) -> Progress | None:
    is_read = task.kind is TaskKind.INGEST and task.status is TaskStatus.COMPLETED
    found = store.vectors.of_document(task.document_id or "") if is_read else None
    # Without an embedder nobody has begun, and nobody will.
    if found is None or found.finished or found.embedder is None or task.finished_at is None:
        return None
    seconds = max(store.now() - task.finished_at, 1e-3)
    return Progress("chunks", found.done, found.total, found.done / seconds)
