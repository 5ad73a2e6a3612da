"""What every chat model behind a wire promises, over the vendor's own format, streamed and not.

What it makes of errors is in `test_contract_errors.py`.
"""

from ai_llm_service.domain import ProviderLimits, Usage
from ai_llm_service.providers.base import ChatModel
from tests.fake_vendor import FakeVendor, answers, replies
from tests.providers.asking import KEY, QUESTION, ask, build
from tests.vendor_wire import CACHED, REASONED


def test_an_answer_comes_with_its_usage(vendor: FakeVendor, model: ChatModel) -> None:
    vendor.script(answers(lambda messages: messages[-1]["content"].upper()))
    generation = ask(model)
    assert generation.text == QUESTION.upper()
    assert generation.model == model.name
    assert generation.usage == Usage(11, 7, CACHED, REASONED)
    assert not generation.truncated


def test_the_model_is_told_all_messages_in_their_order(
    vendor: FakeVendor, model: ChatModel
) -> None:
    ask(model)
    assert [(told["role"], told["content"]) for told in vendor.requests[0].messages] == [
        ("system", "Be exact."),
        ("user", QUESTION),
    ]
    assert vendor.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_the_limits_that_the_vendor_tells_come_with_the_answer(vendor: FakeVendor) -> None:
    model = build(vendor.url, "openai-compatible:small")
    told = {"x-ratelimit-limit-requests": "500", "x-ratelimit-limit-tokens": "200000"}
    body = b'{"choices": [{"message": {"content": "Yes."}, "finish_reason": "stop"}]}'
    vendor.script(replies(body, headers=told), replies(body))
    assert ask(model).limits == ProviderLimits(500, 200_000)
    assert ask(model).limits is None


def test_an_answer_cut_at_its_limit_says_so(vendor: FakeVendor, model: ChatModel) -> None:
    vendor.script(answers("half of", finish_reason="length"))
    generation = ask(model)
    assert generation.truncated
    assert generation.text == "half of"
