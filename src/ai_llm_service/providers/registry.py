"""From the name of a chat model, `provider:model`, to the model. A new vendor is one line here."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ai_llm_service.errors import InvalidConfiguration
from ai_llm_service.providers.base import ChatModel
from ai_llm_service.providers.extractive import Extractive

GPT_6_CONTEXT_TOKENS = 400_000
OPENAI_CONTEXT_TOKENS = 100_000
# Ollama reads no more than this unless told, and cuts the rest off without a word.
COMPATIBLE_CONTEXT_TOKENS = 4_096
MAX_OUTPUT_TOKENS = 2_000

OPENAI = "openai"
ACCEPTED = "'extractive', 'openai:MODEL' or 'openai-compatible:MODEL'"


@dataclass(frozen=True, slots=True)
class ChatModelSettings:
    """What an operator says of the chat model; None is the provider's own default."""

    name: str
    api_key: str | None = None
    base_url: str | None = None
    context_tokens: int | None = None
    max_output_tokens: int | None = None


Maker = Callable[[], ChatModel]


def build_chat_model(settings: ChatModelSettings) -> ChatModel:
    """The model of that name, or InvalidConfiguration. Nothing is connected yet."""
    return find_chat_model(settings)()


def find_chat_model(settings: ChatModelSettings) -> Maker:
    """Who makes the model of that name, or InvalidConfiguration."""
    provider, _, model = settings.name.strip().partition(":")
    factory = FACTORIES.get(provider)
    if factory is None:
        raise InvalidConfiguration(
            f"CHAT_MODEL names no known provider: {settings.name!r}; accepted is {ACCEPTED}."
        )
    return factory(settings, model)


def _extractive(settings: ChatModelSettings, model: str) -> Maker:
    if model:
        raise InvalidConfiguration(
            f"CHAT_MODEL is {settings.name!r}, but 'extractive' takes no model; "
            f"accepted is {ACCEPTED}."
        )
    return Extractive


def _openai(settings: ChatModelSettings, model: str) -> Maker:
    is_large = model.startswith("gpt-6")
    default = GPT_6_CONTEXT_TOKENS if is_large else OPENAI_CONTEXT_TOKENS
    return _openai_maker(settings, OPENAI, model, default)


def _openai_compatible(settings: ChatModelSettings, model: str) -> Maker:
    if not settings.base_url:
        raise InvalidConfiguration(
            f"CHAT_MODEL is {settings.name!r}, which needs the address of its server: "
            "set OPENAI_COMPATIBLE_BASE_URL."
        )
    return _openai_maker(settings, "openai-compatible", model, COMPATIBLE_CONTEXT_TOKENS)


def _openai_maker(
    settings: ChatModelSettings, provider: str, model: str, context_tokens: int
) -> Maker:
    if not model:
        raise InvalidConfiguration(
            f"CHAT_MODEL is {settings.name!r} without a model; accepted is {ACCEPTED}."
        )
    return partial(_make_openai, settings, provider, model, context_tokens)


def _make_openai(
    settings: ChatModelSettings, provider: str, model: str, context_tokens: int
) -> ChatModel:
    # The SDK takes longer to load than all else together: who does not use it does not wait.
    from ai_llm_service.providers.openai import OpenAIChat, OpenAIOptions  # noqa: PLC0415

    return OpenAIChat(
        OpenAIOptions(
            provider=provider,
            model=model,
            api_key=settings.api_key,
            base_url=settings.base_url,
            context_tokens=settings.context_tokens or context_tokens,
            max_output_tokens=settings.max_output_tokens or MAX_OUTPUT_TOKENS,
        )
    )


FACTORIES: dict[str, Callable[[ChatModelSettings, str], Maker]] = {
    "extractive": _extractive,
    "openai": _openai,
    "openai-compatible": _openai_compatible,
}
