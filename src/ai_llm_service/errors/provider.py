"""What goes wrong at a provider: one class for each thing that one would do differently."""

from typing import ClassVar

from ai_llm_service.errors.base import ServiceError


class ProviderError(ServiceError):
    """The language model's provider did not answer."""

    code = "provider_unavailable"
    may_be_paid: bool = False
    # Whether another provider may answer what this one did not.
    fails_over: ClassVar[bool] = False

    def __init__(
        self,
        message: str | None = None,
        *,
        retry_after_seconds: float | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_seconds = retry_after_seconds


class ProviderRejected(ProviderError):
    """The provider refused the request."""

    code = "provider_rejected"


class KeyRefused(ProviderRejected):
    """The provider refused our key."""

    hint = "The operator must check the key of the chat model and what it may use."
    fails_over = True


class CreditUsedUp(ProviderRejected):
    """The credit or the spending limit at the provider is used up."""

    hint = "The operator of this service can repair it; asking again does not help."
    fails_over = True


class ModelUnknown(ProviderRejected):
    """The provider does not know the configured model."""

    hint = "The operator of this service can repair it; asking again does not help."
    fails_over = True


class PromptTooLong(ProviderRejected):
    """The documents and the question are longer than the model can read."""

    hint = "Ask a shorter question, upload less, or have a model configured that reads more."


class ContentRefused(ProviderRejected):
    """The provider's content filter refused this."""


class ProviderUnavailable(ProviderError):
    """The provider can't be reached or failed on its side."""

    code = "provider_unavailable"
    retryable = True
    fails_over = True


class ProviderOutcomeUnknown(ProviderUnavailable):
    """The provider was asked, and nobody knows whether it answered."""

    hint = "It may have been paid; the usage ledger counts it."
    may_be_paid = True


class ProviderStillWriting(ProviderUnavailable):
    """The provider is still writing; what it writes is collected later."""

    # Another provider would be paid for the same answer.
    fails_over = False


class ProviderRateLimited(ProviderError):
    """The provider asks us to wait."""

    code = "provider_rate_limited"
    retryable = True
    fails_over = True


class ProviderMisbehaved(ProviderError):
    """The provider sent an answer that can't be used."""

    code = "provider_misbehaved"
    retryable = True
    may_be_paid = True


class NothingWritten(ProviderMisbehaved):
    """The model used up all that it may write before it came to its answer."""

    hint = "The operator can let it write more (MODEL_MAX_OUTPUT_TOKENS) or think less."
    retryable = False
