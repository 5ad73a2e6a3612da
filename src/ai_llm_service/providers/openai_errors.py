"""What an error of an OpenAI-compatible server means, by its class, status and code.

Never by its text: that is the vendor's to change, and may quote keys and prompts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
import openai

from ai_llm_service.errors import (
    ContentRefused,
    CreditUsedUp,
    KeyRefused,
    ModelUnknown,
    PromptTooLong,
    ProviderError,
    ProviderMisbehaved,
    ProviderOutcomeUnknown,
    ProviderRateLimited,
    ProviderRejected,
    ProviderUnavailable,
)
from ai_llm_service.providers.retry_after import retry_after_seconds

# These come as 429 but no wait heals them.
BILLING_CODES = frozenset(
    {
        "insufficient_quota",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
    }
)
LIMIT_CODES = frozenset({"rate_limit_exceeded", "rate_limit_error", "slow_down"})
TOO_LONG_CODES = frozenset({"context_length_exceeded", "exceed_context_size_error"})
CONTENT_CODES = frozenset(
    {
        "content_filter",
        "content_policy_violation",
        "invalid_prompt",
        "bio_policy",
        "misalignment_policy_violation",
    }
)
# A 400 by its status, but another moment finds it free.
BUSY_CODES = frozenset({"conversation_locked"})
SERVER_CODES = frozenset({"server_error", "server_is_overloaded", "vector_store_timeout"})
PARAMETER_CODES = frozenset({"unsupported_value", "unsupported_parameter"})
KEY_STATUSES = frozenset({401, 403})
PASSING_STATUSES = frozenset({408, 409, 425})
NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)

ASK_THE_OPERATOR = "The operator of this service can repair it; asking again does not help."


class ParameterRefused(ProviderRejected):
    """The model does not take one of the parameters that it was sent."""

    hint = ASK_THE_OPERATOR

    def __init__(self, message: str, parameter: str | None) -> None:
        super().__init__(message)
        self.parameter = parameter


@dataclass(frozen=True, slots=True)
class Told:
    """What a server says went wrong. Its status is 200 where the error came inside an answer."""

    status: int = 200
    code: str | None = None
    kind: str | None = None
    param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def inside(cls, error: Any) -> "Told":
        """From the error object of an answer or of an event; some give a status as its code."""
        found = error if isinstance(error, dict) else {}
        code, kind, param = (
            value if isinstance(value := found.get(name), str) else None
            for name in ("code", "type", "param")
        )
        number = found.get("code")
        status = number if isinstance(number, int) and 400 <= number < 600 else 200
        return cls(status, code, kind, param)

    @property
    def is_plain(self) -> bool:
        """Whether it names a reason at all."""
        return self.status != 200 or any(self.codes)

    @property
    def codes(self) -> set[str | None]:
        return {self.code, self.kind}


def provider_error(error: openai.APIError, provider: str) -> ProviderError:
    """Our error for one of the SDK's."""
    if isinstance(error, openai.APIConnectionError):
        return _not_connected(error, provider)
    if not isinstance(error, openai.APIStatusError):
        return ProviderMisbehaved(f"The provider {provider} sent an answer that can't be read.")
    headers = error.response.headers
    return error_for(
        Told(error.status_code, error.code, error.type, error.param, headers), provider
    )


def error_for(told: Told, provider: str) -> ProviderError:
    """Our error for what a server told, whichever way it came."""
    wait = retry_after_seconds(told.headers)
    if told.codes & BILLING_CODES:
        return CreditUsedUp(
            f"The credit or the spending limit at the provider {provider} is used up."
        )
    if told.status == 429 or told.codes & LIMIT_CODES:
        return ProviderRateLimited(
            f"The provider {provider} asks us to wait: its rate limit is reached.",
            retry_after_seconds=wait,
        )
    if told.codes & BUSY_CODES:
        return ProviderUnavailable(
            f"The provider {provider} is busy with this.", retry_after_seconds=wait
        )
    if told.status in PASSING_STATUSES or told.status >= 500 or told.codes & SERVER_CODES:
        return ProviderUnavailable(
            f"The provider {provider} failed on its side{_shown(told.status)}.",
            retry_after_seconds=wait,
        )
    return _rejected(told, provider)


def _not_connected(error: openai.APIConnectionError, provider: str) -> ProviderError:
    """Only a connection that was never made is known to have cost nothing."""
    if isinstance(error.__cause__, NEVER_SENT):
        return ProviderUnavailable(f"The provider {provider} can't be reached.")
    if isinstance(error, openai.APITimeoutError):
        return ProviderOutcomeUnknown(f"The provider {provider} did not answer in time.")
    return ProviderOutcomeUnknown(f"The connection to the provider {provider} broke.")


def _rejected(told: Told, provider: str) -> ProviderError:
    if told.status in KEY_STATUSES:
        return KeyRefused(f"The provider {provider} refused our key.")
    if told.codes & TOO_LONG_CODES or told.status == 413:
        return PromptTooLong()
    if told.codes & CONTENT_CODES:
        return ContentRefused(f"The content filter of the provider {provider} refused this.")
    if told.status == 404:
        return ModelUnknown(f"The provider {provider} does not know the configured model.")
    sentence = f"The provider {provider} refused the request{_shown(told.status)}."
    if told.codes & PARAMETER_CODES or told.status in {400, 422}:
        return ParameterRefused(sentence, told.param if told.codes & PARAMETER_CODES else None)
    return ProviderRejected(sentence, hint=ASK_THE_OPERATOR)


def _shown(status: int) -> str:
    return "" if status == 200 else f" (HTTP {status})"
