"""What all workers know of one model at its provider, and when the next call may be made.

Two leaky buckets per minute, of requests and of tokens; a time before which nobody calls, as the
provider asked; and a circuit breaker. Every function is pure: a state in, a state out. Times are
seconds by one clock that all workers share.

A bucket lets calls through evenly, not a whole minute's worth at once, so that no minute, wherever
it begins, holds more than the limit. A call may book its place some seconds ahead; whoever would
have to wait longer is told a place in the waiting line.
"""

from dataclasses import dataclass, replace

from ai_llm_service.domain.answers import ProviderLimits

MINUTE = 60.0
# Of a limit so much is used: the rest is for calls that arrive closer together than they left.
USED_SHARE = 0.98
# Of a minute's worth, so much may go at once.
BURST_SHARE = 1 / 120
# Where one call takes nearly a minute's worth, the flow is never slower than this share.
LEAST_SHARE = 0.05
# Who comes for the first time waits in its slot no longer; who comes back from the line may.
NEWCOMER_SECONDS = 1.0
RETURNING_SECONDS = 5.0
# Who waits comes back so much before its place in the line.
EARLY_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 300.0
UNASKED_PAUSE_SECONDS = 2.0
LIMIT = "provider limit"
FAULT = "a provider to recover"


@dataclass(frozen=True, slots=True)
class LimitRules:
    """What the operator says: limits per minute, and when the breaker opens and for how long."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    breaker_failures: int = 5
    breaker_seconds: float = 15.0
    probe_seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class LimitState:
    """What is known. Levels below 0 are places that are booked ahead.

    `largest` is the size in tokens of the largest call of late.
    """

    requests_level: float | None = None
    tokens_level: float | None = None
    largest: int = 0
    largest_at: float = 0.0
    filled_at: float = 0.0
    told_requests: int | None = None
    told_tokens: int | None = None
    blocked_until: float = 0.0
    line_until: float = 0.0
    failures: int = 0
    pauses: int = 0
    open_until: float = 0.0
    probe_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a call may be made, after this wait; if not, why, and when to come back."""

    admitted: bool
    wait_seconds: float
    until: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Bucket:
    """How much may go at once, and how fast it fills up again, per second."""

    size: float
    rate: float

    @classmethod
    def of_requests(cls, limit: int) -> "_Bucket":
        size = max(1.0, limit * BURST_SHARE)
        # No fraction of a request is made, so one more fits below the limit.
        return cls(size, (USED_SHARE * limit + 1 - size) / MINUTE)

    @classmethod
    def of_tokens(cls, limit: int, largest: int) -> "_Bucket":
        """The largest call must fit; what it takes at once is left out of the even flow."""
        size = max(float(min(largest, limit)), limit * BURST_SHARE)
        return cls(size, max(USED_SHARE * limit - size, LEAST_SHARE * limit) / MINUTE)

    def filled(self, level: float | None, seconds: float) -> float:
        return self.size if level is None else min(self.size, level + seconds * self.rate)

    def wait(self, level: float, wanted: float) -> float:
        return max(0.0, (min(wanted, self.size) - level) / self.rate)


def admit(
    state: LimitState, rules: LimitRules, now: float, tokens: int, *, returning: bool
) -> tuple[LimitState, Admission]:
    """Take a place for a call of so many tokens, or learn when to come back."""
    if now < state.blocked_until:
        return state, _refused(now, state.blocked_until - now, LIMIT)
    if now < state.open_until:
        return state, _refused(now, state.open_until - now, FAULT)
    if state.failures >= rules.breaker_failures:
        if now < state.probe_until:
            return state, _refused(now, min(state.probe_until - now, RETURNING_SECONDS), FAULT)
        state = replace(state, probe_until=now + rules.probe_seconds)
    if _least(rules.tokens_per_minute, state.told_tokens) is None:
        tokens = 0
    elif tokens >= state.largest or now > state.largest_at + MINUTE:
        state = replace(state, largest=tokens, largest_at=now)
    return _admit_by_buckets(_filled(state, rules, now), rules, now, tokens, returning=returning)


def _admit_by_buckets(
    state: LimitState, rules: LimitRules, now: float, tokens: int, *, returning: bool
) -> tuple[LimitState, Admission]:
    buckets = _buckets(state, rules)
    wait, turn = 0.0, 0.0
    for bucket, level, wanted in _wanted(buckets, state, tokens):
        wait = max(wait, bucket.wait(level, wanted))
        turn = max(turn, wanted / bucket.rate)
    patience = RETURNING_SECONDS if returning else NEWCOMER_SECONDS
    line_is_short = returning or state.line_until <= now + patience
    if wait <= patience and line_is_short:
        return _booked(state, buckets, tokens), Admission(True, wait)
    place = max(now + wait, state.line_until)
    told = max(NEWCOMER_SECONDS, place - now - EARLY_SECONDS)
    # A probe that only waits in the line is no probe.
    waiting = replace(state, line_until=place + turn, probe_until=0.0)
    return waiting, _refused(now, told, LIMIT)


