"""What every chat model makes of a vendor's errors: each one on each wire.

The wires are responses and chat completions, each streamed and not, and responses in the
background; `conftest.py` lists them.
"""

import threading
import traceback
from collections.abc import Mapping

import pytest
import structlog

from ai_llm_service.errors import (
    ContentRefused,
    CreditUsedUp,
    KeyRefused,
    ModelUnknown,
    NothingWritten,
    PromptTooLong,
    ProviderError,
    ProviderMisbehaved,
    ProviderOutcomeUnknown,
    ProviderRateLimited,
    ProviderRejected,
    ProviderUnavailable,
)
from ai_llm_service.providers.base import ChatModel, GenerateOptions, Prompt
from tests.fake_vendor import (
    Behaviour,
    FakeVendor,
    answers,
    dribbles,
    drops_connection,
    fails,
    hangs,
    out_of_credit,
    rate_limited,
    refuses_key,
    replies,
    sends_half,
    streams,
)
from tests.providers.asking import KEY, PROMPT, QUESTION, ask, build, failure, prompts
from tests.providers.behaviours import fails_inside, has_nothing, only_reasons, refuses_to_say


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "600"}, 600.0),
        ({"retry-after": "soon"}, None),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0s"}, 360.0),
        (
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-reset-tokens": "6m0s",
            },
            1.0,
        ),
        ({"x-ratelimit-reset-requests": "1m30.5s"}, 90.5),
        ({"x-ratelimit-reset-tokens": "20ms"}, 0.02),
        ({}, None),
    ],
)
def test_a_rate_limit_says_how_long_to_wait(
    vendor: FakeVendor, model: ChatModel, headers: Mapping[str, str], seconds: float | None
) -> None:
    error = failure(vendor, model, rate_limited(headers))
    assert type(error) is ProviderRateLimited
    assert error.retryable
    assert error.fails_over
    assert error.retry_after_seconds == seconds
    assert len(prompts(vendor)) == 1


def test_a_wait_may_be_given_as_a_date(vendor: FakeVendor, model: ChatModel) -> None:
    headers = {"retry-after": "Fri, 01 Jan 2100 00:00:00 GMT"}
    error = failure(vendor, model, rate_limited(headers))
    assert error.retry_after_seconds is not None
    assert error.retry_after_seconds > 1e9


@pytest.mark.parametrize(
    "code",
    [
        "insufficient_quota",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
    ],
)
def test_used_up_credit_is_not_tried_again(vendor: FakeVendor, model: ChatModel, code: str) -> None:
    for behaviour in (out_of_credit(code), fails(429, code)):
        error = failure(vendor, model, behaviour)
        assert type(error) is CreditUsedUp
        assert not error.retryable
        assert error.fails_over
    assert len(prompts(vendor)) == 2


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        (refuses_key(), KeyRefused),
        (fails(403), KeyRefused),
        (fails(400, "invalid_value"), ProviderRejected),
        (fails(404), ModelUnknown),
        (fails(422), ProviderRejected),
        (fails(400, "content_filter"), ContentRefused),
        (fails(400, "invalid_prompt"), ContentRefused),
        (fails(400, "conversation_locked", param="conversation"), ProviderUnavailable),
        (fails(408), ProviderUnavailable),
        (fails(409), ProviderUnavailable),
        (fails(500), ProviderUnavailable),
        (fails(503, "server_is_overloaded"), ProviderUnavailable),
        (fails(429, "slow_down", "rate_limit_error"), ProviderRateLimited),
        (drops_connection(), ProviderOutcomeUnknown),
        (answers("half of", "content_filter"), ContentRefused),
        (refuses_to_say(), ContentRefused),
        (answers("", "length"), NothingWritten),
        (answers("  "), ProviderMisbehaved),
        (only_reasons(cut=True), NothingWritten),
        (fails_inside("server_error"), ProviderUnavailable),
        (fails_inside("server_is_overloaded"), ProviderUnavailable),
        (fails_inside("vector_store_timeout"), ProviderUnavailable),
        (fails_inside("conversation_locked"), ProviderUnavailable),
        (fails_inside("rate_limit_exceeded"), ProviderRateLimited),
        (fails_inside("slow_down"), ProviderRateLimited),
        (fails_inside("insufficient_quota"), CreditUsedUp),
        (fails_inside("credit_balance_exhausted"), CreditUsedUp),
        (fails_inside("context_length_exceeded"), PromptTooLong),
        (fails_inside("invalid_prompt"), ContentRefused),
        (fails_inside("content_filter"), ContentRefused),
        (fails_inside("bio_policy"), ContentRefused),
        (fails_inside("misalignment_policy_violation"), ContentRefused),
        (fails_inside("data_residency_mismatch"), ProviderRejected),
    ],
)
def test_each_failure_has_its_class_and_gives_nothing_away(
    vendor: FakeVendor, model: ChatModel, behaviour: Behaviour, kind: type[ProviderError]
) -> None:
    error = failure(vendor, model, behaviour)
    assert isinstance(error, kind)
    assert (error.code, error.retryable) == (kind.code, kind.retryable)
    assert len(prompts(vendor)) == 1
    told = f"{error.message} {error.advice} {''.join(traceback.format_exception(error))}"
    for secret in (KEY, vendor.url, QUESTION, "VENDOR TEXT"):
        assert secret not in told


