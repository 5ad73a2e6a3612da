"""Stack traces: which line of one says what really went wrong."""

import re
from collections.abc import Sequence

_CAUSED_BY = re.compile(r"\s*(?:\[?\w*\]?\s*)?Caused by: \S")
_PYTHON = re.compile(r"\s*(?:[|+\s]*)Traceback \(most recent call last\):")
_EXCEPTION = re.compile(
    r"(?:panic: |Uncaught |Unhandled |Exception in thread )?"
    r"(?:[\w$]+[.:/]{1,2})*[A-Z_]?\w*(?:Error|Exception|Failure|Failed|Exit|Interrupt|Warning|Fault)\b"
    r"|panic: |(?:[a-z_]\w*\.)+[A-Z]\w*(?::|$)"
)


def root_line(lines: Sequence[str]) -> int | None:
    """Which line of a record names the error that its trace began with; None: there is no trace."""
    caused = [number for number, line in enumerate(lines) if _CAUSED_BY.match(line)]
    if caused:
        return caused[-1]
    for number, line in enumerate(lines):
        if _PYTHON.match(line):
            return _end_of_python(lines, number)
    named = [number for number, line in enumerate(lines) if _EXCEPTION.match(line.strip())]
    return named[0] if named and len(lines) > 1 else None


def _end_of_python(lines: Sequence[str], start: int) -> int | None:
    """The line after the frames, which stand further to the right."""
    margin = _indent(lines[start])
    for number in range(start + 1, len(lines)):
        if lines[number].strip() and _indent(lines[number]) <= margin:
            return number
    return None


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
