"""Whether a failed attempt is worth another one, and when: a decision from facts alone."""

from collections.abc import Callable
from dataclasses import dataclass

from ai_llm_service.errors import ProviderError, ServiceError

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Try again once this many seconds have passed."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Another attempt can't help, or there is no time or attempt left for it."""


def decide(
    error: ServiceError,
    *,
    attempt: int,
    max_attempts: int,
    seconds_left: float,
    jitter: Callable[[], float],
) -> RetryAfter | GiveUp:
    """Decide after attempt number `attempt`, counted from 1.

    The provider's own wait comes first; without one the wait doubles from attempt to attempt,
    shortened by up to a half at random (`jitter` gives 0 to 1), so that clients spread out.
    """
    if not error.retryable or attempt >= max_attempts:
        return GiveUp()
    wait = _asked_wait(error)
    if wait is None:
        full = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** max(0, attempt - 1))
        wait = full * (1 - jitter() / 2)
    if wait >= seconds_left:
        return GiveUp()
    return RetryAfter(wait)


def _asked_wait(error: ServiceError) -> float | None:
    return error.retry_after_seconds if isinstance(error, ProviderError) else None
