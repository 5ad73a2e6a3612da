"""Makes the paid calls of one step, and keeps each: intent before it, generation after it.

Each of the two is committed alone.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from ai_llm_service.domain import Call, CallOutcome, CallState, Claim, Generation
from ai_llm_service.errors import (
    ClaimLost,
    ProviderError,
    ProviderRateLimited,
    ProviderStillWriting,
)
from ai_llm_service.providers.base import BackgroundModel, ChatModel, Prompt
from ai_llm_service.store.database import Database
from ai_llm_service.usecases.bookmarks import StepBookmark
from ai_llm_service.usecases.budget import Budget
from ai_llm_service.usecases.call_values import (
    GENERATION,
    ModelBusy,
    StepStopped,
    caller_of,
    ensure_answered,
    wait_for_place,
)
from ai_llm_service.usecases.insist import insist
from ai_llm_service.usecases.leases import Leases
from ai_llm_service.usecases.outcomes import RESTARTING
from ai_llm_service.usecases.traffic import Traffic


@dataclass(frozen=True, slots=True)
class CallParts:
    """What all calls of a worker share."""

    database: Database
    leases: Leases
    budget: Budget
    traffic: Traffic
    draining: Callable[[], bool]


class StepJournal:
    """The calls of one step of one claim; several threads may make some of them at once."""

    def __init__(self, parts: CallParts, claim: Claim, bookmark: StepBookmark) -> None:
        self.step = replace(bookmark.step, attempt=bookmark.step.attempt + 1)
        self._parts = parts
        self._claim = claim
        self._bookmark = bookmark
        self._lock = threading.Lock()
        self._begun = False

    def call(
        self, key: str, model: ChatModel, prompt: Prompt, timeout_seconds: float, known: Call | None
    ) -> Call:
        """The call with its generation; `known` is what an earlier claim made of it.

        Raises StepStopped, ModelBusy, ClaimLost or a ProviderError.
        """
        if self._parts.draining():
            raise StepStopped(RESTARTING)
        prompt = replace(prompt, caller=caller_of(self._claim.task))
        tokens = self._parts.budget.most_tokens(prompt)
        if known is None or known.provider_ref is None:
            wait_for_place(self._parts.traffic, self._claim.task, model.name, tokens)
        try:
            call = self._intend(key, model, prompt)
            self._confirm_place(call)
        except BaseException:
            self._parts.traffic.give_up(model.name, tokens)
            raise
        if call.generation is None:
            generation = self._ask(call, model, prompt, timeout_seconds)
            call = insist(lambda: self._record(call, generation))
            self._parts.traffic.settle(model.name, tokens, generation)
        return call

    def _confirm_place(self, call: Call) -> None:
        """ModelBusy where the provider has asked all to wait since the place was taken."""
        if call.generation is None and call.provider_ref is None:
            admission = self._parts.traffic.confirm(call.model)
            if not admission.admitted:
                self._fail(call, ProviderRateLimited.code, may_be_paid=False)
                raise ModelBusy(call.model, admission)

    def _intend(self, key: str, model: ChatModel, prompt: Prompt) -> Call:
        """Commit the intent: of the call and, with the first one, of the step."""
        call = Call(
            task_id=self._claim.task.id,
            step=self.step.number,
            key=key,
            model=model.name,
            state=CallState.ASKING,
            attempt=self.step.attempt,
            cost=self._parts.budget.most(model.name, prompt),
        )
        with self._lock:
            if not self._begun:
                intended = insist(lambda: self._commit_intent(call, begins=True))
                self._begun = True
                return intended
        return insist(lambda: self._commit_intent(call, begins=False))

    def _commit_intent(self, call: Call, *, begins: bool) -> Call:
        """Nothing paid starts without this commit: not without the database or the claim."""
        claim, step = self._claim, self.step
        with self._parts.database.transaction("answer.intend") as store:
            if begins and store.steps.intend(claim, step.number) is None:
                ensure_answered(store, claim, step)
                raise StepStopped(None)
            self._parts.leases.renew(store, claim)
            self._parts.budget.check(store, claim.task, call)
            self._bookmark.save(store, claim)
            return store.calls.intend(call)

    def _ask(
        self, call: Call, model: ChatModel, prompt: Prompt, timeout_seconds: float
    ) -> Generation:
        try:
            if isinstance(model, BackgroundModel):
                return self._collect(call, model, prompt, timeout_seconds)
            self._parts.leases.ensure(self._claim)
            return model.generate(prompt, timeout_seconds)
        except (ClaimLost, ProviderStillWriting):
            raise
        except ProviderError as error:
            # First of all: other workers may be about to call.
            self._parts.traffic.fail(model.name, error)
            self._fail(call, error.code, may_be_paid=error.may_be_paid)
            raise
        except Exception:
            self._fail(call, None, may_be_paid=True)
            raise

    def _collect(
        self, call: Call, model: BackgroundModel, prompt: Prompt, timeout_seconds: float
    ) -> Generation:
        reference = call.provider_ref or self._submit(call, model, prompt, timeout_seconds)
        try:
            return model.collect(reference, timeout_seconds)
        except ProviderStillWriting:
            raise
        except ProviderError:
            # Where the task has ended the response was cancelled by us: that is no failure.
            self._parts.leases.confirm(self._claim)
            raise

    def _submit(
        self, call: Call, model: BackgroundModel, prompt: Prompt, timeout_seconds: float
    ) -> str:
        """Hand the prompt over, and keep where its generation will be before waiting for it."""
        self._parts.leases.ensure(self._claim)
        reference = model.submit(prompt, timeout_seconds)

        def keep() -> None:
            with self._parts.database.transaction("call.ref") as store:
                store.calls.keep_ref(call, reference)
                store.responses.keep(call, reference)

        insist(keep)
        return reference

    def _record(self, call: Call, generation: Generation) -> Call:
        """Keep the generation, also when the claim was lost meanwhile; it was paid either way."""
        kept = GENERATION.dump_python(generation, mode="json")
        cost = self._parts.budget.cost(generation.model, generation.usage)
        answered = replace(call, state=CallState.ANSWERED, generation=kept, cost=cost)
        with self._parts.database.transaction("call.record") as store:
            store.calls.answer(call, kept, cost)
            store.usage.add(
                self._claim.task,
                self.step,
                CallOutcome.PAID,
                generation.usage,
                model=generation.model,
                cost=cost,
            )
        return answered

    def _fail(self, call: Call, code: str | None, *, may_be_paid: bool) -> None:
        def keep() -> None:
            with self._parts.database.transaction("call.fail") as store:
                if store.calls.fail(call, may_be_paid=may_be_paid, code=code) and may_be_paid:
                    store.usage.add(
                        self._claim.task, self.step, CallOutcome.UNKNOWN, model=call.model
                    )

        insist(keep)
