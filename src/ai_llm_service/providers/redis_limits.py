"""What all workers know of a provider's limits, in the Redis that is their broker.

The state is computed here and exchanged by a script that compares it first, so the arithmetic
stands in one place. Redis is disposable: what is lost with it is a minute of counting.

Within a process the changes that wait for one state are made together, by one of those who wait
for them: "flat combining", Hendler et al., SPAA 2010. One after the other they would hold up all
calls to a model, for two trips to Redis each.
"""

import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

import redis

from ai_llm_service.domain import LimitState

PREFIX = "ai-llm-service:limits:"
KEPT_SECONDS = 86_400
TRIES = 100
CROWDED_TRIES = 3
PAUSE_SECONDS = 0.003
TIMEOUT_SECONDS = 2.0
MICROSECONDS = 1e6

# Reads, or exchanges the value for another if it is still the one that was read.
EXCHANGE = """
local known = redis.call('GET', KEYS[1]) or ''
local time = redis.call('TIME')
local exchanged = 0
if ARGV[2] ~= '' and known == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2], 'EX', tonumber(ARGV[3]))
  exchanged = 1
end
return {exchanged, known, time[1], time[2]}
"""

T = TypeVar("T")
Change = Callable[[LimitState, float], tuple[LimitState, T]]


class LimitsAway(Exception):
    """The Redis that keeps the limits can't be reached."""


AWAY = (redis.RedisError, OSError, LimitsAway)


@dataclass(slots=True)
class _Wanted:
    """A change that someone waits for, and what came of it."""

    change: Change[Any]
    woken: threading.Event = field(default_factory=threading.Event)
    is_done: bool = False
    result: Any = None
    error: Exception | None = None


@dataclass(slots=True)
class _Line:
    """Who waits for a change of one state; `is_led` while one of them makes those of all."""

    waiting: list[_Wanted] = field(default_factory=list)
    is_led: bool = False


class RedisLimits:
    """States in Redis; its clock is the one of all workers."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._lines: dict[str, _Line] = defaultdict(_Line)
        self._client: Any = None

    def change(self, key: str, change: Change[T]) -> T:
        """Replace the state by what the function makes of it; LimitsAway."""
        wanted = _Wanted(change)
        with self._lock:
            line = self._lines[key]
            line.waiting.append(wanted)
            leads, line.is_led = not line.is_led, True
        if not leads:
            wanted.woken.wait()
        if not wanted.is_done:
            self._lead(key, line)
        if isinstance(wanted.error, AWAY):
            raise LimitsAway from wanted.error
        if wanted.error is not None:
            raise wanted.error
        result: T = wanted.result
        return result

    def _lead(self, key: str, line: _Line) -> None:
        """Make all changes that wait, one's own among them, and let the next one lead."""
        with self._lock:
            batch, line.waiting = line.waiting, []
        try:
            self._change(PREFIX + key, batch)
        except Exception as error:  # noqa: BLE001 - all who wait are told, in `change`
            for wanted in batch:
                wanted.error = error
        finally:
            with self._lock:
                line.is_led = bool(line.waiting)
                followers = [*batch, *line.waiting[:1]]
            for wanted in batch:
                wanted.is_done = True
            for wanted in followers:
                wanted.woken.set()

    def _change(self, key: str, batch: Sequence[_Wanted]) -> None:
        _, known, now = self._exchange(key, "", "")
        for number in range(TRIES):
            state = changed = LimitState(**json.loads(known)) if known else LimitState()
            for wanted in batch:
                changed, wanted.result = wanted.change(changed, now)
            if changed == state:
                return
            done, known, now = self._exchange(key, known, json.dumps(asdict(changed)))
            if done:
                return
            if number >= CROWDED_TRIES:
                time.sleep(PAUSE_SECONDS * random.random())  # noqa: S311
        raise LimitsAway

    def _exchange(self, key: str, known: str, wanted: str) -> tuple[bool, str, float]:
        done, found, seconds, micros = self._connected().eval(
            EXCHANGE, 1, key, known, wanted, KEPT_SECONDS
        )
        return bool(done), found.decode(), int(seconds) + int(micros) / MICROSECONDS

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = _connect(self._url)
            return self._client


def speaks_redis(broker_url: str) -> bool:
    return broker_url.startswith(("redis://", "rediss://", "redis+socket://"))


def _connect(url: str) -> Any:
    patience = {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS}
    if url.startswith("redis+socket://"):
        path = unquote(urlsplit(url).path)
        return redis.Redis(unix_socket_path=path, **patience)  # type: ignore[arg-type]
    return redis.Redis.from_url(url, **patience)
