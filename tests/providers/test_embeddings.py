"""Vectors: as many as texts, all of one length, all finite, whatever a server sends."""

from typing import Any

import pytest
from openai.types.embedding_create_params import EmbeddingCreateParams
from pydantic import TypeAdapter

from ai_llm_service.domain import Usage
from ai_llm_service.errors import (
    InvalidConfiguration,
    ProviderMisbehaved,
    ProviderRateLimited,
)
from ai_llm_service.providers.base import Embedder
from ai_llm_service.providers.configured import ProviderSettings
from ai_llm_service.providers.openai_embeddings import BATCH
from tests.fake_vendor import Behaviour, FakeVendor, embeds, rate_limited, replies
from tests.providers.asking import KEY, providers


@pytest.fixture
def embedder(vendor: FakeVendor) -> Embedder:
    local = ProviderSettings("local", "openai-compatible", vendor.url, KEY)
    return providers(local).embedder("local:mini")


def test_each_text_gets_its_vector(vendor: FakeVendor, embedder: Embedder) -> None:
    found = embedder.embed(["a", "bb"], 30)
    assert found.vectors == ((1.0, 1.0), (2.0, 1.0))
    assert (found.model, found.usage) == ("local:mini", Usage(5, 0))
    body = vendor.requests[0].body
    assert body == {"model": "mini", "input": ["a", "bb"], "encoding_format": "float"}
    TypeAdapter[Any](EmbeddingCreateParams).validate_python(body, strict=True)


def test_many_texts_go_in_several_requests(vendor: FakeVendor, embedder: Embedder) -> None:
    texts = ["x" * length for length in range(1, BATCH + 3)]
    found = embedder.embed(texts, 30)
    assert [vector[0] for vector in found.vectors] == [float(len(text)) for text in texts]
    assert [len(request.body["input"]) for request in vendor.requests] == [BATCH, 2]


def test_no_text_needs_no_request(vendor: FakeVendor, embedder: Embedder) -> None:
    assert embedder.embed([], 30).vectors == ()
    assert vendor.requests == []


def test_vectors_come_in_the_order_of_their_texts(vendor: FakeVendor, embedder: Embedder) -> None:
    rows = [{"index": 1, "embedding": [2.0]}, {"index": 0, "embedding": [1.0]}]
    vendor.script(replies({"data": rows}))
    assert embedder.embed(["a", "b"], 30).vectors == ((1.0,), (2.0,))


@pytest.mark.parametrize(
    "behaviour",
    [
        embeds([[1.0, 2.0]]),
        embeds([[1.0, 2.0], [1.0]]),
        embeds([[], []]),
        embeds([[float("nan")], [1.0]]),
        embeds([[float("inf")], [1.0]]),
        replies({"data": [{"embedding": "AACAPw=="}, {"embedding": "AACAPw=="}]}),
        replies({"data": None}),
        replies(b"[]"),
    ],
)
def test_vectors_that_are_none_are_told(
    vendor: FakeVendor, embedder: Embedder, behaviour: Behaviour
) -> None:
    vendor.script(behaviour)
    with pytest.raises(ProviderMisbehaved):
        embedder.embed(["a", "b"], 30)


def test_another_length_than_before_is_told(vendor: FakeVendor, embedder: Embedder) -> None:
    embedder.embed(["a"], 30)
    vendor.script(embeds([[1.0, 2.0, 3.0]]))
    with pytest.raises(ProviderMisbehaved, match="different lengths"):
        embedder.embed(["a"], 30)


def test_a_rate_limit_is_told_as_that_of_a_chat_model(
    vendor: FakeVendor, embedder: Embedder
) -> None:
    vendor.script(rate_limited({"retry-after": "3"}))
    with pytest.raises(ProviderRateLimited) as caught:
        embedder.embed(["a"], 30)
    assert caught.value.retry_after_seconds == 3.0


@pytest.mark.parametrize("name", ["extractive", "nobody:x", "openai", "openai:"])
def test_an_embedder_must_be_one(name: str) -> None:
    openai = ProviderSettings("openai", "openai", None, KEY)
    with pytest.raises(InvalidConfiguration, match="embedder"):
        providers(openai).embedder(name)
