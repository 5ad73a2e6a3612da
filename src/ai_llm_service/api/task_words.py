"""A task in the words that its clients know, which are Celery's."""

from dataclasses import replace
from enum import StrEnum
from typing import assert_never

from pydantic import BaseModel, Field

from ai_llm_service.api.schemas import (
    DOCUMENT_ID,
    SESSION_ID,
    TASK_ID,
    ProgressResponse,
    TaskResponse,
    to_iso,
    to_iso_or_none,
)
from ai_llm_service.domain import Progress, StepState, TaskKind, TaskStatus
from ai_llm_service.store.task_pages import TaskFilter, TaskSummary
from ai_llm_service.usecases.tasks_view import TaskView


class StatusWord(StrEnum):
    """Celery's names of the states."""

    PENDING = "PENDING"
    STARTED = "STARTED"
    RETRY = "RETRY"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    REVOKED = "REVOKED"


class TaskSummaryResponse(BaseModel):
    """Where a task stands, without what came of it."""

    id: str = Field(examples=[TASK_ID])
    status: StatusWord = Field(examples=["SUCCESS"])
    kind: str = Field(examples=["answer"])
    session_id: str | None = Field(
        description="Null of a task without a session.", examples=[SESSION_ID]
    )
    document_id: str | None = Field(examples=[DOCUMENT_ID])
    attempt: int = Field(examples=[1])
    created_at: str = Field(examples=["2026-11-22T10:15:30.000Z"])
    started_at: str | None = Field(examples=["2026-11-22T10:15:30.120Z"])
    finished_at: str | None = Field(examples=["2026-11-22T10:15:33.480Z"])
    deadline: str = Field(examples=["2026-11-22T10:30:30.000Z"])
    run_at: str = Field(examples=["2026-11-22T10:15:30.000Z"])
    reason: str | None = Field(description="What it waits for.", examples=[None])
    error: str | None = Field(description="One sentence, on failure.", examples=[None])
    code: str | None = Field(examples=[None])
    hint: str | None = Field(examples=[None])


class TasksResponse(BaseModel):
    """Tasks, the newest first."""

    tasks: list[TaskSummaryResponse]
    next_before: str | None = Field(
        description="Give it as `before` for the next page; null at the end.", examples=[TASK_ID]
    )


def filter_of(word: StatusWord | None, kind: TaskKind | None, session_id: str | None) -> TaskFilter:
    """Which tasks a client means."""
    status, attempted = _meant_by(word)
    return TaskFilter(status, attempted, kind, session_id)


def to_summary(task: TaskSummary) -> TaskSummaryResponse:
    failed = task.status in {TaskStatus.FAILED, TaskStatus.CANCELLED}
    return TaskSummaryResponse(
        id=task.id,
        status=_word(task.status, task.attempt),
        kind=task.kind.value,
        session_id=task.session_id if task.kind.has_session else None,
        document_id=task.document_id,
        attempt=task.attempt,
        created_at=to_iso(task.created_at),
        started_at=to_iso_or_none(task.started_at),
        finished_at=to_iso_or_none(task.finished_at),
        deadline=to_iso(task.deadline_at),
        run_at=to_iso(task.run_at),
        reason=task.reason,
        error=(task.error_detail or "The task failed.") if failed else None,
        code=task.error_code if failed else None,
        hint=task.error_hint if failed else None,
    )


def to_response(view: TaskView) -> TaskResponse:
    task = view.task
    failed = task.status in {TaskStatus.FAILED, TaskStatus.CANCELLED}
    return TaskResponse(
        id=task.id,
        status=_word(task.status, task.attempt).value,
        result=task.result,
        error=(task.error_detail or "The task failed.") if failed else None,
        kind=task.kind.value,
        session_id=task.session_id if task.kind.has_session else None,
        attempt=task.attempt,
        created_at=to_iso(task.created_at),
        started_at=to_iso_or_none(task.started_at),
        finished_at=to_iso_or_none(task.finished_at),
        deadline=to_iso(task.deadline_at),
        run_at=to_iso(task.run_at),
        reason=task.reason,
        queue_position=view.queue_position,
        progress=_progress(view),
        embedding=None if view.embedding is None else _embedding(view.embedding),
        code=task.error_code if failed else None,
        hint=task.error_hint if failed else None,
    )


def _progress(view: TaskView) -> ProgressResponse:
    if view.task.progress is not None:
        return _told(view, view.task.progress)
    if not view.steps:
        done = int(view.task.status is TaskStatus.COMPLETED)
        return ProgressResponse(done=done, total=1, doing=view.doing)
    ended = {StepState.ANSWERED, StepState.FAILED}
    done = sum(step.state in ended for step in view.steps)
    return ProgressResponse(done=done, total=len(view.steps), doing=view.doing)


def _told(view: TaskView, told: Progress) -> ProgressResponse:
    is_whole = view.task.status is TaskStatus.COMPLETED
    return _counted(
        replace(told, done=told.total if is_whole else told.done),
        view.doing,
        None if view.task.status.is_terminal else told.seconds_left,
    )


def _embedding(told: Progress) -> ProgressResponse:
    doing = f"embedding: {told.done:,} of {told.total:,} chunks"
    return _counted(told, doing, told.seconds_left)


def _counted(told: Progress, doing: str | None, seconds_left: float | None) -> ProgressResponse:
    return ProgressResponse(
        done=told.done,
        total=told.total,
        doing=doing,
        unit=told.unit,
        per_second=round(told.per_second, 2),
        seconds_left=None if seconds_left is None else round(seconds_left, 1),
    )


def _word(status: TaskStatus, attempt: int) -> StatusWord:
    match status:
        case TaskStatus.QUEUED:
            return StatusWord.RETRY if attempt > 0 else StatusWord.PENDING
        case TaskStatus.IN_PROGRESS:
            return StatusWord.STARTED
        case TaskStatus.COMPLETED:
            return StatusWord.SUCCESS
        case TaskStatus.FAILED:
            return StatusWord.FAILURE
        case TaskStatus.CANCELLED:
            return StatusWord.REVOKED
        case _:
            assert_never(status)


def _meant_by(word: StatusWord | None) -> tuple[TaskStatus | None, bool | None]:
    """The status of the word, and whether it means tasks that were attempted before."""
    meanings: dict[StatusWord | None, tuple[TaskStatus | None, bool | None]] = {
        None: (None, None),
        StatusWord.PENDING: (TaskStatus.QUEUED, False),
        StatusWord.RETRY: (TaskStatus.QUEUED, True),
        StatusWord.STARTED: (TaskStatus.IN_PROGRESS, None),
        StatusWord.SUCCESS: (TaskStatus.COMPLETED, None),
        StatusWord.FAILURE: (TaskStatus.FAILED, None),
        StatusWord.REVOKED: (TaskStatus.CANCELLED, None),
    }
    return meanings[word]
