"""Tasks, their steps, and the claims that workers have on them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


class TaskKind(StrEnum):
    """What a task does."""

    INGEST = "ingest"
    ANSWER = "answer"
    CLOSE = "close"
    DELIVER = "deliver"
    GENERATE = "generate"
    EMBED = "embed"

    @property
    def has_session(self) -> bool:
        """Whether a client knows the session of such a task."""
        return self not in {TaskKind.GENERATE, TaskKind.EMBED}


class TaskStatus(StrEnum):
    """Where a task stands; the last three are terminal."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_terminal(self) -> bool:
        return self in {TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED}


class StepState(StrEnum):
    """Where one query of a task stands. `asking` after a crash means: the outcome is unknown."""

    WAITING = "waiting"
    ASKING = "asking"
    ANSWERED = "answered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Progress:
    """How much of a task is done, in units such as pages; how many of them it does a second."""

    unit: str
    done: int
    total: int
    per_second: float

    @property
    def seconds_left(self) -> float | None:
        return (self.total - self.done) / self.per_second if self.per_second else None


@dataclass(frozen=True, slots=True)
class Task:
    """Accepted work that a caller can poll. `attempt` counts from 1 once a worker claimed it."""

    id: str
    tenant_id: str
    kind: TaskKind
    status: TaskStatus
    session_id: str
    document_id: str | None
    payload: Json
    attempt: int
    lost_workers: int
    created_at: float
    run_at: float
    deadline_at: float
    started_at: float | None = None
    finished_at: float | None = None
    result: Json | None = None
    error_code: str | None = None
    error_detail: str | None = None
    error_hint: str | None = None
    reason: str | None = None
    request_id: str | None = None
    ready: bool = True
    progress: Progress | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One query of a task; its answer is kept from the moment it is known.

    `bookmark` tells what was read for it, from its first call on.
    """

    task_id: str
    number: int
    query: str
    state: StepState
    attempt: int
    answer: Json | None = None
    error_code: str | None = None
    error_detail: str | None = None
    error_hint: str | None = None
    bookmark: Json | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's hold on a task. The fence tells this claim from every other one.

    `seconds_left` is the time from the claim to the task's deadline.
    """

    task: Task
    fence: int
    seconds_left: float
