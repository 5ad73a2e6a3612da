"""Tasks: where one stands, at once or as soon as it has ended; lists of them; stopping one."""

import asyncio
import time
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from ai_llm_service.api.dependencies import Id, Parts, Tenant, WaitingCallers
from ai_llm_service.api.idempotency import OnceOfBody
from ai_llm_service.api.openapi import problems
from ai_llm_service.api.schemas import TaskResponse
from ai_llm_service.api.task_words import (
    StatusWord,
    TasksResponse,
    filter_of,
    to_response,
    to_summary,
)
from ai_llm_service.domain import Json, TaskKind
from ai_llm_service.errors import StoreUnavailable
from ai_llm_service.usecases.tasks_view import TaskView

router = APIRouter(tags=["tasks"])

MAX_PAGE = 100
MAX_WAIT_SECONDS = 60
AWAY_SECONDS = 0.25
# So often a caller who waits is looked after, whether it is still there.
STILL_THERE_SECONDS = 5.0


@router.get("/tasks", summary="List tasks", responses=problems(401, 422, 503))
def list_tasks(
    parts: Parts,
    tenant: Tenant,
    *,
    status: Annotated[StatusWord | None, Query(description="Only those in this state.")] = None,
    kind: Annotated[TaskKind | None, Query(description="Only those of this kind.")] = None,
    session_id: Annotated[Id | None, Query(description="Only those of this session.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="How many at most.")] = 20,
    before: Annotated[Id | None, Query(description="`next_before` of the last page.")] = None,
) -> TasksResponse:
    """Your tasks, the newest first, without their results."""
    page = parts.tasks.page(tenant, filter_of(status, kind, session_id), limit, before)
    return TasksResponse(
        tasks=[to_summary(task) for task in page],
        next_before=page[-1].id if len(page) == limit else None,
    )


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
    *,
    waiting: WaitingCallers,
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
        left = give_up_at - time.monotonic()
        view = await _look(parts, tenant, task_id, patient=left > 0)
        if view and (view.task.status.is_terminal or left <= 0 or await request.is_disconnected()):
            return to_response(view)
        if view is None:
            await asyncio.sleep(min(AWAY_SECONDS, max(0.0, left)))
        else:
            await waiting.wait(task_id, min(STILL_THERE_SECONDS, left))


async def _look(parts: Parts, tenant: str, task_id: str, *, patient: bool) -> TaskView | None:
    """The task; None while the database is away and the caller still waits."""
    try:
        return await run_in_threadpool(parts.tasks.view, tenant, task_id)
    except StoreUnavailable:
        if not patient:
            raise
        return None


@router.post(
    "/task/{task_id}/cancel",
    summary="Stop a task",
    response_description="The task has ended as `REVOKED`.",
    responses=problems(401, 404, 409, 413, 422, 503, 507),
)
def cancel_task(task_id: Id, once: OnceOfBody, parts: Parts, tenant: Tenant) -> TaskResponse:
    """Stop an upload's or a query's task, which stays `REVOKED` whatever a worker says later.

    A query under way is not interrupted, but no further one is asked; `result` holds the answers
    that exist. The document of a stopped upload is `failed`.
    """
    return to_response(parts.cancelling.cancel(tenant, task_id, once, _to_json))


def _to_json(view: TaskView) -> Json:
    return to_response(view).model_dump(mode="json")
