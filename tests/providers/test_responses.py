"""OpenAI's Responses API: what it is sent, and what its answers stand for."""

from typing import Any

import pytest
from openai.types.responses import Response, ResponseStreamEvent
from openai.types.responses.response_create_params import (
    ResponseCreateParamsNonStreaming,
    ResponseCreateParamsStreaming,
)
from pydantic import TypeAdapter

from ai_llm_service.domain import FileMark, FoundText
from ai_llm_service.errors import (
    ProviderMisbehaved,
    ProviderRateLimited,
)
from ai_llm_service.providers.base import Caller, GenerateOptions, Message, Prompt
from tests import vendor_wire as wire
from tests.fake_vendor import FakeVendor, fails, responds, streams
from tests.providers.asking import PROMPT, QUESTION, ask, build, failure

SCHEMA = {
    "type": "object",
    "properties": {"colour": {"type": "string"}},
    "required": ["colour"],
    "additionalProperties": False,
}
MESSAGES = (
    Message("system", "Be exact."),
    Message("user", "Which colour?"),
    Message("assistant", "Green [1]."),
    Message("user", "Why?"),
)
OPTIONS = GenerateOptions(temperature=0.1, max_output_tokens=77, response_schema=SCHEMA)
STREAMED = [False, True]


@pytest.mark.parametrize("stream", STREAMED)
@pytest.mark.parametrize("options", [GenerateOptions(), OPTIONS])
@pytest.mark.parametrize("store_id", [None, "vs_1"])
def test_what_is_sent_is_what_the_vendor_s_own_types_allow(
    vendor: FakeVendor, stream: bool, options: GenerateOptions, store_id: str | None
) -> None:
    model = build(vendor.url, "openai:gpt-6-luna", stream=stream)
    caller = Caller("0" * 64, "a-session")
    ask(model, prompt=Prompt(MESSAGES, "Why?", (), options, store_id, caller=caller))
    kind: Any = ResponseCreateParamsStreaming if stream else ResponseCreateParamsNonStreaming
    body = vendor.requests[0].body
    TypeAdapter[Any](kind).validate_python(body, strict=True)
    assert set(body) <= kind.__required_keys__ | kind.__optional_keys__
    assert (body["safety_identifier"], body["prompt_cache_key"]) == ("0" * 64, "a-session")


def test_nothing_is_left_at_the_vendor_and_the_least_is_paid_for_reasoning(
    vendor: FakeVendor,
) -> None:
    ask(build(vendor.url, "openai:gpt-6-luna"), prompt=Prompt(MESSAGES, "Why?", ()))
    assert vendor.requests[0].path == "/v1/responses"
    assert vendor.requests[0].body == {
        "model": "gpt-6-luna",
        "instructions": "Be exact.",
        "input": [
            {"role": "user", "content": "Which colour?"},
            {"role": "assistant", "content": "Green [1]."},
            {"role": "user", "content": "Why?"},
        ],
        "max_output_tokens": 2000,
        "store": False,
        "reasoning": {"effort": "none"},
    }


@pytest.mark.parametrize(
    ("name", "settings", "effort", "temperature"),
    [
        ("gpt-6-luna", {}, "none", 0.1),
        ("gpt-5.6-luna", {}, "none", 0.1),
        ("gpt-5-mini", {}, "minimal", None),
        ("gpt-6-luna", {"effort": "high"}, "high", None),
        ("gpt-4o", {}, None, 0.1),
    ],
)
def test_a_model_that_reasons_gets_no_temperature(
    vendor: FakeVendor, name: str, settings: dict[str, Any], effort: str | None, temperature: float
) -> None:
    model = build(vendor.url, f"openai:{name}", **settings)
    ask(model, prompt=Prompt(MESSAGES, "Why?", (), OPTIONS))
    body = vendor.requests[0].body
    assert body.get("reasoning", {}).get("effort") == effort
    assert body.get("temperature") == temperature


