"""Chat models of every server that speaks OpenAI's chat completions.

Only what all of them know is sent: Ollama, vLLM, llama.cpp, LiteLLM, and vendors' own.
"""

import re
from typing import Any, cast

from ai_llm_service.domain import Generation, Json, ProviderLimits
from ai_llm_service.errors import (
    ContentRefused,
    NothingWritten,
    ProviderMisbehaved,
)
from ai_llm_service.providers.base import Prompt
from ai_llm_service.providers.openai_errors import Told, error_for
from ai_llm_service.providers.openai_model import (
    ModelOptions,
    Refusals,
    is_strict,
    limits_in,
    usage_in,
)
from ai_llm_service.providers.openai_wire import OpenAIWire, Reply, broken_off, unreadable, whole
from ai_llm_service.providers.sse import events

GUESSES = ("temperature", "response_format", "reasoning_effort")
OPTIONAL = (*GUESSES, "stream_options")
TEXTS = ("content", "reasoning_content", "reasoning")

_THOUGHTS = re.compile(r"\A\s*<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)


class OpenAIChat:
    """One model behind chat completions."""

    def __init__(self, wire: OpenAIWire, options: ModelOptions) -> None:
        self._wire = wire
        self._options = options
        self._refusals = Refusals(OPTIONAL, GUESSES)

    @property
    def name(self) -> str:
        return f"{self._wire.provider}:{self._options.model}"

    @property
    def context_tokens(self) -> int:
        return self._options.prompt_tokens

    def generate(self, prompt: Prompt, timeout_seconds: float) -> Generation:
        body = self._body(prompt)
        return self._refusals.ask(body, lambda sent: self._ask(sent, timeout_seconds))

    def _ask(self, body: Json, timeout_seconds: float) -> Generation:
        with self._wire.reply(
            lambda client, timeout: client.chat.completions.with_streaming_response.create(
                **cast("Any", body), timeout=timeout
            ),
            timeout_seconds,
        ) as reply:
            completion = self._streamed(reply) if body.get("stream") else whole(reply)
            return self._generation(completion, limits_in(reply.headers))

    def _body(self, prompt: Prompt) -> Json:
        options = prompt.options
        body: Json = {
            "model": self._options.model,
            "messages": [
                {"role": message.role, "content": message.content} for message in prompt.messages
            ],
            "max_tokens": options.max_output_tokens or self._options.output_tokens,
        }
        if self._options.effort:
            body["reasoning_effort"] = self._options.effort
        if options.temperature is not None:
            body["temperature"] = options.temperature
        if options.response_schema is not None:
            body["response_format"] = _format(options.response_schema)
        if self._options.streams:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        return body

    def _streamed(self, reply: Reply) -> Json:
        """The pieces of an answer put together to what would have come in one."""
        told = _Told()
        try:
            for chunk in events(reply.pieces):
                self._check(chunk)
                told.hear(chunk)
        except (ValueError, TypeError, AttributeError):
            raise unreadable() from None
        if told.finish is None:
            raise broken_off(self._wire.provider)
        return told.completion()

    def _generation(self, completion: Any, limits: ProviderLimits | None) -> Generation:
        self._check(completion)
        try:
            choice = completion["choices"][0]
            message = choice["message"]
            finish = choice.get("finish_reason")
            text = _text(message)
            usage = usage_in(completion.get("usage"), ("prompt", "completion"))
        except (TypeError, KeyError, IndexError, AttributeError):
            raise unreadable() from None
        if finish == "content_filter":
            raise ContentRefused("The provider's content filter stopped the answer.")
        if not text and message.get("refusal"):
            raise ContentRefused("The model refused to answer this question.")
        if finish == "length" and not _said(message):
            raise NothingWritten
        if not text:
            raise ProviderMisbehaved("The provider sent an answer without text.")
        return Generation(text, self.name, usage, truncated=finish == "length", limits=limits)

    def _check(self, completion: Any) -> None:
        """Proxies put the error of the server behind them into a 200."""
        told = Told.inside(completion.get("error")) if isinstance(completion, dict) else Told()
        if told.is_plain:
            raise error_for(told, self._wire.provider)


class _Told:
    """What a stream has told up to now."""

    def __init__(self) -> None:
        self.finish: str | None = None
        self._texts: dict[str, list[str]] = {name: [] for name in (*TEXTS, "refusal")}
        self._usage: Any = None

    def hear(self, chunk: Json) -> None:
        # The chunk with the usage has no choices; others keep the connection alive with none.
        self._usage = chunk.get("usage") or self._usage
        for choice in (chunk.get("choices") or ())[:1]:
            self.finish = choice.get("finish_reason") or self.finish
            for name, texts in self._texts.items():
                texts.append((choice.get("delta") or {}).get(name) or "")

    def completion(self) -> Json:
        message = {name: "".join(texts) for name, texts in self._texts.items()}
        choice = {"message": message, "finish_reason": self.finish}
        return {"choices": [choice], "usage": self._usage}


def _format(schema: Json) -> Json:
    told = {"name": "answer", "schema": schema, "strict": is_strict(schema)}
    return {"type": "json_schema", "json_schema": told}


def _text(message: Json) -> str:
    """The answer, or what stands for it where a server takes it for reasoning."""
    return next((text for key in TEXTS if (text := _without_thoughts(message.get(key)))), "")


def _said(message: Json) -> str:
    """The answer alone: of a text that was cut off, the reasoning is no answer."""
    return _without_thoughts(message.get("content"))


def _without_thoughts(content: Any) -> str:
    return _THOUGHTS.sub("", _joined(content)).strip()


def _joined(content: Any) -> str:
    if isinstance(content, list):
        return "".join(part.get("text") or "" for part in content)
    return content if isinstance(content, str) else ""
