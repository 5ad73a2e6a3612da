"""The calls of all workers to one model: no more than its provider allows, none while it is down.

The state is shared: in the broker's Redis where there is one, in the database otherwise.
"""

import threading
import time
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Protocol, TypeVar

import structlog

from ai_llm_service.domain import Admission, Generation, LimitRules, LimitState
from ai_llm_service.domain.limits import (
    admit,
    block,
    confirm,
    count_failure,
    give_up,
    note_refusal,
    settle,
)
from ai_llm_service.errors import (
    ProviderError,
    ProviderRateLimited,
    ProviderUnavailable,
    StoreUnavailable,
)
from ai_llm_service.providers.redis_limits import LimitsAway
from ai_llm_service.store.database import Database
from ai_llm_service.usecases.insist import insist

log = structlog.get_logger(__name__)
AWAY_SECONDS = 5.0

T = TypeVar("T")
Change = Callable[[LimitState, float], tuple[LimitState, T]]


class SharedLimits(Protocol):
    """Where the states of all models are, by key."""

    def change(self, key: str, change: Change[T]) -> T:
        """Replace the state by what the function makes of it and the time, in one step."""
        ...


class SqlLimits:
    """States in the database. What changes nothing is not written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def change(self, key: str, change: Change[T]) -> T:
        with self._database.snapshot() as store:
            state = store.provider_limits.find(key)
            changed, result = change(state, store.now())
        if changed == state:
            return result
        with self._database.transaction("limits.change") as store:
            state = store.provider_limits.lock(key)
            changed, result = change(state, store.now())
            store.provider_limits.keep(key, changed)
        return result


class Traffic:
    """Admits calls, and learns from what came of them."""

    def __init__(
        self,
        shared: SharedLimits | None,
        database: Database,
        rules: Callable[[str], LimitRules],
    ) -> None:
        self._shared = shared
        self._sql = SqlLimits(database)
        self._rules = rules
        self._lock = threading.Lock()
        self._away_until = 0.0

    def admit(self, model: str, tokens: int, *, returning: bool) -> Admission:
        """Take a place for a call of so many tokens, or learn when to come back."""
        rules = self._rules(model)
        return insist(
            lambda: self._change(
                model, lambda state, now: admit(state, rules, now, tokens, returning=returning)
            )
        )

    def confirm(self, model: str) -> Admission:
        """Whether the place still holds, just before the call."""
        return insist(lambda: self._change(model, lambda state, now: (state, confirm(state, now))))

    def give_up(self, model: str, tokens: int) -> None:
        """The place is not used."""
        self._note(model, lambda state, _now: give_up(state, tokens))

    def settle(self, model: str, tokens: int, generation: Generation) -> None:
        """The call was answered."""
        rules = self._rules(model)
        used = generation.usage.input_tokens + generation.usage.output_tokens
        told = generation.limits

        def change(state: LimitState, now: float) -> LimitState:
            spent = used or tokens
            return settle(state, rules, now, reserved_tokens=tokens, used_tokens=spent, told=told)

        self._note(model, change)

    def fail(self, model: str, error: ProviderError) -> None:
        """The call was not answered."""
        rules = self._rules(model)
        wait = error.retry_after_seconds

        def change(state: LimitState, now: float) -> LimitState:
            if isinstance(error, ProviderRateLimited):
                return block(state, now, wait)
            if not isinstance(error, ProviderUnavailable):
                return note_refusal(state)
            failed = count_failure(state, rules, now)
            return failed if wait is None else block(failed, now, wait)

        self._note(model, change)

    def _note(self, model: str, change: Callable[[LimitState, float], LimitState]) -> None:
        """What came of a call; it has been kept before, so it is no harm if this is lost."""
        try:
            self._change(model, lambda state, now: (change(state, now), None))
        except StoreUnavailable:
            log.warning("limits_not_kept", model=model)

    def _change(self, key: str, change: Change[T]) -> T:
        if self._shared is not None and time.monotonic() >= self._away_until:
            try:
                return self._shared.change(key, change)
            except LimitsAway:
                with self._lock:
                    self._away_until = time.monotonic() + AWAY_SECONDS
                log.warning("limits_in_database", seconds=AWAY_SECONDS)
        return self._sql.change(key, change)


def rules_by_model(
    listed: tuple[tuple[str, int, int | None], ...], breaker: LimitRules
) -> Callable[[str], LimitRules]:
    """The rules of a model: the limits of the first pattern that fits, and the breaker's."""

    def rules(model: str) -> LimitRules:
        for pattern, requests, tokens in listed:
            if fnmatchcase(model, pattern):
                return LimitRules(
                    requests or None,
                    tokens,
                    breaker.breaker_failures,
                    breaker.breaker_seconds,
                    breaker.probe_seconds,
                )
        return breaker

    return rules
