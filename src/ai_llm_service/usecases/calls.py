"""The gateway through which every paid call goes: none is made twice, each is counted.

A step may call its model many times, also from several threads. Each call is kept by what it
asks: intent before it, generation after it, each committed alone.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from ai_llm_service.domain import (
    Call,
    CallOutcome,
    CallState,
    Claim,
    Generation,
)
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
    FREE,
    GENERATION,
    ModelBusy,
    Spent,
    StepStopped,
    call_key,
    caller_of,
    ensure_answered,
    give_back,
    wait_for_place,
)
from ai_llm_service.usecases.insist import insist
from ai_llm_service.usecases.leases import Leases
from ai_llm_service.usecases.outcomes import RESTARTING
from ai_llm_service.usecases.stand_ins import Failovers, can_stand_in, first_of
from ai_llm_service.usecases.traffic import Traffic

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Gateway:
    """What all calls of a worker share."""

    database: Database
    leases: Leases
    budget: Budget
    traffic: Traffic
    draining: Callable[[], bool]

    def open(
        self,
        claim: Claim,
        models: Sequence[ChatModel],
        known: Iterable[Call],
        bookmark: StepBookmark,
    ) -> "StepModel":
        """The model for one step of one claim; `known` are the step's calls of earlier claims.

        Where the first of the models is down or limited, the next one is asked.
        """
        return StepModel(self, claim, models, known, bookmark)


class StepModel:
    """A chat model that asks its provider only for what no earlier claim was answered."""

    def __init__(
        self,
        gateway: Gateway,
        claim: Claim,
        models: Sequence[ChatModel],
        known: Iterable[Call],
        bookmark: StepBookmark,
    ) -> None:
        self.step = replace(bookmark.step, attempt=bookmark.step.attempt + 1)
        self._gateway = gateway
        self._claim = claim
        self._models = tuple(models)
        self._bookmark = bookmark
        self._lock = threading.Lock()
        self._begun = False
        self._known = {call.key: call for call in known}
        self._turns: dict[str, threading.Lock] = {}
        self.failovers = Failovers()

    @property
    def name(self) -> str:
        return self._models[0].name

    @property
    def context_tokens(self) -> int:
        return self._models[0].context_tokens

    def generate(self, prompt: Prompt, timeout_seconds: float) -> Generation:
        """Answer the prompt, from the journal where it is known; ClaimLost, StepStopped."""
        keys = {call_key(model.name, prompt): model for model in self._models}
        with self._turn(next(iter(keys))):
            for key, model in keys.items():
                known = self._known.get(key)
                if known is not None and known.generation is not None:
                    return GENERATION.validate_python(known.generation)
                if known is not None:
                    self.failovers.note(model, known.error_code)
            return self._first_that_answers(keys, prompt, timeout_seconds)

    def ask(self, model: ChatModel, prompt: Prompt, timeout_seconds: float) -> Generation:
        """Ask one model that is no other's stand-in, as `generate` does; StepStopped."""
        key = call_key(model.name, prompt)
        with self._turn(key):
            known = self._known.get(key)
            if known is None or known.generation is None:
                try:
                    known = self._call(key, model, prompt, timeout_seconds)
                except ModelBusy as busy:
                    give_back(busy, self._claim.task.deadline_at)
            return GENERATION.validate_python(known.generation)

    def _turn(self, key: str) -> threading.Lock:
        return self._turns.setdefault(key, threading.Lock())

    def spent(self) -> Spent:
        """What the answered calls of the step came to, those of earlier claims included."""
        return Spent.on(self._known.values())

    def _first_that_answers(
        self, keys: Mapping[str, ChatModel], prompt: Prompt, timeout_seconds: float
    ) -> Generation:
        """Ask one model after the other while their errors let another one answer."""
        errors: dict[str, ProviderError] = {}
        waits: list[ModelBusy] = []
        for key, model in keys.items():
            if not can_stand_in(model, prompt, self._models[0]):
                continue
            try:
                if model.name in FREE:
                    return model.generate(prompt, timeout_seconds)
                known = self._call(key, model, prompt, timeout_seconds)
                return GENERATION.validate_python(known.generation)
            except ModelBusy as busy:
                waits.append(busy)
                self.failovers.note(model, ProviderRateLimited.code)
            except ProviderError as error:
                errors[model.name] = error
                if not error.fails_over:
                    break
                self.failovers.note(model, error.code)
                log.warning("model_failed", model=model.name, code=error.code)
        if waits:
            first_free = min(waits, key=lambda each: each.admission.wait_seconds)
            give_back(first_free, self._claim.task.deadline_at)
        raise first_of(errors)

    def _call(self, key: str, model: ChatModel, prompt: Prompt, timeout_seconds: float) -> Call:
        if self._gateway.draining():
            raise StepStopped(RESTARTING)
        known = self._known.get(key)
        prompt = replace(prompt, caller=caller_of(self._claim.task))
        tokens = self._gateway.budget.most_tokens(prompt)
        if known is None or known.provider_ref is None:
            wait_for_place(self._gateway.traffic, self._claim.task, model.name, tokens)
        try:
            call = self._intend(key, model, prompt)
            self._confirm_place(call)
        except BaseException:
            self._gateway.traffic.give_up(model.name, tokens)
            raise
        if call.generation is None:
            generation = self._ask(call, model, prompt, timeout_seconds)
            call = insist(lambda: self._record(call, generation))
            self._gateway.traffic.settle(model.name, tokens, generation)
        self._known[key] = call
        return call

    def _confirm_place(self, call: Call) -> None:
        """ModelBusy where the provider has asked all to wait since the place was taken."""
        if call.generation is None and call.provider_ref is None:
            admission = self._gateway.traffic.confirm(call.model)
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
            cost=self._gateway.budget.most(model.name, prompt),
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
        with self._gateway.database.transaction("answer.intend") as store:
            if begins and store.steps.intend(claim, step.number) is None:
                ensure_answered(store, claim, step)
                raise StepStopped(None)
            self._gateway.leases.renew(store, claim)
            self._gateway.budget.check(store, claim.task, call)
            self._bookmark.save(store, claim)
            return store.calls.intend(call)

    def _ask(
        self, call: Call, model: ChatModel, prompt: Prompt, timeout_seconds: float
    ) -> Generation:
        try:
            if isinstance(model, BackgroundModel):
                return self._collect(call, model, prompt, timeout_seconds)
            self._gateway.leases.ensure(self._claim)
            return model.generate(prompt, timeout_seconds)
        except (ClaimLost, ProviderStillWriting):
            raise
        except ProviderError as error:
            # First of all: other workers may be about to call.
            self._gateway.traffic.fail(model.name, error)
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
            self._gateway.leases.confirm(self._claim)
            raise

    def _submit(
        self, call: Call, model: BackgroundModel, prompt: Prompt, timeout_seconds: float
    ) -> str:
        """Hand the prompt over, and keep where its generation will be before waiting for it."""
        self._gateway.leases.ensure(self._claim)
        reference = model.submit(prompt, timeout_seconds)

        def keep() -> None:
            with self._gateway.database.transaction("call.ref") as store:
                store.calls.keep_ref(call, reference)
                store.responses.keep(call, reference)

        insist(keep)
        return reference

    def _record(self, call: Call, generation: Generation) -> Call:
        """Keep the generation, also when the claim was lost meanwhile; it was paid either way."""
        kept = GENERATION.dump_python(generation, mode="json")
        cost = self._gateway.budget.cost(generation.model, generation.usage)
        answered = replace(call, state=CallState.ANSWERED, generation=kept, cost=cost)
        with self._gateway.database.transaction("call.record") as store:
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
            with self._gateway.database.transaction("call.fail") as store:
                if store.calls.fail(call, may_be_paid=may_be_paid, code=code) and may_be_paid:
                    store.usage.add(
                        self._claim.task, self.step, CallOutcome.UNKNOWN, model=call.model
                    )

        insist(keep)
