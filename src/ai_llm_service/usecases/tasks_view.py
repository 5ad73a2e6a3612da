"""A task as its client may see it."""

from dataclasses import dataclass

from ai_llm_service.domain import Step, Task
from ai_llm_service.errors import TaskNotFound
from ai_llm_service.store.database import Database


@dataclass(frozen=True, slots=True)
class TaskView:
    """A task, its steps, and how many queued tasks stand before it."""

    task: Task
    steps: tuple[Step, ...]
    queue_position: int | None


class TaskReader:
    """Looks tasks up, always with their tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def view(self, tenant_id: str, task_id: str) -> TaskView:
        with self._database.snapshot() as store:
            task = store.tasks.find(tenant_id, task_id)
            if task is None:
                raise TaskNotFound
            return TaskView(task, store.steps.of_task(task_id), store.tasks.queue_position(task_id))
