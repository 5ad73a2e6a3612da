"""A chat model that answers from a script: for tests and demos, without a server and free.

default = "The script has no line for this."

[[lines]]
contains = "colour"
text = "The pump is green [1]."

[[lines]]
contains = "outage"
error = "provider_rate_limited"
retry_after_seconds = 3
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ai_llm_service.domain import Generation, Usage
from ai_llm_service.errors import (
    InvalidConfiguration,
    ProviderError,
    ProviderMisbehaved,
    ProviderRateLimited,
    ProviderRejected,
    ProviderUnavailable,
)
from ai_llm_service.providers.base import Prompt
from ai_llm_service.text import estimate_tokens

CONTEXT_TOKENS = 100_000
ERRORS: dict[str, type[ProviderError]] = {
    error.code: error
    for error in (ProviderRateLimited, ProviderUnavailable, ProviderMisbehaved, ProviderRejected)
}


class _Line(BaseModel):
    """What is said where the prompt's last message contains some words, in either case."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    contains: Annotated[str, Field(min_length=1)]
    text: str | None = None
    error: (
        Literal[
            "provider_rate_limited",
            "provider_unavailable",
            "provider_misbehaved",
            "provider_rejected",
        ]
        | None
    ) = None
    retry_after_seconds: Annotated[float, Field(ge=0)] | None = None
    model: str | None = None


class _Script(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    default: str = "The script has no line for this."
    lines: list[_Line] = []


@dataclass(frozen=True, slots=True)
class Script:
    """What to say to what, the first line that fits first."""

    default: str
    lines: tuple[_Line, ...]

    def line_for(self, model: str, asked: str) -> _Line:
        for line in self.lines:
            if line.model in {None, model} and line.contains.casefold() in asked.casefold():
                return line
        return _Line(contains=asked or " ", text=self.default)


def read_script(file: Path) -> Script:
    """The script of a file, or InvalidConfiguration."""
    try:
        told = _Script.model_validate(tomllib.loads(file.read_text("utf-8")))
    except OSError as error:
        raise InvalidConfiguration(f"The script can't be read: {error.strerror}.") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidConfiguration(f"The script: {where}: {first['msg']}.") from None
    except ValueError:
        raise InvalidConfiguration("The script is not a file of TOML in UTF-8.") from None
    return Script(told.default, tuple(told.lines))


class Scripted:
    """One model of a script. A line may be of one model only."""

    def __init__(
        self, provider: str, model: str, script: Script, context_tokens: int | None = None
    ) -> None:
        self.name = f"{provider}:{model}"
        self.context_tokens = context_tokens or CONTEXT_TOKENS
        self._model = model
        self._script = script

    def generate(self, prompt: Prompt, timeout_seconds: float) -> Generation:  # noqa: ARG002
        asked = prompt.question or (prompt.messages[-1].content if prompt.messages else "")
        line = self._script.line_for(self._model, asked)
        if line.error is not None:
            _fail(line)
        text = line.text or self._script.default
        read = sum(estimate_tokens(message.content) for message in prompt.messages)
        return Generation(text, self.name, Usage(read, estimate_tokens(text)))


def _fail(line: _Line) -> NoReturn:
    assert line.error is not None  # noqa: S101 - its caller looked
    raise ERRORS[line.error](retry_after_seconds=line.retry_after_seconds)
