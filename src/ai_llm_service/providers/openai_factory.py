"""Models and embedders behind OpenAI's wires, out of what an operator says of their provider."""

from importlib import import_module

from ai_llm_service.providers.base import ChatModel, Embedder
from ai_llm_service.providers.configured import ProviderSettings
from ai_llm_service.providers.openai_background import OpenAIBackground
from ai_llm_service.providers.openai_chat import OpenAIChat
from ai_llm_service.providers.openai_embeddings import OpenAIEmbedder
from ai_llm_service.providers.openai_model import ModelOptions
from ai_llm_service.providers.openai_responses import OpenAIResponses
from ai_llm_service.providers.openai_wire import OpenAIWire, Server

GPT_6_CONTEXT_TOKENS = 400_000
OPENAI_CONTEXT_TOKENS = 100_000
# Ollama reads no more than this unless told, and cuts the rest off without a word.
COMPATIBLE_CONTEXT_TOKENS = 4_096
MAX_OUTPUT_TOKENS = 2_000
# The SDK would load them in the first call, while others wait for the interpreter.
CHAT_PART, RESPONSES_PART = "openai.resources.chat.chat", "openai.resources.responses.responses"


def responses(settings: ProviderSettings, model: str) -> ChatModel:
    """A model behind the Responses API."""
    import_module(RESPONSES_PART)
    is_large = model.startswith("gpt-6")
    options = _options(settings, model, GPT_6_CONTEXT_TOKENS if is_large else OPENAI_CONTEXT_TOKENS)
    make = OpenAIBackground if settings.background else OpenAIResponses
    return make(_wire(settings), options)


def chat(settings: ProviderSettings, model: str) -> ChatModel:
    """A model behind chat completions."""
    import_module(CHAT_PART)
    return OpenAIChat(_wire(settings), _options(settings, model, COMPATIBLE_CONTEXT_TOKENS))


def embedder(settings: ProviderSettings, model: str) -> Embedder:
    """An embedding model."""
    return OpenAIEmbedder(_wire(settings), model)


def _wire(settings: ProviderSettings) -> OpenAIWire:
    return OpenAIWire(Server(settings.name, settings.base_url, settings.api_key))


def _options(settings: ProviderSettings, model: str, context_tokens: int) -> ModelOptions:
    return ModelOptions(
        model=model,
        context_tokens=settings.context_tokens or context_tokens,
        max_output_tokens=settings.max_output_tokens or MAX_OUTPUT_TOKENS,
        effort=settings.effort,
        streams=settings.stream,
    )
