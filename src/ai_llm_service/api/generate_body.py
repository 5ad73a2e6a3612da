"""The bodies of a generation and of embeddings: what is accepted, and what is wrong else."""

from typing import Annotated, Any, Literal, Self

from fastapi import Depends
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ai_llm_service.api.bodies import parse_json
from ai_llm_service.api.dependencies import Parts
from ai_llm_service.api.idempotency import RawBody
from ai_llm_service.api.query_body import (
    DRY_RUN,
    MAX_COST,
    Deadline,
    MaxCost,
    QueryLimits,
    Text,
    refused,
)
from ai_llm_service.api.webhook_body import WebhookConfig
from ai_llm_service.providers.base import GenerateOptions, Message
from ai_llm_service.usecases.generating import Embed, Generate
from ai_llm_service.usecases.json_answers import check_schema

MAX_INPUTS = 1000
MAX_TEXTS = 256
MAX_MESSAGES = 1000
MAX_OUTPUT_TOKENS = 1_000_000
HOTTEST = 2.0


def _check_inputs(inputs: Any) -> Any:
    if isinstance(inputs, list) and not 1 <= len(inputs) <= MAX_INPUTS:
        raise refused(f"Give 1 to {MAX_INPUTS} inputs.")
    return inputs


def _check_texts(texts: Any) -> Any:
    if isinstance(texts, list) and not 1 <= len(texts) <= MAX_TEXTS:
        raise refused(f"Give 1 to {MAX_TEXTS} texts.")
    return texts


def _check_text(text: str) -> str:
    if not text.strip():
        raise refused("It must not be blank.")
    return text


FullText = Annotated[Text, AfterValidator(_check_text)]
SCHEMA = (
    "A JSON Schema (2020-12) that the answer must meet: `json` of each answer holds the value. It"
    " is repaired at most once; an answer that still does not fit fails as `schema_not_met`."
)


class PromptMessage(BaseModel):
    """One message to the model."""

    model_config = ConfigDict(strict=True)

    role: Literal["system", "user", "assistant"]
    content: FullText


class GenerateRequest(BaseModel):
    """What to write. Fields that are not listed are ignored."""

    model_config = ConfigDict(
        strict=True,
        json_schema_extra={
            "examples": [
                {
                    "prompt": "Translate into French: {input}",
                    "inputs": ["The pump is green.", "The well is 31 metres deep."],
                    "temperature": 0.2,
                },
                {
                    "messages": [{"role": "user", "content": "Name three rivers of Kenya."}],
                    "response_schema": {
                        "type": "object",
                        "properties": {"rivers": {"type": "array", "items": {"type": "string"}}},
                        "required": ["rivers"],
                        "additionalProperties": False,
                    },
                    "max_cost": 0.01,
                },
            ]
        },
    )

    prompt: FullText | None = Field(None, description="What the model is told; or `messages`.")
    messages: (
        Annotated[list[PromptMessage], Field(min_length=1, max_length=MAX_MESSAGES)] | None
    ) = Field(None, description="A conversation that the model goes on with; or `prompt`.")
    inputs: Annotated[list[FullText], BeforeValidator(_check_inputs)] | None = Field(
        None,
        description="A batch: one answer for each, put in the place of `{input}` or at the end of"
        " the last message. Each is a step of the task, kept on its own.",
    )
    instructions: Text | None = Field(None, description="A system message before all others.")
    model: Text | None = Field(
        None, description="A model that this service allows, as `provider:model`."
    )
    temperature: Annotated[float, Field(ge=0, le=HOTTEST)] | None = Field(
        None, description="Left out for models that take none."
    )
    max_output_tokens: Annotated[int, Field(ge=1, le=MAX_OUTPUT_TOKENS)] | None = Field(
        None, description="How much each answer may have."
    )
    response_schema: dict[str, Any] | None = Field(None, description=SCHEMA)
    parallel: bool = Field(False, description="Ask for several inputs at the same time.")
    max_cost: MaxCost | None = Field(None, description=MAX_COST)
    dry_run: bool = Field(False, description=DRY_RUN)
    deadline_seconds: Deadline | None = Field(
        None, description="The task fails if it has not ended by then, counted from now."
    )
    webhook_config: WebhookConfig | None = Field(
        None, description="Who is told when the task has ended."
    )

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if (self.prompt is None) == (self.messages is None):
            raise refused("Give either prompt or messages.")
        return self

    def to_generate(self) -> Generate:
        if self.response_schema is not None:
            check_schema(self.response_schema)
        return Generate(
            messages=self._all_messages(),
            inputs=tuple(self.inputs or ()),
            options=GenerateOptions(self.temperature, self.max_output_tokens, self.response_schema),
            model=self.model,
            parallel=self.parallel,
            max_cost=self.max_cost,
            deadline_seconds=self.deadline_seconds,
            endpoint=self.webhook_config.to_endpoint() if self.webhook_config else None,
        )

    def _all_messages(self) -> tuple[Message, ...]:
        told = [Message("system", self.instructions)] if self.instructions else []
        told += [Message(each.role, each.content) for each in self.messages or ()]
        if self.prompt is not None:
            told.append(Message("user", self.prompt))
        return tuple(told)


class EmbedRequest(BaseModel):
    """Texts to turn into vectors. Fields that are not listed are ignored."""

    model_config = ConfigDict(
        strict=True,
        json_schema_extra={"examples": [{"inputs": ["The pump is green.", "Die Pumpe ist grün."]}]},
    )

    inputs: Annotated[list[FullText], BeforeValidator(_check_texts)] = Field(
        description="The texts; one vector for each, in this order."
    )
    max_cost: MaxCost | None = Field(None, description=MAX_COST)
    deadline_seconds: Deadline | None = Field(
        None, description="The task fails if it has not ended by then, counted from now."
    )
    webhook_config: WebhookConfig | None = Field(
        None, description="Who is told when the task has ended."
    )

    def to_embed(self) -> Embed:
        return Embed(
            texts=tuple(self.inputs),
            max_cost=self.max_cost,
            deadline_seconds=self.deadline_seconds,
            endpoint=self.webhook_config.to_endpoint() if self.webhook_config else None,
        )


def receive_generate(body: RawBody, parts: Parts) -> GenerateRequest:
    return parse_json(body, GenerateRequest, _limits(parts))


def receive_embed(body: RawBody, parts: Parts) -> Embed:
    return parse_json(body, EmbedRequest, _limits(parts)).to_embed()


def _limits(parts: Parts) -> QueryLimits:
    return QueryLimits(
        parts.max_queries,
        parts.max_query_characters,
        parts.max_deadline_seconds,
        parts.webhook_hosts,
        parts.file_searches,
    )


ReceivedGenerate = Annotated[GenerateRequest, Depends(receive_generate)]
ReceivedEmbed = Annotated[Embed, Depends(receive_embed)]