def _refused(now: float, wait_seconds: float, reason: str) -> Admission:
    return Admission(False, wait_seconds, now + wait_seconds, reason)


def give_up(state: LimitState, reserved_tokens: int) -> LimitState:
    """A place is not used: nothing was asked."""
    requests, tokens = state.requests_level, state.tokens_level
    return replace(
        state,
        requests_level=None if requests is None else requests + 1,
        tokens_level=None if tokens is None else tokens + reserved_tokens,
        probe_until=0.0,
    )


def confirm(state: LimitState, now: float) -> Admission:
    """Whether a place that was taken still holds: meanwhile the provider may ask to wait."""
    if now < state.blocked_until:
        return _refused(now, state.blocked_until - now, LIMIT)
    return Admission(True, 0.0)


def settle(
    state: LimitState,
    rules: LimitRules,
    now: float,
    *,
    reserved_tokens: int,
    used_tokens: int,
    told: ProviderLimits | None,
) -> LimitState:
    """A call was answered: give back what it did not use, and keep what the provider told."""
    state = _filled(state, rules, now)
    if state.tokens_level is not None:
        state = replace(state, tokens_level=state.tokens_level + reserved_tokens - used_tokens)
    if told is not None:
        state = replace(
            state,
            told_requests=told.requests_per_minute or state.told_requests,
            told_tokens=told.tokens_per_minute or state.told_tokens,
        )
    return replace(state, failures=0, pauses=0, open_until=0.0, probe_until=0.0)


def block(state: LimitState, now: float, wait_seconds: float | None) -> LimitState:
    """The provider asks to wait: nobody calls before that."""
    wait = UNASKED_PAUSE_SECONDS if wait_seconds is None else wait_seconds
    until = max(state.blocked_until, now + wait)
    return replace(state, blocked_until=until, probe_until=0.0)


def count_failure(state: LimitState, rules: LimitRules, now: float) -> LimitState:
    """The provider failed: after some failures in a row the breaker opens, longer each time."""
    failures = state.failures + 1
    if failures < rules.breaker_failures:
        return replace(state, failures=failures)
    pause = min(LONGEST_PAUSE_SECONDS, rules.breaker_seconds * 2.0**state.pauses)
    pauses = min(state.pauses + 1, 10)
    return replace(state, failures=failures, pauses=pauses, open_until=now + pause, probe_until=0.0)


def note_refusal(state: LimitState) -> LimitState:
    """The provider refused a request, so it is well."""
    return replace(state, failures=0, pauses=0, open_until=0.0, probe_until=0.0)


def _buckets(state: LimitState, rules: LimitRules) -> tuple[_Bucket | None, _Bucket | None]:
    requests = _least(rules.requests_per_minute, state.told_requests)
    tokens = _least(rules.tokens_per_minute, state.told_tokens)
    return (
        None if requests is None else _Bucket.of_requests(requests),
        None if tokens is None else _Bucket.of_tokens(tokens, state.largest),
    )


def _filled(state: LimitState, rules: LimitRules, now: float) -> LimitState:
    """The levels as they are now."""
    requests, tokens = _buckets(state, rules)
    if requests is None and tokens is None:
        return state
    passed = max(0.0, now - state.filled_at)
    return replace(
        state,
        requests_level=None if requests is None else requests.filled(state.requests_level, passed),
        tokens_level=None if tokens is None else tokens.filled(state.tokens_level, passed),
        filled_at=max(now, state.filled_at),
    )


def _wanted(
    buckets: tuple[_Bucket | None, _Bucket | None], state: LimitState, tokens: int
) -> list[tuple[_Bucket, float, float]]:
    levels, wanted = (state.requests_level, state.tokens_level), (1.0, float(tokens))
    return [
        (bucket, level, want)
        for bucket, level, want in zip(buckets, levels, wanted, strict=True)
        if bucket is not None and level is not None
    ]


def _booked(
    state: LimitState, buckets: tuple[_Bucket | None, _Bucket | None], tokens: int
) -> LimitState:
    requests, spare = state.requests_level, state.tokens_level
    return replace(
        state,
        requests_level=None if buckets[0] is None or requests is None else requests - 1,
        tokens_level=None if buckets[1] is None or spare is None else spare - tokens,
    )


def _least(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)
