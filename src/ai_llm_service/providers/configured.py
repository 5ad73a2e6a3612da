"""What an operator says of the providers: by settings, and by one file for many of them.

default = "openai:gpt-6-luna"
failover = ["local:llama3.2", "extractive"]

[providers.openai]
kind = "openai"
api_key_env = "OPENAI_API_KEY"

[providers.local]
kind = "openai-compatible"
base_url = "http://localhost:11434/v1"
models = ["llama3.2"]
context_tokens = 8192
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ai_llm_service.errors import InvalidConfiguration

SETTING = "PROVIDERS_FILE"
KEY_HINT = "; a key is named by api_key_env (a variable) or api_key_file (a file)"

Whole = Annotated[int, Field(ge=1)]
Filled = Annotated[str, Field(pattern=r"^\S+$")]
Url = Annotated[str, Field(pattern=r"^https?://\S+$")]
ProviderName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """What an operator says of one provider; None is the default of its kind."""

    name: str
    kind: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    models: tuple[str, ...] = ()
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    effort: str | None = None
    stream: bool = False
    background: bool = False
    script: Path | None = None


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """Who answers: the default, who stands in where that fails, and what a caller may choose.

    `allowed` has names, and `provider:*` for all models of a provider; None means those that are
    configured by name.
    """

    default: str | None = None
    failover: tuple[str, ...] = ()
    allowed: tuple[str, ...] | None = None


class _Provider(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)

    kind: str
    base_url: Url | None = None
    api_key_env: Filled | None = None
    api_key_file: str | None = None
    models: list[Filled] = []
    context_tokens: Whole | None = None
    max_output_tokens: Whole | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = None
    stream: bool = False
    background: bool = False
    script: str | None = None


class _File(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)

    default: Filled | None = None
    failover: list[Filled] = []
    allowed: list[Filled] | None = None
    providers: dict[ProviderName, _Provider] = {}


def read_providers(
    file: Path, environment: Mapping[str, str]
) -> tuple[tuple[ProviderSettings, ...], ModelChoice]:
    """The providers of a file, their keys from where it says, or InvalidConfiguration."""
    told = _read(file)
    providers = tuple(
        _provider(name, provider, file.parent, environment)
        for name, provider in told.providers.items()
    )
    allowed = None if told.allowed is None else tuple(told.allowed)
    return providers, ModelChoice(told.default, tuple(told.failover), allowed)


def _read(file: Path) -> _File:
    try:
        return _File.model_validate(tomllib.loads(file.read_text("utf-8")))
    except OSError as error:
        raise InvalidConfiguration(f"{SETTING} can't be read: {error.strerror}.") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"] if part != "[key]")
        hint = KEY_HINT if where.endswith(".api_key") else ""
        raise InvalidConfiguration(f"{SETTING}: {where}: {first['msg']}{hint}.") from None
    except ValueError:
        raise InvalidConfiguration(f"{SETTING} is not a file of TOML in UTF-8.") from None


def _provider(
    name: str, told: _Provider, folder: Path, environment: Mapping[str, str]
) -> ProviderSettings:
    return ProviderSettings(
        name=name,
        kind=told.kind,
        base_url=told.base_url,
        api_key=_key(name, told, folder, environment),
        models=tuple(told.models),
        context_tokens=told.context_tokens,
        max_output_tokens=told.max_output_tokens,
        effort=told.reasoning_effort,
        stream=told.stream,
        background=told.background,
        script=None if told.script is None else folder / told.script,
    )


def _key(name: str, told: _Provider, folder: Path, environment: Mapping[str, str]) -> str | None:
    if told.api_key_env is not None and told.api_key_file is not None:
        raise InvalidConfiguration(f"{SETTING}: providers.{name} has two keys: give one.")
    if told.api_key_env is not None:
        key, source = environment.get(told.api_key_env, ""), f"the variable {told.api_key_env}"
    elif told.api_key_file is not None:
        key, source = _content(name, folder / told.api_key_file), "its api_key_file"
    else:
        return None
    key = key.strip()
    if not key or not key.isprintable() or " " in key:
        raise InvalidConfiguration(f"{SETTING}: providers.{name}: {source} holds no key.")
    return key


def _content(name: str, file: Path) -> str:
    try:
        return file.expanduser().read_text("utf-8")
    except (OSError, ValueError):
        raise InvalidConfiguration(
            f"{SETTING}: providers.{name}: its api_key_file can't be read."
        ) from None
