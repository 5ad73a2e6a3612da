"""What the tests of providers share: a prompt, models at the vendor of the tests, a failed ask."""

from collections.abc import Callable
from typing import Any

import pytest

from ai_llm_service.domain import Generation
from ai_llm_service.errors import ProviderError
from ai_llm_service.providers.base import ChatModel, Message, Prompt
from ai_llm_service.providers.configured import ModelChoice, ProviderSettings
from ai_llm_service.providers.registry import Providers
from tests.fake_vendor import Behaviour, FakeVendor
from tests.vendor_exchange import CHAT, RESPONSES, Recorded

KEY = "sk-very-secret"
QUESTION = "What does the secret report say?"
PROMPT = Prompt((Message("system", "Be exact."), Message("user", QUESTION)), QUESTION, ())

Build = Callable[..., ChatModel]


def providers(*settings: ProviderSettings, **choice: Any) -> Providers:
    """A registry of these providers."""
    default = ProviderSettings("extractive", "extractive")
    return Providers([default, *settings], ModelChoice(**choice))


def build(
    url: str, name: str, kind: str | None = None, key: str | None = KEY, **settings: Any
) -> ChatModel:
    """The chat model of that name at a server."""
    provider = name.partition(":")[0]
    made = ProviderSettings(provider, kind or provider, url, key, **settings)
    return providers(made).chat(name)


def ask(model: ChatModel, timeout_seconds: float = 30.0, prompt: Prompt = PROMPT) -> Generation:
    return model.generate(prompt, timeout_seconds)


def failure(vendor: FakeVendor, model: ChatModel, *behaviours: Behaviour) -> ProviderError:
    """The error that it ends in when the vendor behaves so."""
    vendor.script(*behaviours)
    with pytest.raises(ProviderError) as caught:
        ask(model)
    return caught.value


def prompts(vendor: FakeVendor) -> list[Recorded]:
    """The requests that handed a prompt over; others look at what is written in the background."""
    return [each for each in vendor.requests if each.path in {CHAT, RESPONSES} and each.body]
