"""The wires against aimock, a server that others wrote: chat, responses, vectors, limits, chaos."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from ai_llm_service.errors import ProviderError, ProviderRateLimited
from ai_llm_service.providers.base import ChatModel
from ai_llm_service.providers.configured import ProviderSettings
from tests.providers.asking import KEY, ask, build, providers
from tests.providers.servers import aimock, needs_aimock

FIXTURES = [{"match": {"userMessage": "report"}, "response": {"content": "Pizza [1]."}}]

pytestmark = [pytest.mark.independent, needs_aimock]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running aimock."""
    with aimock(tmp_path_factory.mktemp("aimock"), FIXTURES) as url:
        yield url


@pytest.fixture(
    params=[
        ("openai:gpt-6-luna", False),
        ("openai:gpt-6-luna", True),
        ("openai-compatible:small", False),
        ("openai-compatible:small", True),
    ],
    ids=["responses", "responses-streamed", "chat", "chat-streamed"],
)
def model(server: str, request: pytest.FixtureRequest) -> ChatModel:
    name, stream = request.param
    return build(f"{server}/v1", name, stream=stream)


@pytest.fixture
def chaos(server: str) -> Iterator[Any]:
    """Sets what goes wrong from now on; nothing does after the test."""
    yield lambda **rates: httpx2.post(f"{server}/__aimock/chaos", json=rates).raise_for_status()
    httpx2.delete(f"{server}/__aimock/chaos")


def test_each_wire_gets_its_answer(model: ChatModel) -> None:
    generation = ask(model)
    assert (generation.text, generation.model) == ("Pizza [1].", model.name)


def test_vectors_are_those_of_their_texts(server: str) -> None:
    local = ProviderSettings("local", "openai-compatible", f"{server}/v1", KEY)
    embedder = providers(local).embedder("local:mini")
    first, second, again = embedder.embed(["a", "b", "a"], 30).vectors
    assert first == again
    assert first != second
    assert len(first) == len(second)


def test_a_rate_limit_is_one_and_says_how_long_to_wait(model: ChatModel, chaos: Any) -> None:
    chaos(rateLimitRate=1.0)
    with pytest.raises(ProviderRateLimited) as caught:
        ask(model)
    assert caught.value.retry_after_seconds is not None


@pytest.mark.parametrize("rate", ["dropRate", "malformedRate", "disconnectRate"])
def test_whatever_breaks_is_an_error_that_can_be_retried(
    model: ChatModel, chaos: Any, rate: str
) -> None:
    chaos(**{rate: 1.0})
    with pytest.raises(ProviderError) as caught:
        ask(model)
    assert caught.value.retryable
