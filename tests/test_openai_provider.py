"""A chat model behind HTTP: what it is sent, and what each way to fail means."""

import threading
import traceback
from collections.abc import Iterator, Mapping

import pytest

from ai_llm_service.domain import Generation, Usage
from ai_llm_service.errors import (
    InvalidConfiguration,
    ProviderError,
    ProviderMisbehaved,
    ProviderOutcomeUnknown,
    ProviderRateLimited,
    ProviderRejected,
    ProviderUnavailable,
)
from ai_llm_service.providers.base import ChatModel, Message, Prompt
from ai_llm_service.providers.registry import ChatModelSettings, build_chat_model
from tests.fake_vendor import (
    Behaviour,
    FakeVendor,
    answers,
    dribbles,
    drops_connection,
    fails,
    hangs,
    has_no_choices,
    out_of_credit,
    rate_limited,
    refuses_key,
    replies,
    sends_half,
    sends_message,
)

KEY = "sk-very-secret"
QUESTION = "What does the secret report say?"
PROMPT = Prompt((Message("system", "Be exact."), Message("user", QUESTION)), QUESTION, ())


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor() as running:
        yield running


@pytest.fixture
def model(vendor: FakeVendor) -> ChatModel:
    return build(vendor, "openai-compatible:small")


def build(vendor: FakeVendor, name: str, api_key: str | None = KEY) -> ChatModel:
    return build_chat_model(ChatModelSettings(name, api_key, vendor.url))


def ask(model: ChatModel, timeout_seconds: float = 30.0) -> Generation:
    return model.generate(PROMPT, timeout_seconds)


def failure(vendor: FakeVendor, model: ChatModel, behaviour: Behaviour) -> ProviderError:
    vendor.script(behaviour)
    with pytest.raises(ProviderError) as caught:
        ask(model)
    return caught.value


def test_an_answer_comes_with_its_usage(vendor: FakeVendor, model: ChatModel) -> None:
    vendor.script(answers(lambda messages: messages[-1]["content"].upper()))
    assert ask(model) == Generation(QUESTION.upper(), "openai-compatible:small", Usage(11, 7))


def test_a_compatible_server_gets_only_what_all_of_them_know(
    vendor: FakeVendor, model: ChatModel
) -> None:
    ask(model)
    sent = vendor.requests[0]
    assert sent.headers["authorization"] == f"Bearer {KEY}"
    assert sent.body == {
        "model": "small",
        "messages": [
            {"role": "system", "content": "Be exact."},
            {"role": "user", "content": QUESTION},
        ],
        "max_tokens": 1024,
    }


@pytest.mark.parametrize(
    ("name", "effort"),
    [("gpt-6-luna", "none"), ("gpt-5.6-luna", "none"), ("gpt-5-mini", "minimal"), ("gpt-4o", None)],
)
def test_openai_gets_its_own_parameters(vendor: FakeVendor, name: str, effort: str | None) -> None:
    ask(build(vendor, f"openai:{name}"))
    body = vendor.requests[0].body
    assert body["max_completion_tokens"] == 2000
    assert "max_tokens" not in body
    assert body.get("reasoning_effort") == effort


def test_a_server_without_a_key_is_asked_with_a_placeholder(vendor: FakeVendor) -> None:
    ask(build(vendor, "openai-compatible:small", api_key=None))
    assert vendor.requests[0].headers["authorization"] == "Bearer none"


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
    assert isinstance(error, ProviderRateLimited)
    assert error.retryable
    assert error.retry_after_seconds == seconds
    assert len(vendor.requests) == 1


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
    assert isinstance(failure(vendor, model, out_of_credit(code)), ProviderRejected)
    assert isinstance(failure(vendor, model, fails(429, code)), ProviderRejected)


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        (refuses_key(), ProviderRejected),
        (fails(403), ProviderRejected),
        (fails(400), ProviderRejected),
        (fails(404), ProviderRejected),
        (fails(422), ProviderRejected),
        (fails(400, "content_filter"), ProviderRejected),
        (fails(408), ProviderUnavailable),
        (fails(409), ProviderUnavailable),
        (fails(500), ProviderUnavailable),
        (fails(503), ProviderUnavailable),
        (drops_connection(), ProviderOutcomeUnknown),
        (sends_half(), ProviderOutcomeUnknown),
        (has_no_choices(), ProviderMisbehaved),
        (replies(b"{not json"), ProviderMisbehaved),
        (replies(b"[]"), ProviderMisbehaved),
        (replies({"error": {"message": "VENDOR TEXT"}}), ProviderMisbehaved),
        (sends_message({"content": None}), ProviderMisbehaved),
        (sends_message({"content": "  "}), ProviderMisbehaved),
        (sends_message({"content": "<think>all of it"}, "length"), ProviderMisbehaved),
        (sends_message({"content": None, "refusal": "no"}), ProviderRejected),
        (sends_message({"content": "half"}, "content_filter"), ProviderRejected),
    ],
)
def test_each_failure_has_its_class_and_gives_nothing_away(
    vendor: FakeVendor, model: ChatModel, behaviour: Behaviour, kind: type[ProviderError]
) -> None:
    error = failure(vendor, model, behaviour)
    assert type(error) is kind
    assert len(vendor.requests) == 1
    told = f"{error.message} {error.advice} {''.join(traceback.format_exception(error))}"
    for secret in (KEY, vendor.url, QUESTION, "VENDOR TEXT", "not json"):
        assert secret not in told