@pytest.mark.parametrize(
    "behaviour",
    [
        replies(b"{not json"),
        replies(b"[]"),
        replies({"error": {"message": "no"}}),
        streams(b"data: {not json\n\n"),
        sends_half(),
        has_nothing(),
        only_reasons(cut=False),
    ],
)
def test_an_answer_that_breaks_off_or_has_another_shape_may_have_been_paid(
    vendor: FakeVendor, model: ChatModel, behaviour: Behaviour
) -> None:
    error = failure(vendor, model, behaviour)
    assert isinstance(error, (ProviderMisbehaved, ProviderOutcomeUnknown))
    assert error.may_be_paid
    assert len(prompts(vendor)) == 1


@pytest.mark.parametrize("name", ["openai:gpt-6-luna", "openai-compatible:small"])
def test_a_stream_without_an_end_may_have_been_paid(vendor: FakeVendor, name: str) -> None:
    model = build(vendor.url, name, stream=True)
    error = failure(vendor, model, streams(b'data: {"type": "x"}\n\n'))
    assert type(error) is ProviderOutcomeUnknown


@pytest.mark.parametrize("code", ["context_length_exceeded", "exceed_context_size_error"])
def test_a_prompt_that_is_too_long_is_told_in_plain_words(
    vendor: FakeVendor, model: ChatModel, code: str
) -> None:
    for behaviour in (fails(400, code), fails(400, "400", kind=code), fails(413)):
        error = failure(vendor, model, behaviour)
        assert type(error) is PromptTooLong
        assert "longer than the model can read" in error.message
        assert not error.retryable


def test_a_temperature_that_is_refused_is_left_out_once_and_for_all(
    vendor: FakeVendor, model: ChatModel
) -> None:
    prompt = Prompt(PROMPT.messages, QUESTION, (), GenerateOptions(temperature=0.2))
    vendor.script(fails(400, "unsupported_value", "invalid_request_error", param="temperature"))
    ask(model, prompt=prompt)
    ask(model, prompt=prompt)
    assert [request.body.get("temperature") for request in prompts(vendor)] == [0.2, None, None]


def test_another_parameter_that_is_refused_is_an_error(
    vendor: FakeVendor, model: ChatModel
) -> None:
    refused = fails(400, "unsupported_value", "invalid_request_error", param="model")
    assert isinstance(failure(vendor, model, refused), ProviderRejected)
    assert len(prompts(vendor)) == 1


def test_an_overloaded_server_may_ask_for_a_wait(vendor: FakeVendor, model: ChatModel) -> None:
    error = failure(vendor, model, fails(503, headers={"retry-after": "4"}))
    assert error.retry_after_seconds == 4.0


def test_a_refused_key_names_the_provider_and_the_log_its_request(
    vendor: FakeVendor, model: ChatModel
) -> None:
    with structlog.testing.capture_logs() as logged:
        error = failure(
            vendor, model, fails(401, "invalid_api_key", headers={"x-request-id": "req_7"})
        )
    provider = model.name.partition(":")[0]
    assert error.message == f"The provider {provider} refused our key."
    assert logged == [
        {
            "event": "provider_error",
            "log_level": "warning",
            "provider": provider,
            "code": "provider_rejected",
            "status": 401,
            "vendor_code": "invalid_api_key",
            "vendor_request_id": "req_7",
        }
    ]


def test_an_answer_cut_in_its_reasoning_tells_what_to_do(
    vendor: FakeVendor, model: ChatModel
) -> None:
    error = failure(vendor, model, only_reasons(cut=True))
    assert not error.retryable
    assert "MODEL_MAX_OUTPUT_TOKENS" in str(error.advice)


def test_a_silent_server_is_given_up(vendor: FakeVendor, model: ChatModel) -> None:
    release = threading.Event()
    vendor.script(hangs(release))
    with pytest.raises(ProviderOutcomeUnknown):
        ask(model, timeout_seconds=0.3)
    release.set()


def test_a_server_that_only_keeps_the_connection_alive_is_given_up(
    vendor: FakeVendor, model: ChatModel
) -> None:
    stop = threading.Event()
    vendor.script(dribbles(stop))
    with pytest.raises(ProviderOutcomeUnknown):
        ask(model, timeout_seconds=0.3)
    stop.set()


@pytest.mark.parametrize("name", ["openai:gpt-6-luna", "openai-compatible:small"])
def test_a_server_that_is_not_there_is_unavailable(name: str) -> None:
    with FakeVendor() as gone:
        url = gone.url
    with pytest.raises(ProviderUnavailable) as caught:
        ask(build(url, name))
    assert not caught.value.may_be_paid
