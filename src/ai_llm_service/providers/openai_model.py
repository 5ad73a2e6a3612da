"""What the two wires of OpenAI share: options, parameters that a model refuses, limits, usage."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

from ai_llm_service.domain import Json, ProviderLimits, Usage
from ai_llm_service.providers.openai_errors import ParameterRefused

# What models in their own way let out of their texts: marks of a search that are no text.
PRIVATE_MARKS = re.compile("\ue200[^\ue201]*\ue201|[\ue200-\ue206]")
Answered = TypeVar("Answered")
WHOLE_NUMBER = re.compile(r"\d{1,12}")


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """What one model may read and write, and how it is asked. `effort` is that of reasoning."""

    model: str
    context_tokens: int
    max_output_tokens: int
    effort: str | None = None
    streams: bool = False

    @property
    def output_tokens(self) -> int:
        """What the answer may take: of a small context most belongs to the documents."""
        return min(self.max_output_tokens, max(1, self.context_tokens // 4))

    @property
    def prompt_tokens(self) -> int:
        return self.context_tokens - self.output_tokens


class Refusals:
    """Parameters that this model refused once: they are not sent again.

    `optional` may be left out where a refusal names it; `guesses` are left out together where it
    names nothing, as servers that copy the wire do.
    """

    def __init__(self, optional: Iterable[str], guesses: Iterable[str] = ()) -> None:
        self._optional = frozenset(optional)
        self._guesses = frozenset(guesses)
        self._refused: frozenset[str] = frozenset()
        self._lock = Lock()

    def ask(self, body: Json, call: Callable[[Json], Answered]) -> Answered:
        """The answer, after leaving out what is refused; each parameter is refused only once."""
        refused: frozenset[str] = frozenset()
        while True:
            sent = {k: v for k, v in body.items() if k not in self._refused | refused}
            try:
                answered = call(sent)
            except ParameterRefused as error:
                more = self._named(error, sent)
                if not more:
                    raise
                refused |= more
            else:
                self._remember(refused)
                return answered

    def _named(self, error: ParameterRefused, sent: Json) -> frozenset[str]:
        if error.parameter is not None:
            named = {error.parameter.partition(".")[0]}
            return self._optional & named & sent.keys()
        return self._guesses & sent.keys()

    def _remember(self, refused: frozenset[str]) -> None:
        with self._lock:
            self._refused |= refused


def effort_of(options: ModelOptions) -> str | None:
    """The least effort: the answer is in the passages. Older models have no such parameter."""
    if options.effort:
        return options.effort
    if re.match(r"gpt-5(?:-mini|-nano)?(?:-\d|$)", options.model):
        return "minimal"
    return "none" if re.match(r"gpt-(?:5\.\d|6)", options.model) else None


def limits_in(headers: Mapping[str, str]) -> ProviderLimits | None:
    """The limits that the headers tell, or None."""
    requests, tokens = (
        _whole(headers.get(f"x-ratelimit-limit-{x}")) for x in ("requests", "tokens")
    )
    return None if requests is None and tokens is None else ProviderLimits(requests, tokens)


def usage_in(usage: Any, names: tuple[str, str], search_calls: int = 0) -> Usage:
    """The tokens of an answer; servers leave out any detail. `names`: of input and of output."""
    told = usage if isinstance(usage, dict) else {}
    first, second = names
    return Usage(
        input_tokens=_count(told, f"{first}_tokens"),
        output_tokens=_count(told, f"{second}_tokens"),
        cached_tokens=_count(told.get(f"{first}_tokens_details"), "cached_tokens"),
        reasoning_tokens=_count(told.get(f"{second}_tokens_details"), "reasoning_tokens"),
        search_calls=search_calls,
    )


def is_strict(schema: Any) -> bool:
    """Whether a JSON Schema is one that OpenAI enforces: closed objects, all of them required."""
    if isinstance(schema, list):
        return all(is_strict(part) for part in schema)
    if not isinstance(schema, dict):
        return True
    if schema.get("type") == "object" or "properties" in schema:
        closed = schema.get("additionalProperties") is False
        names = set(schema.get("properties", {}))
        if not closed or set(schema.get("required", ())) != names:
            return False
    return all(is_strict(part) for part in schema.values())


def _count(values: Any, name: str) -> int:
    value = values.get(name) if isinstance(values, dict) else None
    return value if isinstance(value, int) and value > 0 else 0


def _whole(value: str | None) -> int | None:
    return int(value) if value and WHOLE_NUMBER.fullmatch(value) and int(value) else None
