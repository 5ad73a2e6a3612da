"""What is wrong with a value, in our own words: no class names, and not the value itself."""

from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

BODY = "body"
FALLBACK = "{subject} is not valid."
OURS = "not_accepted"

_OBJECT = "{subject} must be a JSON object."
_TRUTH = "{subject} must be true or false."
_WHOLE = "{subject} must be a whole number."
_NUMBER = "{subject} must be a number."
_MOMENT = "{subject} must be a date with a time, such as 2026-11-22T10:00:00Z."
_DAY = "{subject} must be a day, such as 2026-11-22."

_LIMITS = frozenset(("ge", "gt", "le", "lt", "min_length", "max_length", "expected"))

# By the type of pydantic's error. In braces stand its limits.
SENTENCES = {
    "missing": "{subject} is missing.",
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
    "too_short": "{subject} must have at least {min_length} parts.",
    "too_long": "{subject} may have at most {max_length} parts.",
    "list_type": "{subject} must be a list.",
    "string_type": "{subject} must be a text.",
    "string_unicode": "{subject} must be a text in UTF-8.",
    "string_too_long": "{subject} may have at most {max_length} characters.",
    "string_too_short": "{subject} must have at least {min_length} characters.",
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": "{subject} must be a finite number.",
    "greater_than": "{subject} must be above {gt}.",
    "greater_than_equal": "{subject} must be {ge} or more.",
    "less_than": "{subject} must be below {lt}.",
    "less_than_equal": "{subject} must be {le} or less.",
    "enum": "{subject} must be {expected}.",
    "literal_error": "{subject} must be {expected}.",
    "datetime_type": _MOMENT,
    "datetime_parsing": _MOMENT,
    "datetime_from_date_parsing": _MOMENT,
    "timezone_aware": _MOMENT,
    "date_type": _DAY,
    "date_parsing": _DAY,
    "date_from_datetime_parsing": _DAY,
    "date_from_datetime_inexact": _DAY,
}


def errors_of(error: ValidationError) -> list[ErrorDetails]:
    """What is wrong, with the limits that it went beyond, and nothing of what was sent."""
    found = error.errors(include_url=False, include_input=False)
    for each in found:
        told = {name: limit for name, limit in each.get("ctx", {}).items() if name in _LIMITS}
        each["ctx"] = told
    return found


def describe(error: ErrorDetails) -> dict[str, str]:
    """Where it is wrong, and what."""
    where = _place(error["loc"])
    return {"where": where, "message": _sentence(error, where)}


def _place(steps: tuple[int | str, ...]) -> str:
    if steps and steps[0] in {BODY, "query", "path", "header"}:
        steps = steps[1:] or steps
    words = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return "".join(words).removeprefix(".") or BODY


def _sentence(error: ErrorDetails, where: str) -> str:
    if error["type"] == OURS:
        return error["msg"]
    limits = {name: _shown(limit) for name, limit in error.get("ctx", {}).items()}
    subject = "The body" if where == BODY else "The value"
    try:
        return SENTENCES.get(error["type"], FALLBACK).format(subject=subject, **limits)
    except KeyError:
        return FALLBACK.format(subject=subject)


def _shown(limit: Any) -> str:
    return f"{limit:g}" if isinstance(limit, float) else str(limit)
