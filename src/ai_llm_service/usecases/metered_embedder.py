"""An embedder of a provider, whose calls are limited, counted and paid like those of any model.

Within the step of a task they go through the step's own gateway. For documents, and for searches
without a task, somebody else pays: then limits, ledger and the tenant's budget are kept here.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from pydantic import TypeAdapter

from ai_llm_service.domain import CallOutcome, Generation, Usage
from ai_llm_service.errors import ProviderError, ProviderRateLimited
from ai_llm_service.providers.base import (
    ChatModel,
    Embedder,
    Embeddings,
    GenerateOptions,
    Message,
    Prompt,
)
from ai_llm_service.store.database import Database
from ai_llm_service.store.usage import Payer
from ai_llm_service.usecases.budget import Budget
from ai_llm_service.usecases.calls import StepModel
from ai_llm_service.usecases.insist import insist
from ai_llm_service.usecases.traffic import Traffic

VECTORS = TypeAdapter(tuple[tuple[float, ...], ...])
WRITES_NOTHING = GenerateOptions(max_output_tokens=0)

_step: ContextVar[StepModel | None] = ContextVar("step", default=None)
_payer: ContextVar[Payer | None] = ContextVar("payer", default=None)


@contextmanager
def within(step: StepModel) -> Iterator[None]:
    """What is embedded meanwhile belongs to this step of a task."""
    token = _step.set(step)
    try:
        yield
    finally:
        _step.reset(token)


@contextmanager
def paid_by(payer: Payer | None) -> Iterator[None]:
    """What is embedded meanwhile belongs to no task, but to this tenant and session."""
    token = _payer.set(payer)
    try:
        yield
    finally:
        _payer.reset(token)


@dataclass(frozen=True, slots=True)
class MeteredEmbedder:
    """Implements `Embedder`. `model` is the embedder in the shape of a chat model."""

    model: ChatModel
    embedder: Embedder
    database: Database
    budget: Budget
    traffic: Traffic

    @property
    def name(self) -> str:
        return self.embedder.name

    def embed(self, texts: Sequence[str], timeout_seconds: float) -> Embeddings:
        """One vector for each text, or a ProviderError or CostLimitExceeded."""
        messages = tuple(Message("user", text) for text in texts)
        prompt = Prompt(messages, "", (), WRITES_NOTHING)
        step = _step.get()
        if step is None:
            return self._embed(texts, prompt, timeout_seconds)
        generation = step.ask(self.model, prompt, timeout_seconds)
        vectors = VECTORS.validate_json(generation.text)
        return Embeddings(vectors, generation.model, generation.usage)

    def _embed(self, texts: Sequence[str], prompt: Prompt, timeout_seconds: float) -> Embeddings:
        """A call that belongs to no task; one that a crash interrupts is not counted."""
        payer = _payer.get()
        self._ensure_budget(payer, prompt)
        tokens = self.budget.most_used(prompt).input_tokens
        self._wait_for_place(tokens)
        try:
            made = self.embedder.embed(texts, timeout_seconds)
        except ProviderError as error:
            self.traffic.fail(self.name, error)
            if error.may_be_paid:
                self._count(payer, CallOutcome.UNKNOWN, None)
            raise
        self._count(payer, CallOutcome.PAID, made)
        told = Generation("", made.model, made.usage, limits=made.limits)
        self.traffic.settle(self.name, tokens, told)
        return made

    def _ensure_budget(self, payer: Payer | None, prompt: Prompt) -> None:
        if payer is None:
            return
        with self.database.snapshot() as store:
            most = self.budget.most(self.name, prompt)
            self.budget.check_tenant(store, payer.tenant_id, self.name, most)

    def _wait_for_place(self, tokens: int) -> None:
        """A short wait is waited here; a longer one is ProviderRateLimited."""
        admission = self.traffic.admit(self.name, tokens, returning=False)
        if admission.admitted:
            time.sleep(max(0.0, admission.wait_seconds))
            admission = self.traffic.confirm(self.name)
            if not admission.admitted:
                self.traffic.give_up(self.name, tokens)
        if not admission.admitted:
            raise ProviderRateLimited(
                f"There is no place for a call of {self.name} yet: {admission.reason}.",
                retry_after_seconds=admission.wait_seconds,
            )

    def _count(self, payer: Payer | None, outcome: CallOutcome, made: Embeddings | None) -> None:
        if payer is None:
            return
        usage = Usage() if made is None else made.usage
        cost = None if made is None else self.budget.cost(self.name, usage)

        def keep() -> None:
            with self.database.transaction("embedding.paid") as store:
                store.usage.enter(payer, outcome, usage, model=self.name, cost=cost)

        insist(keep)
