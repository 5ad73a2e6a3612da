"""How grave a level or a message is."""

import re
from enum import IntEnum


class Severity(IntEnum):
    """A higher one is graver. Unknown: the log does not say."""

    UNKNOWN = 0
    DEBUG = 1
    INFO = 2
    WARNING = 3
    ERROR = 4
    FATAL = 5


_NAMES = {
    Severity.DEBUG: "trace debug verbose finest finer fine config d v t debug1 debug2 . -",
    Severity.INFO: "info information notice success log i statement detail hint stdout *",
    Severity.WARNING: "warn warning w #",
    Severity.ERROR: "error err err! e failure fail severe",
    Severity.FATAL: "fatal critical crit alert emergency emerg panic f a",
}
SEVERITIES = {name: severity for severity, names in _NAMES.items() for name in names.split()}
# What people call the same level.
FAMILIES = (
    {"warn", "warning", "w"},
    {"error", "err", "err!", "e"},
    {"info", "information", "i"},
    {"crit", "critical"},
    {"emerg", "emergency"},
    {"debug", "d"},
    {"verbose", "v"},
    {"fatal", "f"},
)

_GRAVE = re.compile(
    r"\b(?:errors?|exceptions?|fatal|fail(?:s|ed|ure|ures|ing)?|panic|segfault|critical|traceback"
    r"|aborted|corrupt(?:ed|ion)?|crash(?:ed)?|denied|refused|out of memory|killed process"
    r"|break-in|unrecoverable|core dumped|oom)\b|(?<=[a-z])(?:Error|Exception)\b"
    r"|\"[^\"]*\" 5\d\d\b",
    re.IGNORECASE,
)
_WORRYING = re.compile(
    r"\b(?:warn(?:ing)?|time[sd]?[ -]?out|timeout|retry(?:ing)?|retries|unable|cannot|can't"
    r"|couldn't|could not|invalid|illegal|unreachable|unavailable|not found|missing|expired"
    r"|rejected|dropped|deprecated|skip(?:ped)?|alert|bad|unexpected|forbidden|lost)\b"
    r"|\"[^\"]*\" 4\d\d\b",
    re.IGNORECASE,
)
# `0 errors`, `errors: 0`, `no failures`, `error_count=0`: nothing went wrong.
_NONE_OF_IT = re.compile(
    r"\b(?:0|no|zero|without(?: any)?)[ _-](?:errors?|failures?|failed|exceptions?)\b"
    r"|\b(?:errors?|failures?|failed|exceptions?)(?:_count)?\s*[=:]\s*(?:0|none|null|false)\b",
    re.IGNORECASE,
)


def severity_of(level: str) -> Severity:
    return SEVERITIES.get(level.strip().lower(), Severity.UNKNOWN)


def severity_of_message(message: str) -> Severity:
    """What the words of a message say where its line has no level."""
    told = _NONE_OF_IT.sub("", message)
    if _GRAVE.search(told):
        return Severity.ERROR
    return Severity.WARNING if _WORRYING.search(told) else Severity.INFO


def same_level(asked: str, level: str) -> bool:
    """Whether these are names of one level."""
    ours, theirs = asked.strip().lower(), level.strip().lower()
    return ours == theirs or any({ours, theirs} <= family for family in FAMILIES)
