"""OpenAI's background mode: the answer is written there, and collected with its reference.

A response must be stored there to be collected; once it is ours it is deleted there.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from ai_llm_service.domain import Generation, Json, ProviderLimits
from ai_llm_service.errors import (
    ModelUnknown,
    ProviderError,
    ProviderMisbehaved,
    ProviderOutcomeUnknown,
    ProviderRateLimited,
    ProviderRejected,
    ProviderStillWriting,
    ProviderUnavailable,
)
from ai_llm_service.providers.base import Caller, Prompt
from ai_llm_service.providers.openai_model import ModelOptions, limits_in
from ai_llm_service.providers.openai_responses import OpenAIResponses
from ai_llm_service.providers.openai_wire import SERVICE, Call, OpenAIWire, unreadable, whole, word

FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 10.0
# A look is quick; one that hangs must not use up the time of the next ones.
LOOK_SECONDS = 30.0
TIDY_SECONDS = 10.0
UNDER_WAY = frozenset({"queued", "in_progress"})


class OpenAIBackground(OpenAIResponses):
    """A model of OpenAI that goes on writing while nobody listens."""

    def __init__(
        self,
        wire: OpenAIWire,
        options: ModelOptions,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(wire, options)
        self._rest = rest

    def generate(self, prompt: Prompt, timeout_seconds: float) -> Generation:
        give_up_at = time.monotonic() + timeout_seconds
        reference = self.submit(prompt, timeout_seconds)
        try:
            generation = self.collect(reference, give_up_at - time.monotonic())
        except ProviderError:
            with suppress(ProviderError):
                self.cancel(reference, TIDY_SECONDS)
            raise
        with suppress(ProviderError):
            self.forget(reference, TIDY_SECONDS)
        return generation

    def submit(self, prompt: Prompt, timeout_seconds: float) -> str:
        body = {**self.body(prompt), "background": True, "store": True, **_named(prompt.caller)}
        return self.refusals.ask(body, lambda sent: self._submit(sent, timeout_seconds))

    def collect(self, reference: str, timeout_seconds: float) -> Generation:
        """Look until it is written, at growing distances."""
        give_up_at = time.monotonic() + timeout_seconds
        wait = FIRST_WAIT_SECONDS
        while (left := give_up_at - time.monotonic()) > 0:
            response, limits = self._look(reference, min(LOOK_SECONDS, left))
            if response.get("status") not in UNDER_WAY:
                return self.generation(response, limits)
            self._rest(max(0.0, min(wait, give_up_at - time.monotonic())))
            wait = min(2 * wait, LONGEST_WAIT_SECONDS)
        raise ProviderStillWriting(
            f"The provider {self.wire.provider} is still writing the answer."
        )

    def cancel(self, reference: str, timeout_seconds: float) -> None:
        # What was written already, or is unknown, can't be cancelled.
        with suppress(ProviderRejected):
            self._call(
                lambda client, timeout: client.responses.with_streaming_response.cancel(
                    reference, timeout=timeout
                ),
                timeout_seconds,
            )
        self.forget(reference, timeout_seconds)

    def forget(self, reference: str, timeout_seconds: float) -> None:
        """Delete the response there; it is kept for weeks otherwise."""
        with suppress(ModelUnknown):
            self._call(
                lambda client, timeout: client.responses.with_streaming_response.delete(
                    reference, timeout=timeout
                ),
                timeout_seconds,
            )

    def _submit(self, body: Json, timeout_seconds: float) -> str:
        response, _ = self._call(
            lambda client, timeout: client.responses.with_streaming_response.create(
                **cast("Any", body), timeout=timeout
            ),
            timeout_seconds,
        )
        reference = word(response.get("id"))
        if reference is None:
            raise ProviderMisbehaved("The provider took the prompt and gave it no id.")
        return reference

    def _look(self, reference: str, timeout_seconds: float) -> tuple[Json, ProviderLimits | None]:
        try:
            return self._call(
                lambda client, timeout: client.responses.with_streaming_response.retrieve(
                    reference, timeout=timeout
                ),
                timeout_seconds,
            )
        except ModelUnknown:
            raise ProviderOutcomeUnknown(
                f"The provider {self.wire.provider} does not know the answer any more."
            ) from None
        except ProviderRejected as error:
            # What was started there is paid, whether or not we may read it.
            error.may_be_paid = True
            raise
        except (ProviderUnavailable, ProviderRateLimited, ProviderMisbehaved) as error:
            # A look that failed tells nothing of the answer, which is paid once and kept there.
            raise ProviderStillWriting(
                error.message, retry_after_seconds=error.retry_after_seconds
            ) from None

    def _call(self, call: Call, timeout_seconds: float) -> tuple[Json, ProviderLimits | None]:
        with self.wire.reply(call, timeout_seconds) as reply:
            body, limits = whole(reply), limits_in(reply.headers)
        if not isinstance(body, dict):
            raise unreadable()
        return body, limits


def _named(caller: Caller | None) -> Json:
    """By which the operator finds a response whose id was lost: no call of the API lists them."""
    if caller is None or caller.task_id is None:
        return {}
    return {"metadata": {"service": SERVICE, "task": caller.task_id}}
