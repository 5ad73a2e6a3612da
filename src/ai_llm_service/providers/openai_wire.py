"""The connection to one server that speaks OpenAI's wire: its client, its clock, its errors.

Retries are the task engine's, not the SDK's. Bodies are read as bytes and parsed by us: servers
differ from the vendor in more ways than the SDK's types allow.
"""

import json
import logging
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import httpx2
import openai
import structlog
from openai import APIResponse

from ai_llm_service.errors import ProviderError, ProviderMisbehaved, ProviderOutcomeUnknown
from ai_llm_service.providers.openai_errors import provider_error

# By which what lies at a provider is known to be ours.
SERVICE = "ai-llm-service"
OPENAI_URL = "https://api.openai.com/v1"
MAX_RESPONSE_BYTES = 16 * 1024 * 1024
CONNECT_TIMEOUT_SECONDS = 10.0
# Codes are the vendor's words, but never its sentences.
CODE = re.compile(r"[A-Za-z0-9_.:-]{1,64}")

log = structlog.get_logger(__name__)

Call = Callable[[openai.OpenAI, httpx2.Timeout], AbstractContextManager[APIResponse[Any]]]


@dataclass(frozen=True, slots=True)
class Server:
    """Where a provider is and how it knows us. `base_url` None is OpenAI itself."""

    provider: str
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """A response under way: its headers, and its body piece by piece until the time is up."""

    headers: httpx2.Headers
    pieces: Iterator[bytes]


class OpenAIWire:
    """One server; each process has connections of its own."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._lock = Lock()
        self._client: tuple[int, openai.OpenAI] | None = None

    @property
    def provider(self) -> str:
        return self.server.provider

    @contextmanager
    def reply(self, call: Call, timeout_seconds: float) -> Iterator[Reply]:
        """The reply to one call, or a ProviderError; the SDK's errors quote texts and go."""
        give_up_at = time.monotonic() + timeout_seconds
        timeout = httpx2.Timeout(
            timeout_seconds, connect=min(CONNECT_TIMEOUT_SECONDS, timeout_seconds)
        )
        with self.as_our_errors(), call(self.client(), timeout) as response:
            yield Reply(response.headers, self._pieces(response.iter_bytes(), give_up_at))

    def client(self) -> openai.OpenAI:
        """The client of this process: connections must not be shared over a fork."""
        with self._lock:
            if self._client is None or self._client[0] != os.getpid():
                self._client = (os.getpid(), self._connect())
            return self._client[1]

    def _connect(self) -> openai.OpenAI:
        # At its debug level the SDK logs whole requests, and so prompts.
        logging.getLogger("openai").setLevel(logging.WARNING)
        return openai.OpenAI(
            api_key=self.server.api_key or "none",
            base_url=self.server.base_url or OPENAI_URL,
            max_retries=0,
        )

    def _pieces(self, pieces: Iterator[bytes], give_up_at: float) -> Iterator[bytes]:
        """The body; servers that send blanks to stay connected don't stop the clock."""
        size = 0
        for piece in pieces:
            size += len(piece)
            if size > MAX_RESPONSE_BYTES:
                raise ProviderMisbehaved(
                    f"The provider {self.provider} sent an answer of many megabytes."
                )
            if time.monotonic() > give_up_at:
                raise ProviderOutcomeUnknown(_late(self.provider))
            yield piece

    @contextmanager
    def as_our_errors(self) -> Iterator[None]:
        """Whatever the SDK raises in the block, as a ProviderError."""
        try:
            yield
        except openai.APIError as error:
            ours = provider_error(error, self.provider)
            self._tell_operator(error, ours)
            raise ours from None
        except httpx2.TimeoutException:
            raise ProviderOutcomeUnknown(_late(self.provider)) from None
        except (httpx2.HTTPError, httpx2.StreamError):
            raise ProviderOutcomeUnknown(
                f"The connection to the provider {self.provider} broke."
            ) from None

    def _tell_operator(self, error: openai.APIError, ours: ProviderError) -> None:
        """What the vendor's support asks for; the caller gets our own sentence."""
        log.warning(
            "provider_error",
            provider=self.provider,
            code=ours.code,
            status=getattr(error, "status_code", None),
            vendor_code=word(error.code) or word(error.type),
            vendor_request_id=word(getattr(error, "request_id", None)),
        )


def whole(reply: Reply) -> Any:
    """The JSON of a reply that comes in one, or ProviderMisbehaved."""
    try:
        return json.loads(b"".join(reply.pieces))
    except ValueError:
        raise unreadable() from None


def unreadable() -> ProviderMisbehaved:
    return ProviderMisbehaved("The provider sent an answer that can't be read.")


def broken_off(provider: str) -> ProviderOutcomeUnknown:
    return ProviderOutcomeUnknown(f"The provider {provider} broke its answer off.")


def word(value: object) -> str | None:
    """A code or an id as the vendor gave it; None where it is anything else."""
    return value if isinstance(value, str) and CODE.fullmatch(value) else None


def _late(provider: str) -> str:
    return f"The provider {provider} did not answer in time."
