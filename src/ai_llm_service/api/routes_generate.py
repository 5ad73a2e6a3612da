"""Generations and embeddings without documents, as tasks; what calls used and cost."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from ai_llm_service.api.cost_words import CURRENCY, EstimateResponse
from ai_llm_service.api.dependencies import Id, Parts, RequestId, Tenant
from ai_llm_service.api.generate_body import (
    EmbedRequest,
    GenerateRequest,
    ReceivedEmbed,
    ReceivedGenerate,
)
from ai_llm_service.api.idempotency import OnceOfBody
from ai_llm_service.api.openapi import problems
from ai_llm_service.api.schemas import TASK_ID
from ai_llm_service.errors import InvalidRequest
from ai_llm_service.store.usage import UsageFilter, UsageGroup, UsageTotal

router = APIRouter(tags=["generations"])
usage_router = APIRouter(tags=["usage"])

MAX_PARTS = 1000


class GenerateResponse(BaseModel):
    """The task to poll; of a dry run the estimate instead."""

    task_id: str | None = Field(examples=[TASK_ID])
    dry_run: bool = Field(False, examples=[False])
    estimate: EstimateResponse | None = Field(None, examples=[None])


class UsageSumResponse(BaseModel):
    """A sum of calls to providers."""

    calls: int = Field(description="Calls that were paid.", examples=[12])
    unknown_calls: int = Field(description="Calls that may have been paid.", examples=[0])
    input_tokens: int = Field(examples=[48_200])
    cached_tokens: int = Field(description="Of the input.", examples=[12_000])
    output_tokens: int = Field(examples=[3_100])
    reasoning_tokens: int = Field(description="Of the output.", examples=[0])
    search_calls: int = Field(examples=[0])
    cost: float = Field(description="In US dollars, of calls with a known price.", examples=[0.006])
    price_unknown: bool = Field(description="Some calls have no known price.", examples=[False])

    @classmethod
    def fields_of(cls, total: UsageTotal) -> dict[str, Any]:
        usage = total.usage
        return {
            "calls": total.calls,
            "unknown_calls": total.unknown_calls,
            "input_tokens": usage.input_tokens,
            "cached_tokens": usage.cached_tokens,
            "output_tokens": usage.output_tokens,
            "reasoning_tokens": usage.reasoning_tokens,
            "search_calls": usage.search_calls,
            "cost": total.cost,
            "price_unknown": total.unpriced_calls > 0,
        }


class UsagePartResponse(UsageSumResponse):
    """The sum of one day, model, session or task."""

    key: str = Field(description="The day, model or id; empty: none.", examples=["2026-11-22"])


class UsageResponse(BaseModel):
    """What your calls used and cost."""

    currency: str = Field(CURRENCY, examples=[CURRENCY])
    group_by: UsageGroup = Field(examples=["day"])
    total: UsageSumResponse
    parts: list[UsagePartResponse] = Field(description="The one with the latest call first.")


@router.post(
    "/generate",
    summary="Have a model write",
    response_description="The task is queued; or, of a dry run, the estimate.",
    responses=problems(401, 409, 413, 422, 429, 503, 507),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": GenerateRequest.model_json_schema()}},
        }
    },
)
def generate(
    asked: ReceivedGenerate, once: OnceOfBody, parts: Parts, tenant: Tenant, request_id: RequestId
) -> GenerateResponse:
    """Queue one LLM call, or one for each of `inputs`, without documents.

    The task's `result` is a `GenerationsResult`. A step that fails does not hide the others.
    """
    wanted = asked.to_generate()
    if asked.dry_run:
        estimate = EstimateResponse.of(parts.generating.estimate(wanted))
        return GenerateResponse(task_id=None, dry_run=True, estimate=estimate)
    return GenerateResponse(task_id=parts.generating.generate(tenant, wanted, request_id, once))


@router.post(
    "/embed",
    summary="Turn texts into vectors",
    response_description="The task is queued.",
    responses=problems(401, 409, 413, 422, 429, 503, 507),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": EmbedRequest.model_json_schema()}},
        }
    },
)
def embed(
    asked: ReceivedEmbed, once: OnceOfBody, parts: Parts, tenant: Tenant, request_id: RequestId
) -> GenerateResponse:
    """Queue the embedding of texts, where the operator has configured an embedder.

    The task's `result` is an `EmbeddingsResult`.
    """
    return GenerateResponse(task_id=parts.generating.embed(tenant, asked, request_id, once))


@usage_router.get("/usage", summary="See what was used", responses=problems(401, 422, 503))
def get_usage(
    parts: Parts,
    tenant: Tenant,
    *,
    group_by: Annotated[UsageGroup, Query(description="What the parts are.")] = UsageGroup.DAY,
    session_id: Annotated[Id | None, Query(description="Only that of this session.")] = None,
    task_id: Annotated[Id | None, Query(description="Only that of this task.")] = None,
    first_day: Annotated[date | None, Query(description="From this day on, in UTC.")] = None,
    last_day: Annotated[date | None, Query(description="Up to this day, in UTC.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PARTS, description="How many parts.")] = 100,
) -> UsageResponse:
    """Tokens, calls and cost of your calls to providers, in all and by day, model or other.

    Calls without a known price are not in `cost`; `price_unknown` says that there are some.
    """
    if first_day and last_day and first_day > last_day:
        raise InvalidRequest("last_day must not be before first_day.", field="last_day")
    wanted = UsageFilter(session_id, task_id, first_day, last_day)
    view = parts.usage.view(tenant, wanted, group_by, limit)
    return UsageResponse(
        group_by=group_by,
        total=UsageSumResponse(**UsageSumResponse.fields_of(view.total)),
        parts=[
            UsagePartResponse(key=part.key, **UsageSumResponse.fields_of(part))
            for part in view.parts
        ],
    )
