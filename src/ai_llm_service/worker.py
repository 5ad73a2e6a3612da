"""What a Celery worker runs."""

from collections.abc import Callable
from typing import Protocol

from celery import Celery

from ai_llm_service.queue import RUN_TASK


class Runner(Protocol):
    """Whoever executes a task by its id."""

    def run(self, task_id: str) -> None:
        """Claim the task and bring it as far as it goes; raises nothing for a task's failure."""
        ...


def register(app: Celery, runner: Callable[[], Runner]) -> None:
    """Make the app execute tasks with the runner of the process that it runs in."""

    @app.task(name=RUN_TASK)  # type: ignore[untyped-decorator]
    def run_task(task_id: object) -> None:
        if isinstance(task_id, str):  # whoever can write to the broker can send anything
            runner().run(task_id)
