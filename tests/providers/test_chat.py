"""Chat completions of compatible servers: only what all know is sent, and their ways are known."""

from typing import Any

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.chat.completion_create_params import (
    CompletionCreateParamsNonStreaming,
    CompletionCreateParamsStreaming,
)
from pydantic import TypeAdapter

from ai_llm_service.domain import Usage
from ai_llm_service.errors import (
    KeyRefused,
    NothingWritten,
    ProviderError,
    ProviderMisbehaved,
    ProviderRateLimited,
    ProviderRejected,
    ProviderUnavailable,
)
from ai_llm_service.providers.base import ChatModel, GenerateOptions, Prompt
from tests import vendor_wire as wire
from tests.fake_vendor import FakeVendor, fails, replies, sends_message, streams
from tests.providers.asking import PROMPT, QUESTION, ask, build, failure

SCHEMA = {"type": "object", "properties": {"colour": {"type": "string"}}}
OPTIONS = GenerateOptions(temperature=0.1, max_output_tokens=77, response_schema=SCHEMA)


@pytest.fixture
def model(vendor: FakeVendor) -> ChatModel:
    return build(vendor.url, "openai-compatible:small")


def test_a_compatible_server_gets_only_what_all_of_them_know(
    vendor: FakeVendor, model: ChatModel
) -> None:
    ask(model)
    assert vendor.requests[0].body == {
        "model": "small",
        "messages": [
            {"role": "system", "content": "Be exact."},
            {"role": "user", "content": QUESTION},
        ],
        "max_tokens": 1024,
    }


@pytest.mark.parametrize("stream", [False, True])
def test_what_is_sent_is_what_the_vendor_s_own_types_allow(
    vendor: FakeVendor, stream: bool
) -> None:
    model = build(vendor.url, "openai-compatible:small", stream=stream, effort="low")
    ask(model, prompt=Prompt(PROMPT.messages, QUESTION, (), OPTIONS))
    kind = CompletionCreateParamsStreaming if stream else CompletionCreateParamsNonStreaming
    body = vendor.requests[0].body
    TypeAdapter[Any](kind).validate_python(body, strict=True)
    assert (body["temperature"], body["max_tokens"], body["reasoning_effort"]) == (0.1, 77, "low")
    assert body["response_format"]["json_schema"]["schema"] == SCHEMA


def test_a_server_that_does_not_say_what_it_refuses_is_asked_plainly(
    vendor: FakeVendor, model: ChatModel
) -> None:
    prompt = Prompt(PROMPT.messages, QUESTION, (), OPTIONS)
    vendor.script(fails(400))
    ask(model, prompt=prompt)
    ask(model, prompt=prompt)
    sent = [{"temperature", "response_format"} & set(each.body) for each in vendor.requests]
    assert sent == [{"temperature", "response_format"}, set(), set()]


def test_a_refusal_that_was_not_about_options_forgets_none(
    vendor: FakeVendor, model: ChatModel
) -> None:
    prompt = Prompt(PROMPT.messages, QUESTION, (), OPTIONS)
    vendor.script(fails(400), fails(400))
    with pytest.raises(ProviderRejected):
        ask(model, prompt=prompt)
    ask(model, prompt=prompt)
    assert "temperature" in vendor.requests[-1].body


def test_a_server_without_a_key_is_asked_with_a_placeholder(vendor: FakeVendor) -> None:
    ask(build(vendor.url, "openai-compatible:small", key=None))
    assert vendor.requests[0].headers["authorization"] == "Bearer none"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "message",
    [
        {"content": "<think>hm\nhm</think>\nPizza [1]."},
        {"content": None, "reasoning_content": "Pizza [1]."},
        {"content": "", "reasoning": "Pizza [1]."},
    ],
)
def test_the_answer_of_a_reasoning_model_is_found(
    vendor: FakeVendor, message: dict[str, object], stream: bool
) -> None:
    vendor.script(sends_message(message))
    assert ask(build(vendor.url, "openai-compatible:small", stream=stream)).text == "Pizza [1]."


def test_an_answer_in_parts_is_joined(vendor: FakeVendor, model: ChatModel) -> None:
    parts = [{"type": "text", "text": "Pizza "}, {"type": "text", "text": "[1]."}]
    vendor.script(sends_message({"content": parts}))
    assert ask(model).text == "Pizza [1]."


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        (sends_message({"content": None}), ProviderMisbehaved),
        (sends_message({"content": None, "reasoning": "Cut off"}, "length"), NothingWritten),
        (sends_message({"content": "", "reasoning_content": "Cut"}, "length"), NothingWritten),
        (replies({"error": {"code": 429, "message": "VENDOR TEXT"}}), ProviderRateLimited),
        (replies({"error": {"code": 502, "message": "VENDOR TEXT"}}), ProviderUnavailable),
        (replies({"error": {"code": 401, "message": "VENDOR TEXT"}}), KeyRefused),
    ],
)
def test_an_answer_without_an_answer_in_it_says_why(
    vendor: FakeVendor, model: ChatModel, behaviour: Any, kind: type[ProviderError]
) -> None:
    assert type(failure(vendor, model, behaviour)) is kind


def test_a_stream_with_keep_alives_and_no_usage_is_read(vendor: FakeVendor) -> None:
    def piece(choices: list[Any]) -> bytes:
        return wire.sse({"choices": choices}, named=False)

    last = piece([{"delta": {"content": "za"}, "finish_reason": "stop"}]).replace(b"\n", b"\r\n")
    vendor.script(
        streams(
            b": keep-alive\n\n",
            piece([]),
            piece([{"delta": {"content": "Piz"}}]),
            last[:20],
            last[20:],
            b"data: [DONE]\n\n",
        )
    )
    model = build(vendor.url, "openai-compatible:small", stream=True)
    generation = ask(model)
    assert (generation.text, generation.usage) == ("Pizza", Usage())


def test_an_error_in_the_middle_of_a_stream_is_its_error(vendor: FakeVendor) -> None:
    event = wire.error_body("VENDOR TEXT", "rate_limit_error", "slow_down", None)
    model = build(vendor.url, "openai-compatible:small", stream=True)
    error = failure(vendor, model, streams(wire.sse(event, named=False)))
    assert type(error) is ProviderRateLimited


def test_what_the_vendor_of_the_tests_sends_is_what_the_vendor_s_own_types_describe() -> None:
    body = wire.completion("small", {"role": "assistant", "content": "Yes."})
    ChatCompletion.model_validate(body, strict=True)
    for chunk in wire.completion_chunks(body, with_usage=True):
        ChatCompletionChunk.model_validate(chunk, strict=True)
