"""How long a provider asks us to wait, in each of the forms that are in use."""

import math
import re
import time
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|us|µs|ns|h|m|s)")
_DURATION = re.compile(rf"(?:{_PART.pattern})+")
_LIMITS = ("requests", "tokens")


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """The wait that the headers ask for, or None. The names of the headers are in small letters."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    after = headers.get("retry-after")
    for seconds in (_number(after), _until_date(after, headers.get("date"))):
        if seconds is not None:
            return seconds
    return _until_reset(headers)


def _until_reset(headers: Mapping[str, str]) -> float | None:
    """The reset of the limits that are used up; of all of them where none says so."""
    used_up = [name for name in _LIMITS if headers.get(f"x-ratelimit-remaining-{name}") == "0"]
    return _longest(headers, used_up or _LIMITS)


def _longest(headers: Mapping[str, str], limits: Iterable[str]) -> float | None:
    waits = [_duration(headers.get(f"x-ratelimit-reset-{name}")) for name in limits]
    return max((wait for wait in waits if wait is not None), default=None)


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _until_date(value: str | None, now: str | None) -> float | None:
    """Seconds until an HTTP date, by the clock of the server where it tells its time."""
    then = _timestamp(value)
    if then is None:
        return None
    return max(0.0, then - (_timestamp(now) or time.time()))


def _timestamp(value: str | None) -> float | None:
    try:
        return parsedate_to_datetime(value or "").timestamp()
    except (ValueError, OverflowError):
        return None


def _duration(value: str | None) -> float | None:
    """`1s`, `6m0s`, `2ms`, or plain seconds."""
    text = (value or "").strip()
    if _DURATION.fullmatch(text):
        return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    return _number(text)
