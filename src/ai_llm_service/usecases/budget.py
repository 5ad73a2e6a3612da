"""What a call may cost and does cost, and whether there is still money for it."""

from dataclasses import dataclass
from typing import Protocol

from ai_llm_service.domain import Call, Task, Usage
from ai_llm_service.errors import CostLimitExceeded
from ai_llm_service.providers.base import Prompt
from ai_llm_service.store.store import Store
from ai_llm_service.text import estimate_tokens

# What a chat format adds around each message.
TOKENS_PER_MESSAGE = 8
# What a hosted search puts before its model at most: 20 passages of 800 tokens.
FOUND_TOKENS = 16_000
UNKNOWN_PRICE = "The operator can give the model a price in PRICES_FILE."


class Pricing(Protocol):
    """What a call costs, in US dollars; None where nobody told."""

    def cost(self, model: str, usage: Usage) -> float | None: ...


@dataclass(frozen=True, slots=True)
class Budget:
    """Prices, and the most that a tenant may spend in a day. `None`: as much as it likes."""

    prices: Pricing
    max_output_tokens: int
    per_tenant_and_day: float | None = None

    def cost(self, model: str, usage: Usage) -> float | None:
        return self.prices.cost(model, usage)

    def most_used(self, prompt: Prompt) -> Usage:
        """What a call may use at most, by an estimate of its prompt."""
        read = sum(estimate_tokens(each.content) + TOKENS_PER_MESSAGE for each in prompt.messages)
        asked = prompt.options.max_output_tokens
        written = self.max_output_tokens if asked is None else asked
        if prompt.store_id is None:
            return Usage(read, written)
        return Usage(read + FOUND_TOKENS, written, search_calls=1)

    def most_tokens(self, prompt: Prompt) -> int:
        """All tokens of that, read and written."""
        used = self.most_used(prompt)
        return used.input_tokens + used.output_tokens

    def most(self, model: str, prompt: Prompt) -> float | None:
        """What a call may cost at most; None where its price is not known."""
        return self.prices.cost(model, self.most_used(prompt))

    def check(self, store: Store, task: Task, call: Call) -> None:
        """CostLimitExceeded where this call could go beyond what its request or tenant may."""
        allowed = (task.payload.get("options") or {}).get("max_cost")
        if allowed is not None:
            spent = store.calls.committed_cost(task.id, call)
            _ensure(call.model, call.cost, spent, float(allowed), "max_cost of the request")
        self.check_tenant(store, task.tenant_id, call.model, call.cost)

    def check_tenant(self, store: Store, tenant_id: str, model: str, most: float | None) -> None:
        """CostLimitExceeded where a call could go beyond what the tenant may spend in a day."""
        if self.per_tenant_and_day is not None:
            spent = store.usage.spent_today(tenant_id)
            _ensure(model, most, spent, self.per_tenant_and_day, "most that you may spend in a day")


def _ensure(model: str, most: float | None, spent: float, allowed: float, name: str) -> None:
    if most is None:
        raise CostLimitExceeded(
            f"The price of {model} is not known, so the {name} can't be kept.",
            hint=UNKNOWN_PRICE,
        )
    if spent + most > allowed:
        raise CostLimitExceeded(
            f"The next call could cost {_dollars(most)} US dollars; with {_dollars(spent)} spent,"
            f" that is more than the {name}, {_dollars(allowed)}."
        )


def _dollars(amount: float) -> str:
    """As many digits as it takes: calls cost parts of cents."""
    return f"{amount:.12f}".rstrip("0").rstrip(".")
