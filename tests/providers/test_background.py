"""Background mode: what is written there is collected with its reference, and then removed."""

import threading
from dataclasses import replace
from typing import Any

import pytest
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming
from pydantic import TypeAdapter

from ai_llm_service.domain import Usage
from ai_llm_service.errors import (
    KeyRefused,
    ProviderError,
    ProviderOutcomeUnknown,
    ProviderRateLimited,
    ProviderStillWriting,
    ProviderUnavailable,
)
from ai_llm_service.providers.base import BackgroundModel, Caller
from ai_llm_service.providers.openai_background import OpenAIBackground
from ai_llm_service.providers.openai_model import ModelOptions
from ai_llm_service.providers.openai_wire import OpenAIWire, Server
from tests.fake_vendor import (
    Behaviour,
    FakeVendor,
    answers,
    drops_connection,
    fails,
    hangs,
    rate_limited,
    refuses_key,
    replies,
    responds,
    sends_half,
)
from tests.providers.asking import KEY, PROMPT, ask, build
from tests.vendor_wire import CACHED, REASONED


@pytest.fixture
def model(vendor: FakeVendor) -> OpenAIBackground:
    """A model that looks again without resting."""
    wire = OpenAIWire(Server("openai", vendor.url, KEY))
    return OpenAIBackground(wire, ModelOptions("gpt-6-luna", 400_000, 2_000), rest=lambda _: None)


def calls(vendor: FakeVendor) -> list[tuple[str, str]]:
    return [(each.method, each.path.removeprefix("/v1/responses")) for each in vendor.requests]


def test_it_is_a_setting(vendor: FakeVendor) -> None:
    assert isinstance(build(vendor.url, "openai:gpt-6-luna", background=True), BackgroundModel)
    assert not isinstance(build(vendor.url, "openai:gpt-6-luna"), BackgroundModel)


def test_an_answer_is_collected_by_whoever_has_its_reference(
    vendor: FakeVendor, model: OpenAIBackground
) -> None:
    vendor.script(answers("Pizza [1]."))
    vendor.later.looks_until_ready = 3
    reference = model.submit(PROMPT, 30)
    assert vendor.requests[0].body["background"]
    assert vendor.requests[0].body["store"]
    other: Any = build(vendor.url, "openai:gpt-6-luna", background=True)
    other._rest = lambda _: None
    generation = other.collect(reference, 30)
    assert generation.text == "Pizza [1]."
    assert generation.usage == Usage(11, 7, CACHED, REASONED)
    assert calls(vendor) == [("POST", ""), *[("GET", f"/{reference}")] * 4]


def test_what_is_written_there_bears_the_id_of_its_task(
    vendor: FakeVendor, model: OpenAIBackground
) -> None:
    model.submit(replace(PROMPT, caller=Caller("0" * 64, None, "the-task")), 30)
    body = vendor.requests[0].body
    assert body["metadata"] == {"service": "ai-llm-service", "task": "the-task"}
    TypeAdapter[Any](ResponseCreateParamsNonStreaming).validate_python(body, strict=True)


def test_what_was_collected_stays_until_it_is_kept_elsewhere(
    vendor: FakeVendor, model: OpenAIBackground
) -> None:
    reference = model.submit(PROMPT, 30)
    model.collect(reference, 30)
    assert model.collect(reference, 30).text == "Fake answer [1]."
    model.forget(reference, 30)
    assert vendor.later.kept == {}
    model.forget(reference, 30)


def test_an_answer_that_is_not_ready_in_time_is_collected_later(
    vendor: FakeVendor, model: OpenAIBackground
) -> None:
    vendor.later.looks_until_ready = 10**9
    reference = model.submit(PROMPT, 30)
    with pytest.raises(ProviderStillWriting) as caught:
        model.collect(reference, 0.2)
    assert caught.value.retryable
    assert not caught.value.fails_over
    vendor.later.looks_until_ready = 0
    assert model.collect(reference, 30).text == "Fake answer [1]."


@pytest.mark.parametrize(
    ("behaviour", "wait"),
    [
        (rate_limited({"retry-after": "7"}), 7.0),
        (fails(500), None),
        (fails(503, "server_is_overloaded", headers={"retry-after": "4"}), 4.0),
        (fails(408), None),
        (fails(409), None),
        (fails(400, "conversation_locked"), None),
        (drops_connection(), None),
        (sends_half(), None),
        (replies(b"{not json"), None),
        (replies(b"[]"), None),
    ],
)
def test_a_look_that_fails_does_not_lose_the_answer(
    vendor: FakeVendor, model: OpenAIBackground, behaviour: Behaviour, wait: float | None
) -> None:
    reference = model.submit(PROMPT, 30)
    vendor.script(behaviour)
    with pytest.raises(ProviderStillWriting) as caught:
        model.collect(reference, 30)
    assert caught.value.retry_after_seconds == wait
    assert model.collect(reference, 30).text == "Fake answer [1]."


def test_a_look_that_hangs_does_not_lose_the_answer(
    vendor: FakeVendor, model: OpenAIBackground
) -> None:
    reference, release = model.submit(PROMPT, 30), threading.Event()
    vendor.script(hangs(release))
    with pytest.raises(ProviderStillWriting):
        model.collect(reference, 0.3)
    release.set()
    assert model.collect(reference, 30).text == "Fake answer [1]."


def test_a_key_that_is_refused_at_a_look_is_told(
    vendor: FakeVendor, model: OpenAIBackground
) -> None:
    reference = model.submit(PROMPT, 30)
    vendor.script(refuses_key())
    with pytest.raises(KeyRefused) as caught:
        model.collect(reference, 30)
    assert caught.value.may_be_paid


def test_an_answer_that_the_vendor_forgot_is_unknown(model: OpenAIBackground) -> None:
    with pytest.raises(ProviderOutcomeUnknown) as caught:
        model.collect("resp_nobody_knows", 30)
    assert type(caught.value) is ProviderOutcomeUnknown


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        ("failed", {"code": "rate_limit_exceeded", "message": "no"}, ProviderRateLimited),
        ("cancelled", None, ProviderUnavailable),
    ],
)
def test_an_answer_that_failed_there_is_its_error(
    vendor: FakeVendor,
    model: OpenAIBackground,
    status: str,
    error: Any,
    kind: type[ProviderError],
) -> None:
    vendor.script(responds([], status, error=error))
    reference = model.submit(PROMPT, 30)
    with pytest.raises(kind):
        model.collect(reference, 30)


def test_what_is_cancelled_is_stopped_and_removed(
    vendor: FakeVendor, model: OpenAIBackground
) -> None:
    reference = model.submit(PROMPT, 30)
    model.cancel(reference, 30)
    assert calls(vendor)[1:] == [("POST", f"/{reference}/cancel"), ("DELETE", f"/{reference}")]
    assert vendor.later.kept == {}
    model.cancel("resp_nobody_knows", 30)


def test_asked_without_an_engine_it_leaves_nothing_there(
    vendor: FakeVendor, model: OpenAIBackground
) -> None:
    assert ask(model).text == "Fake answer [1]."
    assert vendor.later.kept == {}
    vendor.later.looks_until_ready = 10**9
    with pytest.raises(ProviderStillWriting):
        ask(model, timeout_seconds=0.3)
    assert vendor.later.kept == {}


def test_a_prompt_that_is_refused_has_no_reference(
    vendor: FakeVendor, model: OpenAIBackground
) -> None:
    vendor.script(fails(429, "slow_down"))
    with pytest.raises(ProviderRateLimited):
        model.submit(PROMPT, 30)
