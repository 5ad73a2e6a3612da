"""Lines that name their parts themselves: JSON objects and `key=value` pairs."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from ai_llm_service.search.logs import clock

Head = tuple[str, float, str, str, str]

# The names under which programs write the parts, the most telling first.
_TIMES = (
    "time timestamp @timestamp ts asctime datetime date t eventTime created_at start_time"
    " __REALTIME_TIMESTAMP _SOURCE_REALTIME_TIMESTAMP"
)
_LEVELS = "level lvl severity levelname log.level loglevel level_name severity_text PRIORITY stream"
_MESSAGES = "message msg event MESSAGE text body log short_message error"
_SOURCES = (
    "logger name logger_name component service module source unit SYSLOG_IDENTIFIER"
    " _SYSTEMD_UNIT container app task flow_run_name"
)
# Objects that hold the parts one level deeper: dbt's `info`, Airbyte's `log`, `record`.
_WRAPPERS = ("info", "log", "record", "fields")

_BUNYAN = {10: "trace", 20: "debug", 30: "info", 40: "warn", 50: "error", 60: "fatal"}
_SYSLOG = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
_PAIR = re.compile(r'(?:^|(?<=\s))([A-Za-z_@][\w.@\-]*)=("(?:[^"\\]|\\.)*"|\S*)')
_NUMBER = re.compile(r"\d{9,19}(?:\.\d+)?")


def json_head(line: str) -> Head | None:
    """Time as written, its seconds, level, source and message of an object on one line."""
    line = line.strip().rstrip(",")
    if not (line.startswith("{") and line.endswith("}")):
        return None
    try:
        found = json.loads(line)
    except (RecursionError, ValueError):
        return None
    return _head(found)


def pairs_head(line: str) -> Head | None:
    """The same of `time="…" level=info msg="…"`."""
    if "=" not in line:
        return None
    found = {key: _unquoted(value) for key, value in _PAIR.findall(line)}
    is_head = ("level" in found or "lvl" in found) and ("msg" in found or "message" in found)
    return _head(found) if is_head else None


def _unquoted(value: str) -> str:
    if not value.startswith('"'):
        return value
    return value[1:-1].replace('\\"', '"')


def _head(found: Mapping[str, Any]) -> Head | None:
    for wrapper in _WRAPPERS:
        inner = found.get(wrapper)
        if isinstance(inner, dict):
            found = {**found, **inner}
    time = _first(found, _TIMES)
    level = _level(found)
    message = _first(found, _MESSAGES)
    if not message or not (time or level):
        return None
    seconds = _seconds(time)
    return (time, seconds, level, _first(found, _SOURCES), " ".join(message.split("\n")))


def _first(found: Mapping[str, Any], keys: str) -> str:
    for key in keys.split():
        value = found.get(key)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool) and value != "":
            return str(value)
    return ""


def _level(found: Mapping[str, Any]) -> str:
    for key in _LEVELS.split():
        value = found.get(key)
        if key == "PRIORITY" and str(value).isdigit():
            return _SYSLOG[min(int(str(value)), 7)]
        if isinstance(value, int) and not isinstance(value, bool):
            return _BUNYAN.get(value, str(value))
        if isinstance(value, str) and value:
            return value
    return ""


def _seconds(time: str) -> float:
    if not time:
        return math.nan
    try:
        return clock.epoch(time) if _NUMBER.fullmatch(time) else clock.usual(time)
    except ValueError:
        return math.nan
