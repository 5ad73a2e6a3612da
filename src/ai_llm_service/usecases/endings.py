"""How a task ends: with what it made, and with one sentence when it failed."""

from collections.abc import Callable
from dataclasses import dataclass

from ai_llm_service.domain import (
    CallOutcome,
    Claim,
    Json,
    Step,
    StepState,
    Task,
    TaskKind,
    TaskStatus,
)
from ai_llm_service.errors import ServiceError, WorkerLost
from ai_llm_service.store.store import Store
from ai_llm_service.store.tasks import Ending
from ai_llm_service.usecases.announcing import announce
from ai_llm_service.usecases.outcomes import nothing

ASKING_KINDS = frozenset({TaskKind.ANSWER, TaskKind.GENERATE, TaskKind.EMBED})
FINISHED = frozenset({StepState.ANSWERED, StepState.FAILED})


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a task failed."""

    code: str
    detail: str
    hint: str | None = None

    @classmethod
    def of(cls, error: ServiceError) -> "Failure":
        return cls(error.code, error.message, error.advice)


def answered(task: Task, steps: tuple[Step, ...]) -> Json:
    """The result in the shape of the contract."""
    answers = [step.answer for step in steps if step.answer is not None]
    if task.kind is TaskKind.EMBED:
        return {name: value for name, value in answers[0].items() if name != "text"}
    texts = [answer["text"] for answer in answers]
    if task.kind is TaskKind.GENERATE:
        return {"result": texts, "answers": answers}
    return {"result": texts, "session_id": task.session_id, "answers": answers}


def completed(result: Json) -> Ending:
    return Ending(TaskStatus.COMPLETED, result=result)


def of_steps(store: Store, task: Task, steps: tuple[Step, ...]) -> Ending:
    """The end of a task whose steps are all finished: it failed if one of them did."""
    wrong = [step for step in steps if step.state is StepState.FAILED]
    if not wrong:
        return completed(answered(task, steps))
    first = wrong[0]
    code, detail = first.error_code or "internal_error", first.error_detail or ""
    return failed(store, task, Failure(code, detail, first.error_hint))


def stopped(store: Store, task: Task, failure: Failure) -> Ending:
    """The end of a task that nobody works on: of its steps, if nothing was left to do."""
    steps = store.steps.of_task(task.id)
    if steps and all(step.state in FINISHED for step in steps):
        return of_steps(store, task, steps)
    return failed(store, task, failure)


def failed(store: Store, task: Task, failure: Failure) -> Ending:
    """The end of a task that failed; the answers that exist are kept in its result."""
    steps = store.steps.of_task(task.id)
    result = what_exists(task, steps)
    return Ending(
        TaskStatus.FAILED,
        result=result,
        error_code=failure.code,
        error_detail=_with_missing(failure.detail, steps) if result else failure.detail,
        error_hint=failure.hint,
    )


def ended_by(error: ServiceError, status: TaskStatus, result: Json | None = None) -> Ending:
    return Ending(
        status,
        result=result,
        error_code=error.code,
        error_detail=error.message,
        error_hint=error.advice,
    )


def what_exists(task: Task, steps: tuple[Step, ...]) -> Json | None:
    """The answers of a task that did not complete; None when there is none."""
    some = any(step.state is StepState.ANSWERED for step in steps)
    return answered(task, steps) if some else None


def conclude(
    store: Store,
    task: Task,
    ending: Ending,
    move: Callable[[Store, Ending], bool],
    also: Callable[[Store], None] = nothing,
) -> bool:
    """End a task with all that follows from it, in one transaction; False if it is not ours to end.

    The session stays locked meanwhile, so that a question that is asked now is either seen here
    or sees this end.
    """
    store.sessions.lock(task.session_id)
    if not move(store, ending):
        return False
    also(store)
    if task.kind in ASKING_KINDS:
        _settle_calls(store, task, ending)
    if task.kind is TaskKind.INGEST and ending.status is not TaskStatus.COMPLETED:
        _settle_document(store, task, ending)
    store.tasks.wake(task.session_id)
    announce(store, task, ending)
    return True


def end_by_holder(
    store: Store, claim: Claim, ending: Ending, also: Callable[[Store], None] = nothing
) -> bool:
    """End a task that this worker holds; False when it has lost it."""
    return conclude(
        store,
        claim.task,
        ending,
        lambda store, ending: store.endings.by_holder(claim, ending),
        also,
    )


def cancel(store: Store, task: Task, ending: Ending) -> bool:
    """End a task, whoever works on it; False when it has ended before."""
    return conclude(
        store, task, ending, lambda store, ending: store.endings.of_cancelled(task.id, ending)
    )


def _settle_calls(store: Store, task: Task, ending: Ending) -> None:
    """Of calls whose workers were all lost nobody will ever tell the outcome."""
    if ending.error_code == WorkerLost.code:
        for call in store.calls.under_way(task.id):
            step = Step(task.id, call.step, "", StepState.ASKING, call.attempt)
            store.usage.add(task, step, CallOutcome.UNKNOWN, model=call.model)
    store.calls.forget(task.id)


def _settle_document(store: Store, task: Task, ending: Ending) -> None:
    """A document whose ingest did not succeed says why, so that nobody waits for it."""
    if task.document_id is not None:
        store.documents.fail(task.document_id, ending.error_code or "", ending.error_detail or "")


def _with_missing(detail: str, steps: tuple[Step, ...]) -> str:
    missing = [str(step.number) for step in steps if step.state is not StepState.ANSWERED]
    noun = "Query" if len(missing) == 1 else "Queries"
    return f"{noun} {', '.join(missing)} of {len(steps)} not answered: {detail}"
