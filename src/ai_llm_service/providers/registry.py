"""The providers by name, and the models that they have: `provider:model`.

A new vendor is a file of its own and one line in the table of kinds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from ai_llm_service.errors import InvalidConfiguration, InvalidRequest, ModelUnknown
from ai_llm_service.providers.base import ChatModel, Embedder
from ai_llm_service.providers.configured import ModelChoice, ProviderSettings
from ai_llm_service.providers.extractive import Extractive
from ai_llm_service.providers.scripted import Scripted, read_script

ANY_MODEL = "*"
EXTRACTIVE = "extractive"


@dataclass(frozen=True, slots=True)
class Kind:
    """What one kind of provider makes, and which of its settings it can't do without."""

    chat: Callable[[ProviderSettings, str], ChatModel]
    embedder: Callable[[ProviderSettings, str], Embedder] | None = None
    takes_model: bool = True
    needs: str | None = None


class Providers:
    """All configured providers. Their models are made at their first use and kept."""

    def __init__(self, providers: Sequence[ProviderSettings], choice: ModelChoice) -> None:
        """Raises InvalidConfiguration. Nothing is connected yet."""
        self._providers = {provider.name: provider for provider in providers}
        self._choice = choice
        self.default = choice.default or EXTRACTIVE
        self._lock = Lock()
        self._models: dict[str, ChatModel] = {}
        for provider in providers:
            _check_provider(provider)
        self._check("CHAT_MODEL", self.default)
        for name in choice.failover:
            self._check("FAILOVER_MODELS", name)
        for name in choice.allowed or ():
            self._check("ALLOWED_MODELS", name)

    def accepted(self) -> tuple[str, ...]:
        """The names that a caller may choose."""
        if self._choice.allowed is not None:
            listed: tuple[str, ...] = self._choice.allowed
        else:
            listed = tuple(
                name
                for provider in self._providers.values()
                for name in _listed(provider, KINDS[provider.kind])
            )
        return tuple(dict.fromkeys((self.default, *self._choice.failover, *listed)))

    def ensure_accepted(self, name: str) -> None:
        """Raise InvalidRequest unless a caller may choose this model."""
        accepted = self.accepted()
        provider, _, model = name.partition(":")
        if name in accepted and model != ANY_MODEL:
            return
        if f"{provider}:{ANY_MODEL}" in accepted and _is_whole(model):
            return
        raise InvalidRequest(
            "This model is not one that may be chosen here.",
            field="model",
            hint=f"Accepted are: {', '.join(accepted)}.",
        )

    def chain(self, name: str | None) -> tuple[str, ...]:
        """The models to try in turn for this choice of a caller."""
        return tuple(dict.fromkeys((name or self.default, *self._choice.failover)))

    def chat(self, name: str) -> ChatModel:
        """The chat model of that name, or ModelUnknown where it is not configured any more."""
        provider, _, model = name.partition(":")
        settings = self._providers.get(provider)
        if settings is None:
            raise ModelUnknown(f"The model {name} is not configured here any more.")
        with self._lock:
            if name not in self._models:
                self._models[name] = KINDS[settings.kind].chat(settings, model)
            return self._models[name]

    def embedder(self, name: str) -> Embedder:
        """The embedder of that name, or InvalidConfiguration."""
        provider, _, model = name.partition(":")
        settings = self._providers.get(provider)
        make = KINDS[settings.kind].embedder if settings else None
        if settings is None or make is None or not model:
            raise InvalidConfiguration(
                f"The embedder {name!r} is not one of a configured provider that has embeddings."
            )
        return make(settings, model)

    def _check(self, setting: str, name: str) -> None:
        provider, _, model = name.partition(":")
        settings = self._providers.get(provider)
        if settings is None:
            raise InvalidConfiguration(
                f"{setting} names no known provider: {name!r}; accepted is {self._forms()}."
            )
        if KINDS[settings.kind].takes_model != bool(model):
            raise InvalidConfiguration(
                f"{setting} has {name!r}, which is no whole name; accepted is {self._forms()}."
            )

    def _forms(self) -> str:
        """How names look here: `extractive, openai:MODEL`."""
        forms = [
            f"{name}:MODEL" if KINDS[provider.kind].takes_model else name
            for name, provider in self._providers.items()
        ]
        return ", ".join(forms)


def _check_provider(provider: ProviderSettings) -> None:
    kind = KINDS.get(provider.kind)
    if kind is None:
        raise InvalidConfiguration(
            f"The provider {provider.name!r} is of no known kind; accepted are {', '.join(KINDS)}."
        )
    if kind.needs and getattr(provider, kind.needs) is None:
        raise InvalidConfiguration(
            f"The provider {provider.name!r} needs {kind.needs}, as every {provider.kind} one does."
        )
    if provider.script is not None:
        read_script(provider.script)


def _listed(provider: ProviderSettings, kind: Kind) -> tuple[str, ...]:
    if not kind.takes_model:
        return (provider.name,)
    return tuple(f"{provider.name}:{model}" for model in provider.models)


def _is_whole(model: str) -> bool:
    return bool(model) and model != ANY_MODEL and model.isprintable() and " " not in model


def _extractive(settings: ProviderSettings, model: str) -> ChatModel:  # noqa: ARG001
    return Extractive()


def _scripted(settings: ProviderSettings, model: str) -> ChatModel:
    assert settings.script is not None  # noqa: S101 - checked where the provider was configured
    return Scripted(settings.name, model, read_script(settings.script), settings.context_tokens)


def _openai(settings: ProviderSettings, model: str) -> ChatModel:
    # The SDK takes longer to load than all else together: who does not use it does not wait.
    from ai_llm_service.providers import openai_factory  # noqa: PLC0415

    return openai_factory.responses(settings, model)


def _openai_compatible(settings: ProviderSettings, model: str) -> ChatModel:
    from ai_llm_service.providers import openai_factory  # noqa: PLC0415

    return openai_factory.chat(settings, model)


def _openai_embedder(settings: ProviderSettings, model: str) -> Embedder:
    from ai_llm_service.providers import openai_factory  # noqa: PLC0415

    return openai_factory.embedder(settings, model)


KINDS: Mapping[str, Kind] = {
    EXTRACTIVE: Kind(_extractive, takes_model=False),
    "scripted": Kind(_scripted, needs="script"),
    "openai": Kind(_openai, _openai_embedder),
    "openai-compatible": Kind(_openai_compatible, _openai_embedder, needs="base_url"),
}