def test_a_schema_is_strict_where_the_vendor_can_hold_the_model_to_it(vendor: FakeVendor) -> None:
    model = build(vendor.url, "openai:gpt-6-luna")
    loose = {"type": "object", "properties": {"colour": {"type": "string"}}}
    for schema in (SCHEMA, loose):
        options = GenerateOptions(response_schema=schema)
        ask(model, prompt=Prompt(MESSAGES, "Why?", (), options))
    told = [request.body["text"]["format"] for request in vendor.requests]
    assert [form["strict"] for form in told] == [True, False]
    assert [form["schema"] for form in told] == [SCHEMA, loose]


@pytest.mark.parametrize("stream", STREAMED)
def test_what_a_hosted_search_found_comes_with_the_answer(vendor: FakeVendor, stream: bool) -> None:
    text = "Pizza is best 🍕. \ue200cite\ue202turn0file0\ue201So it is."
    notes = [
        {"type": "file_citation", "file_id": "file_1", "filename": "a.md", "index": index}
        for index in (15, 15, 43, 9_999)
    ]
    result = {
        "file_id": "file_1",
        "filename": "a.md",
        "score": 0.5,
        "text": "Pizza.",
        "attributes": {},
    }
    output = [wire.searched("pizza", [result]), wire.message(text, notes)]
    vendor.script(responds(output))
    model = build(vendor.url, "openai:gpt-6-luna", stream=stream)
    generation = ask(model, prompt=Prompt(MESSAGES, "Why?", (), store_id="vs_1"))
    assert vendor.requests[0].body["tools"] == [
        {"type": "file_search", "vector_store_ids": ["vs_1"], "max_num_results": 20}
    ]
    assert vendor.requests[0].body["include"] == ["file_search_call.results"]
    assert generation.text == "Pizza is best 🍕. So it is."
    assert generation.found == (FoundText("file_1", "Pizza.", 0.5),)
    assert generation.marks == (FileMark(15, "file_1"), FileMark(26, "file_1"))
    assert generation.usage.search_calls == 1


def test_an_answer_without_an_end_is_told(vendor: FakeVendor) -> None:
    model = build(vendor.url, "openai:gpt-6-luna")
    assert type(failure(vendor, model, responds([], "in_progress"))) is ProviderMisbehaved


def test_an_error_in_the_middle_of_a_stream_is_its_error(vendor: FakeVendor) -> None:
    event = {
        "type": "error",
        "code": "rate_limit_exceeded",
        "message": "VENDOR TEXT",
        "param": None,
        "sequence_number": 1,
    }
    model = build(vendor.url, "openai:gpt-6-luna", stream=True)
    error = failure(vendor, model, streams(wire.sse(event, named=True)))
    assert type(error) is ProviderRateLimited


def test_an_effort_that_is_refused_is_left_out(vendor: FakeVendor) -> None:
    vendor.script(fails(400, "unsupported_value", param="reasoning.effort"))
    ask(build(vendor.url, "openai:gpt-6-luna"), prompt=PROMPT)
    assert ["reasoning" in request.body for request in vendor.requests] == [True, False]


def test_what_the_vendor_of_the_tests_sends_is_what_the_vendor_s_own_types_describe() -> None:
    notes = [{"type": "file_citation", "file_id": "f", "filename": "a.md", "index": 3}]
    found = [{"file_id": "f", "filename": "a.md", "score": 0.5, "text": "x", "attributes": {}}]
    output = [wire.reasoning(), wire.searched(QUESTION, found), wire.message("Yes.", notes)]
    event = TypeAdapter[Any](ResponseStreamEvent)
    for status in ("completed", "incomplete", "failed"):
        body = wire.response({"model": "gpt-6-luna"}, output, status)
        Response.model_validate(body, strict=True)
        for told in wire.response_events(body):
            event.validate_python(told)
