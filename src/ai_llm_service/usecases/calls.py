"""The gateway through which every paid call goes: none is made twice, each is counted.

A step may call its model many times, also from several threads; which of its models is asked, and
whether any has to be, is decided here.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from ai_llm_service.domain import Call, Claim, Generation, Step
from ai_llm_service.errors import ProviderError, ProviderRateLimited
from ai_llm_service.providers.base import ChatModel, Prompt
from ai_llm_service.usecases.bookmarks import StepBookmark
from ai_llm_service.usecases.call_values import (
    FREE,
    GENERATION,
    ModelBusy,
    Spent,
    call_key,
    give_back,
)
from ai_llm_service.usecases.journal import CallParts, StepJournal
from ai_llm_service.usecases.stand_ins import Failovers, can_stand_in, first_of

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Gateway(CallParts):
    """Gives each step its model."""

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
        self._journal = StepJournal(gateway, claim, bookmark)
        self._deadline_at = claim.task.deadline_at
        self._models = tuple(models)
        self._known = {call.key: call for call in known}
        self._turns: dict[str, threading.Lock] = {}
        self.failovers = Failovers()

    @property
    def step(self) -> Step:
        """The step in its present attempt."""
        return self._journal.step

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
                    give_back(busy, self._deadline_at)
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
            give_back(first_free, self._deadline_at)
        raise first_of(errors)

    def _call(self, key: str, model: ChatModel, prompt: Prompt, timeout_seconds: float) -> Call:
        call = self._journal.call(key, model, prompt, timeout_seconds, self._known.get(key))
        self._known[key] = call
        return call
