"""What an error of an OpenAI-compatible server means, by its class, status and code.

Never by its text: that is the vendor's to change, and may quote keys and prompts.
"""

import httpx2
import openai

from ai_llm_service.errors import (
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
TOO_LONG_CODES = frozenset({"context_length_exceeded", "exceed_context_size_error"})
CONTENT_CODES = frozenset({"content_filter", "content_policy_violation"})
NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
PASSING_STATUSES = frozenset({408, 409, 425})

ASK_THE_OPERATOR = "The operator of this service can repair it; asking again does not help."
ASK_LESS = "Ask a shorter question, upload less, or have a model configured that reads more."


def provider_error(error: openai.APIError, provider: str) -> ProviderError:
    """Our error for one of the SDK's."""
    if isinstance(error, openai.APIConnectionError):
        return _not_connected(error, provider)
    if not isinstance(error, openai.APIStatusError):
        return ProviderMisbehaved(f"The provider {provider} sent an answer that can't be read.")
    if error.status_code == 429:
        return _too_many(error, provider)
    if error.status_code in PASSING_STATUSES or error.status_code >= 500:
        return ProviderUnavailable(
            f"The provider {provider} failed on its side (HTTP {error.status_code}).",
            retry_after_seconds=retry_after_seconds(error.response.headers),
        )
    return _rejected(error, provider)


def _not_connected(error: openai.APIConnectionError, provider: str) -> ProviderError:
    """Only a connection that was never made is known to have cost nothing."""
    if isinstance(error.__cause__, NEVER_SENT):
        return ProviderUnavailable(f"The provider {provider} can't be reached.")
    if isinstance(error, openai.APITimeoutError):
        return ProviderOutcomeUnknown(f"The provider {provider} did not answer in time.")
    return ProviderOutcomeUnknown(f"The connection to the provider {provider} broke.")


def _too_many(error: openai.APIStatusError, provider: str) -> ProviderError:
    if {error.code, error.type} & BILLING_CODES:
        return ProviderRejected(
            f"The credit or the spending limit at the provider {provider} is used up.",
            hint=ASK_THE_OPERATOR,
        )
    return ProviderRateLimited(
        f"The provider {provider} asks us to wait: its rate limit is reached.",
        retry_after_seconds=retry_after_seconds(error.response.headers),
    )


def _rejected(error: openai.APIStatusError, provider: str) -> ProviderRejected:
    codes = {error.code, error.type}
    if error.status_code in {401, 403}:
        return ProviderRejected(
            f"The provider {provider} refused our key.",
            hint="The operator must check the key of the chat model and what it may use.",
        )
    if codes & TOO_LONG_CODES or error.status_code == 413:
        return ProviderRejected(
            "The documents and the question are longer than the model can read.", hint=ASK_LESS
        )
    if codes & CONTENT_CODES:
        return ProviderRejected(f"The content filter of the provider {provider} refused this.")
    if error.status_code == 404:
        return ProviderRejected(
            f"The provider {provider} does not know the configured model.", hint=ASK_THE_OPERATOR
        )
    return ProviderRejected(
        f"The provider {provider} refused the request (HTTP {error.status_code}).",
        hint=ASK_THE_OPERATOR,
    )
