"""Times that something took, in a question: `faster than 1:56`, `above 4 minutes`."""

import re

from ai_llm_service.search.tables.rules.grid import Grid, seconds_of

_BOUND = re.compile(
    r"(?<=than |most |east |bove |over |nder |elow )"
    r"(?:(\d+:\d\d(?:\.\d+)?)|(\d+) (minute|hour)s?)\b"
)
SECONDS = {"minute": 60, "hour": 3600}


def with_seconds(text: str, grid: Grid) -> str:
    """Write the bounds in seconds, as the columns of such times are compared."""
    if not any(column.is_duration for column in grid.columns):
        return text
    return _BOUND.sub(_in_seconds, text)


def _in_seconds(match: re.Match[str]) -> str:
    if match[1]:
        return f"{seconds_of(match[1]) or 0:g}"
    return str(int(match[2]) * SECONDS[match[3]])
