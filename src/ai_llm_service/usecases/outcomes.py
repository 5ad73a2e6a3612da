"""What a worker's attempt at a task came to."""

from collections.abc import Callable
from dataclasses import dataclass

from ai_llm_service.store.store import Store
from ai_llm_service.store.tasks import Ending


def nothing(_store: Store) -> None:
    """Nothing else to record."""


@dataclass(frozen=True, slots=True)
class Done:
    """The task ends; `also` is recorded in the same transaction."""

    ending: Ending
    also: Callable[[Store], None] = nothing


@dataclass(frozen=True, slots=True)
class GiveBack:
    """The task goes back to the queue; a planned stop does not count as an attempt."""

    wait_seconds: float
    reason: str
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Ended:
    """The task has ended already, together with its last answer; `held` if this worker ended it."""

    ending: Ending
    held: bool


RESTARTING = GiveBack(0.0, "the worker that had it is being restarted", counts=False)

Outcome = Done | GiveBack | Ended
