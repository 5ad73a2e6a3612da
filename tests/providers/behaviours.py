"""What a vendor does wrong inside an answer that it sends as a success, on whichever wire."""

from tests import vendor_wire as wire
from tests.fake_vendor import Behaviour, replies, responds, sends_message, streams
from tests.vendor_exchange import Exchange


def fails_inside(code: str) -> Behaviour:
    """A 200 whose body, or whose stream, holds an error."""
    told = {"code": code, "message": "VENDOR TEXT"}

    def behave(exchange: Exchange) -> None:
        if not exchange.is_chat:
            responds([], "failed", error=told)(exchange)
        elif exchange.request.body.get("stream"):
            streams(wire.sse({"error": told}, named=False))(exchange)
        else:
            replies({"error": told})(exchange)

    return behave


def only_reasons(*, cut: bool) -> Behaviour:
    """All of what it wrote is reasoning: cut off at its limit, or ended without an answer."""

    def behave(exchange: Exchange) -> None:
        if exchange.is_chat:
            thought = {"content": "<think>All of it."}
            sends_message(thought, "length" if cut else "stop")(exchange)
        elif cut:
            reason = {"reason": "max_output_tokens"}
            responds([wire.reasoning()], "incomplete", incomplete_details=reason)(exchange)
        else:
            responds([wire.reasoning()])(exchange)

    return behave


def has_nothing() -> Behaviour:
    """No choice, no output."""

    def behave(exchange: Exchange) -> None:
        body = {"id": "x", "object": "chat.completion", "model": "fake", "choices": []}
        if not exchange.is_chat:
            responds([])(exchange)
        elif exchange.request.body.get("stream"):
            streams(wire.sse({**body, "object": "chat.completion.chunk"}, named=False))(exchange)
        else:
            replies(body)(exchange)

    return behave


def refuses_to_say() -> Behaviour:
    """The model itself refuses."""

    def behave(exchange: Exchange) -> None:
        if exchange.is_chat:
            sends_message({"content": None, "refusal": "No."})(exchange)
        else:
            responds([wire.refusal("No.")])(exchange)

    return behave