@pytest.mark.parametrize("code", ["context_length_exceeded", "exceed_context_size_error"])
def test_a_prompt_that_is_too_long_is_told_in_plain_words(
    vendor: FakeVendor, model: ChatModel, code: str
) -> None:
    for behaviour in (fails(400, code), fails(400, "400", kind=code)):
        error = failure(vendor, model, behaviour)
        assert "longer than the model can read" in error.message
        assert not error.retryable


def test_an_overloaded_server_may_ask_for_a_wait(vendor: FakeVendor, model: ChatModel) -> None:
    error = failure(vendor, model, fails(503, headers={"retry-after": "4"}))
    assert error.retry_after_seconds == 4.0


def test_a_refused_key_names_the_provider(vendor: FakeVendor, model: ChatModel) -> None:
    error = failure(vendor, model, refuses_key())
    assert error.message == "The provider openai-compatible refused our key."


def test_a_silent_server_is_given_up(vendor: FakeVendor, model: ChatModel) -> None:
    release = threading.Event()
    vendor.script(hangs(release))
    with pytest.raises(ProviderUnavailable):
        ask(model, timeout_seconds=0.3)
    release.set()


def test_a_server_that_only_keeps_the_connection_alive_is_given_up(
    vendor: FakeVendor, model: ChatModel
) -> None:
    stop = threading.Event()
    vendor.script(dribbles(stop))
    with pytest.raises(ProviderUnavailable):
        ask(model, timeout_seconds=0.3)
    stop.set()


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with FakeVendor() as gone:
        url = gone.url
    model = build_chat_model(ChatModelSettings("openai-compatible:small", KEY, url))
    with pytest.raises(ProviderUnavailable):
        ask(model)


@pytest.mark.parametrize(
    "message",
    [
        {"content": "<think>hm\nhm</think>\nPizza [1]."},
        {"content": None, "reasoning_content": "Pizza [1]."},
        {"content": "", "reasoning": "Pizza [1]."},
        {"content": [{"type": "text", "text": "Pizza "}, {"type": "text", "text": "[1]."}]},
    ],
)
def test_the_answer_of_a_reasoning_model_is_found(
    vendor: FakeVendor, model: ChatModel, message: dict[str, object]
) -> None:
    vendor.script(sends_message(message))
    assert ask(model).text == "Pizza [1]."


def test_an_answer_cut_at_its_limit_says_so(vendor: FakeVendor, model: ChatModel) -> None:
    vendor.script(answers("half of", finish_reason="length"))
    assert ask(model).truncated


@pytest.mark.parametrize(
    "name", ["", "gpt-6-luna", "openai:", "openai-compatible:", "extractive:x", "claude:opus"]
)
def test_an_unknown_model_names_the_setting_and_what_is_accepted(name: str) -> None:
    settings = ChatModelSettings(name, None, "http://127.0.0.1:9/v1")
    with pytest.raises(InvalidConfiguration, match=r"CHAT_MODEL.*openai-compatible:MODEL"):
        build_chat_model(settings)


def test_a_compatible_model_needs_an_address() -> None:
    with pytest.raises(InvalidConfiguration, match=r"CHAT_MODEL.*OPENAI_COMPATIBLE_BASE_URL"):
        build_chat_model(ChatModelSettings("openai-compatible:small"))


@pytest.mark.parametrize(
    ("settings", "context_tokens"),
    [
        (ChatModelSettings("openai:gpt-6-luna", KEY), 398_000),
        (ChatModelSettings("openai-compatible:small", None, "http://127.0.0.1:9/v1"), 3_072),
        (ChatModelSettings("openai:gpt-6-luna", KEY, None, 10_000, 500), 9_500),
        (ChatModelSettings("extractive"), 0),
    ],
)
def test_the_context_leaves_room_for_the_answer(
    settings: ChatModelSettings, context_tokens: int
) -> None:
    assert build_chat_model(settings).context_tokens == context_tokens
