"""From the name of a chat model, `provider:model`, to the model. A new vendor is one line here."""

from collections.abc import Callable
from dataclasses import dataclass

from ai_llm_service.errors import InvalidConfiguration
from ai_llm_service.providers.base import ChatModel
from ai_llm_service.providers.extractive import Extractive
from ai_llm_service.providers.openai import OPENAI, OpenAIChat, OpenAIOptions

GPT_6_CONTEXT_TOKENS = 400_000
OPENAI_CONTEXT_TOKENS = 100_000
# Ollama reads no more than this unless told, and cuts the rest off without a word.
COMPATIBLE_CONTEXT_TOKENS = 4_096
MAX_OUTPUT_TOKENS = 2_000

ACCEPTED = "'extractive', 'openai:MODEL' or 'openai-compatible:MODEL'"


@dataclass(frozen=True, slots=True)
class ChatModelSettings:
    """What an operator says of the chat model; None is the provider's own default."""

    name: str
    api_key: str | None = None
    base_url: str | None = None
    context_tokens: int | None = None
    max_output_tokens: int | None = None


def build_chat_model(settings: ChatModelSettings) -> ChatModel:
    """The model of that name, or InvalidConfiguration. Nothing is connected yet."""
    provider, _, model = settings.name.strip().partition(":")
    factory = FACTORIES.get(provider)
    if factory is None:
        raise InvalidConfiguration(
            f"CHAT_MODEL names no known provider: {settings.name!r}; accepted is {ACCEPTED}."
        )
    return factory(settings, model)


def _extractive(settings: ChatModelSettings, model: str) -> ChatModel:
    if model:
        raise InvalidConfiguration(
            f"CHAT_MODEL is {settings.name!r}, but 'extractive' takes no model; "
            f"accepted is {ACCEPTED}."
        )
    return Extractive()


def _openai(settings: ChatModelSettings, model: str) -> ChatModel:
    is_large = model.startswith("gpt-6")
    default = GPT_6_CONTEXT_TOKENS if is_large else OPENAI_CONTEXT_TOKENS
    return OpenAIChat(_options(settings, OPENAI, model, default))


def _openai_compatible(settings: ChatModelSettings, model: str) -> ChatModel:
    if not settings.base_url:
        raise InvalidConfiguration(
            f"CHAT_MODEL is {settings.name!r}, which needs the address of its server: "
            "set OPENAI_COMPATIBLE_BASE_URL."
        )
    return OpenAIChat(_options(settings, "openai-compatible", model, COMPATIBLE_CONTEXT_TOKENS))


def _options(
    settings: ChatModelSettings, provider: str, model: str, context_tokens: int
) -> OpenAIOptions:
    if not model:
        raise InvalidConfiguration(
            f"CHAT_MODEL is {settings.name!r} without a model; accepted is {ACCEPTED}."
        )
    return OpenAIOptions(
        provider=provider,
        model=model,
        api_key=settings.api_key,
        base_url=settings.base_url,
        context_tokens=settings.context_tokens or context_tokens,
        max_output_tokens=settings.max_output_tokens or MAX_OUTPUT_TOKENS,
    )


FACTORIES: dict[str, Callable[[ChatModelSettings, str], ChatModel]] = {
    "extractive": _extractive,
    "openai": _openai,
    "openai-compatible": _openai_compatible,
}
