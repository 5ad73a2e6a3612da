"""What a request may cost, as its client is told."""

from typing import Self

from pydantic import BaseModel, Field

from ai_llm_service.usecases.generating import Estimate

CURRENCY = "USD"


class EstimateResponse(BaseModel):
    """What a request may use and cost at most, if each answer comes at the first try.

    Tokens are guessed, rather too many than too few.
    """

    model: str = Field(examples=["openai:gpt-6-luna"])
    calls: int = Field(examples=[2])
    input_tokens: int = Field(examples=[46])
    output_tokens: int = Field(examples=[4000])
    cost: float | None = Field(description="Null: the price is not known.", examples=[0.0020046])
    price_unknown: bool = Field(examples=[False])
    currency: str = Field(CURRENCY, examples=[CURRENCY])

    @classmethod
    def of(cls, estimate: Estimate) -> Self:
        return cls(
            model=estimate.model,
            calls=estimate.calls,
            input_tokens=estimate.input_tokens,
            output_tokens=estimate.output_tokens,
            cost=estimate.cost,
            price_unknown=estimate.cost is None,
        )


class DryRunResponse(BaseModel):
    """What the request may cost; nothing was asked or queued."""

    task_id: None = None
    dry_run: bool = Field(True, examples=[True])
    estimate: EstimateResponse
