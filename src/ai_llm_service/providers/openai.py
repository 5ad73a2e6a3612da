"""Chat models of OpenAI and of every server that speaks its chat completions."""

import json
import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any, cast

import httpx2
import openai
from openai.types.chat import ChatCompletionMessageParam

from ai_llm_service.domain import Generation, Usage
from ai_llm_service.errors import ProviderMisbehaved, ProviderOutcomeUnknown, ProviderRejected
from ai_llm_service.providers.base import Prompt
from ai_llm_service.providers.openai_errors import provider_error

OPENAI_URL = "https://api.openai.com/v1"
OPENAI = "openai"
MAX_RESPONSE_BYTES = 16 * 1024 * 1024
CONNECT_TIMEOUT_SECONDS = 10.0

_THOUGHTS = re.compile(r"\A\s*<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OpenAIOptions:
    """Where a model is and what it may read and write. `base_url` None is OpenAI itself."""

    provider: str
    model: str
    api_key: str | None
    base_url: str | None
    context_tokens: int
    max_output_tokens: int


class OpenAIChat:
    """One chat model behind chat completions; retries are the task engine's, not the SDK's."""

    def __init__(self, options: OpenAIOptions) -> None:
        self._options = options
        self._lock = Lock()
        self._client: tuple[int, openai.OpenAI] | None = None

    @property
    def name(self) -> str:
        return f"{self._options.provider}:{self._options.model}"

    @property
    def context_tokens(self) -> int:
        return self._options.context_tokens - self._output_tokens

    def generate(self, prompt: Prompt, timeout_seconds: float) -> Generation:
        with _as_provider_errors(self._options.provider):
            body = self._ask(prompt, timeout_seconds)
        return _generation(body, self.name)

    @property
    def _output_tokens(self) -> int:
        # A small context is shared with the answer: most of it belongs to the documents.
        return min(self._options.max_output_tokens, max(1, self._options.context_tokens // 4))

    def _ask(self, prompt: Prompt, timeout_seconds: float) -> bytes:
        give_up_at = time.monotonic() + timeout_seconds
        connect = min(CONNECT_TIMEOUT_SECONDS, timeout_seconds)
        create = self._connected().chat.completions.with_streaming_response.create
        with create(
            model=self._options.model,
            messages=_messages(prompt),
            timeout=httpx2.Timeout(timeout_seconds, connect=connect),
            extra_body=self._parameters(),
        ) as response:
            return _read(response.iter_bytes(), give_up_at)

    def _parameters(self) -> dict[str, Any]:
        """What OpenAI and the servers that copy its wire call differently."""
        if self._options.provider != OPENAI:
            return {"max_tokens": self._output_tokens}
        effort = _reasoning_effort(self._options.model)
        chosen = {"reasoning_effort": effort} if effort else {}
        return {"max_completion_tokens": self._output_tokens, **chosen}

    def _connected(self) -> openai.OpenAI:
        """The client of this process: connections must not be shared over a fork."""
        with self._lock:
            if self._client is None or self._client[0] != os.getpid():
                self._client = (os.getpid(), self._connect())
            return self._client[1]

    def _connect(self) -> openai.OpenAI:
        # At its debug level the SDK logs whole requests, and so prompts.
        logging.getLogger("openai").setLevel(logging.WARNING)
        return openai.OpenAI(
            api_key=self._options.api_key or "none",
            base_url=self._options.base_url or OPENAI_URL,
            max_retries=0,
        )


@contextmanager
def _as_provider_errors(provider: str) -> Iterator[None]:
    """Turn the SDK's errors into ours; theirs quote the vendor's text and are not kept."""
    try:
        yield
    except openai.APIError as error:
        raise provider_error(error, provider) from None
    except httpx2.TimeoutException:
        raise ProviderOutcomeUnknown(f"The provider {provider} did not answer in time.") from None
    except (httpx2.HTTPError, httpx2.StreamError):
        raise ProviderOutcomeUnknown(f"The connection to the provider {provider} broke.") from None


def _reasoning_effort(model: str) -> str | None:
    """The least effort: the answer is in the passages. Older models have no such parameter."""
    if re.match(r"gpt-5(?:-mini|-nano)?(?:-\d|$)", model):
        return "minimal"
    return "none" if re.match(r"gpt-(?:5\.\d|6)", model) else None


def _messages(prompt: Prompt) -> list[ChatCompletionMessageParam]:
    plain = [{"role": message.role, "content": message.content} for message in prompt.messages]
    return cast("list[ChatCompletionMessageParam]", plain)


def _read(chunks: Iterator[bytes], give_up_at: float) -> bytes:
    """The whole body; servers that send blanks to stay connected don't stop the clock."""
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > MAX_RESPONSE_BYTES:
            raise ProviderMisbehaved("The provider sent an answer of many megabytes.")
        if time.monotonic() > give_up_at:
            raise ProviderOutcomeUnknown("The provider did not answer in time.")
    return bytes(body)


def _generation(body: bytes, name: str) -> Generation:
    try:
        completion = json.loads(body)
        choice = completion["choices"][0]
        message = choice["message"]
        usage = completion.get("usage") or {}
        finish = choice.get("finish_reason")
        text = _text(message)
        spent = Usage(*(int(usage.get(f"{kind}_tokens") or 0) for kind in ("prompt", "completion")))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        raise ProviderMisbehaved("The provider sent an answer that can't be read.") from None
    if finish == "content_filter":
        raise ProviderRejected("The provider's content filter stopped the answer.")
    if not text and message.get("refusal"):
        raise ProviderRejected("The model refused to answer this question.")
    if not text:
        raise ProviderMisbehaved("The provider sent an answer without text.")
    return Generation(text, name, spent, truncated=finish == "length")


def _text(message: dict[str, Any]) -> str:
    """The answer, or what stands for it where a server takes it for reasoning."""
    for key in ("content", "reasoning_content", "reasoning"):
        if text := _THOUGHTS.sub("", _joined(message.get(key))).strip():
            return text
    return ""


def _joined(content: Any) -> str:
    if isinstance(content, list):
        return "".join(part.get("text") or "" for part in content)
    return content if isinstance(content, str) else ""
