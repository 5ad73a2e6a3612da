"""Tasks: where one stands, at once or as soon as it has ended."""

import asyncio
import time
from typing import Annotated, assert_never

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from ai_llm_service.api.dependencies import Id, Parts, Tenant
from ai_llm_service.api.openapi import problems
from ai_llm_service.api.schemas import ProgressResponse, TaskResponse, to_iso, to_iso_or_none
from ai_llm_service.domain import StepState, Task, TaskStatus
from ai_llm_service.usecases.tasks_view import TaskView

router = APIRouter(tags=["tasks"])

MAX_WAIT_SECONDS = 60
LOOK_AGAIN_SECONDS = 0.25


@router.get(
    "/task/{task_id}",
    summary="See where a task stands",
    responses=problems(401, 404, 422, 503),
)
async def get_task(
    request: Request,
    task_id: Id,
    parts: Parts,
    tenant: Tenant,
    wait: Annotated[
        float, Query(ge=0, le=MAX_WAIT_SECONDS, description="Answer later, once it has ended.")
    ] = 0,
) -> TaskResponse:
    """The status of a task in Celery's words, its progress, and its result.

    A query ends as `SUCCESS` with `result.result`, one text per query in their order, or as
    `FAILURE` with one sentence in `error` and those answers in `result` that exist.
    """
    give_up_at = time.monotonic() + wait
    while True:
        view = await run_in_threadpool(parts.tasks.view, tenant, task_id)
        left = give_up_at - time.monotonic()
        if view.task.status.is_terminal or left <= 0 or await request.is_disconnected():
            return _to_response(view)
        await asyncio.sleep(min(LOOK_AGAIN_SECONDS, left))


def _to_response(view: TaskView) -> TaskResponse:
    task = view.task
    failed = task.status in {TaskStatus.FAILED, TaskStatus.CANCELLED}
    return TaskResponse(
        id=task.id,
        status=_status_word(task),
        result=task.result,
        error=(task.error_detail or "The task failed.") if failed else None,
        kind=task.kind.value,
        session_id=task.session_id,
        attempt=task.attempt,
        created_at=to_iso(task.created_at),
        started_at=to_iso_or_none(task.started_at),
        finished_at=to_iso_or_none(task.finished_at),
        deadline=to_iso(task.deadline_at),
        run_at=to_iso(task.run_at),
        reason=task.reason,
        queue_position=view.queue_position,
        progress=_progress(view),
        code=task.error_code if failed else None,
        hint=task.error_hint if failed else None,
    )


def _status_word(task: Task) -> str:
    match task.status:
        case TaskStatus.QUEUED:
            return "RETRY" if task.attempt > 0 else "PENDING"
        case TaskStatus.IN_PROGRESS:
            return "STARTED"
        case TaskStatus.COMPLETED:
            return "SUCCESS"
        case TaskStatus.FAILED:
            return "FAILURE"
        case TaskStatus.CANCELLED:
            return "REVOKED"
        case _:
            assert_never(task.status)


def _progress(view: TaskView) -> ProgressResponse:
    if not view.steps:
        return ProgressResponse(done=int(view.task.status is TaskStatus.COMPLETED), total=1)
    ended = {StepState.ANSWERED, StepState.FAILED}
    done = sum(step.state in ended for step in view.steps)
    return ProgressResponse(done=done, total=len(view.steps))
