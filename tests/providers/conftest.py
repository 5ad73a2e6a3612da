"""The vendor of the tests, and each chat model that a wire leads to."""

from collections.abc import Iterator
from typing import Any

import pytest

from ai_llm_service.providers.base import ChatModel
from tests.fake_vendor import FakeVendor
from tests.providers.asking import build

WIRES: dict[str, tuple[str, dict[str, Any]]] = {
    "responses": ("openai:gpt-6-luna", {}),
    "responses-streamed": ("openai:gpt-6-luna", {"stream": True}),
    "responses-in-the-background": ("openai:gpt-6-luna", {"background": True}),
    "chat": ("openai-compatible:small", {}),
    "chat-streamed": ("openai-compatible:small", {"stream": True}),
}


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor() as running:
        yield running


@pytest.fixture(params=WIRES)
def model(vendor: FakeVendor, request: pytest.FixtureRequest) -> ChatModel:
    """A model behind each wire, streamed and not; one in the background looks without a rest."""
    name, settings = WIRES[request.param]
    made: Any = build(vendor.url, name, **settings)
    if settings.get("background"):
        made._rest = lambda _: None
    return made  # type: ignore[no-any-return]
