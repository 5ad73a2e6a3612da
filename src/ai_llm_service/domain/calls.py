"""Calls: each generation that a step asked for, kept by what was asked."""

from dataclasses import dataclass
from enum import StrEnum

from ai_llm_service.domain.tasks import Json


class CallState(StrEnum):
    """Where a call stands. `asking` after a crash means: the outcome is unknown."""

    ASKING = "asking"
    ANSWERED = "answered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Call:
    """One call to a provider. `key` tells its model, messages and options from all others.

    `provider_ref` is where the provider keeps what it writes in the background.
    """

    task_id: str
    step: int
    key: str
    model: str
    state: CallState
    attempt: int
    provider_ref: str | None = None
    generation: Json | None = None
    cost: float | None = None
    error_code: str | None = None
