"""What comes of each kind of task, as `/docs` describes it.

A result goes out as it was kept: these shapes describe it, and take nothing from it or add to it.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from ai_llm_service.api.answer_schemas import JSON, AnswerResult, Written, may_be_absent
from ai_llm_service.api.schemas import DOCUMENT_ID, SESSION_ID, TaskResponse


class AnswersResult(BaseModel):
    """Of `file/query`. Of a task that failed: the answers that exist."""

    result: list[str] = Field(
        description="The text of each answer, in the order of the queries.",
        examples=[["The disk was full. [1]\n\n[1] server.log"]],
    )
    session_id: str = Field(examples=[SESSION_ID])
    answers: list[AnswerResult]


class GenerationResult(Written):
    """What a model wrote for one input."""

    model_config = ConfigDict(json_schema_extra=may_be_absent)

    input: str = Field(description="The input; without inputs, the last message.")
    text: str = Field(examples=["La pompe est verte."])
    truncated: bool = Field(description="It was cut at the most that the model may write.")
    json_value: Any = Field(None, alias="json", description=JSON)
    repaired: bool = Field(
        False, description="With `json`: it was asked once more with what was wrong at first."
    )


class GenerationsResult(BaseModel):
    """Of `generate`. Of a task that failed: what was written."""

    result: list[str] = Field(
        description="The text for each input, in their order.", examples=[["La pompe est verte."]]
    )
    answers: list[GenerationResult]


class EmbeddingsResult(Written):
    """Of `embed`: one vector for each input, in their order."""

    embeddings: list[list[float]] = Field(examples=[[[0.031, -0.18]]])
    dimensions: int = Field(description="Of each vector.", examples=[384])


class IngestResult(BaseModel):
    """Of an upload: what was read of the document."""

    document_id: str = Field(examples=[DOCUMENT_ID])
    session_id: str = Field(examples=[SESSION_ID])
    characters: int = Field(examples=[48190])
    chunks: int = Field(examples=[52])
    tables: int = Field(examples=[0])
    reused: bool = Field(description="The same file was read before; its text was taken over.")
    notes: list[str] = Field(description="What was noticed while reading it.")


class RemovedDocument(BaseModel):
    """A document that was removed."""

    document_id: str = Field(examples=[DOCUMENT_ID])
    name: str = Field(examples=["server.log"])
    bytes: int = Field(examples=[48213])


class CloseResult(BaseModel):
    """Of closing a session: the receipt of what was removed."""

    session_id: str = Field(examples=[SESSION_ID])
    documents: list[RemovedDocument]
    files_removed: int = Field(examples=[1])
    bytes_removed: int = Field(examples=[48213])
    characters_removed: int = Field(examples=[48190])
    chunks_removed: int = Field(examples=[52])
    provider_files_removed: int = Field(description="Files at a provider.", examples=[0])
    provider_stores_removed: int = Field(description="Vector stores there.", examples=[0])
    left_at_provider: bool = Field(
        description="The provider refused to remove something; it is tried again."
    )
    tasks_cancelled: int = Field(examples=[0])


class DeliveryResult(BaseModel):
    """Of a webhook that was delivered."""

    delivery_id: str = Field(description="As `/webhooks/deliveries` lists it.")
    status: int = Field(description="The HTTP status that the receiver answered.", examples=[200])


RESULTS: tuple[type[BaseModel], ...] = (
    AnswersResult,
    GenerationsResult,
    EmbeddingsResult,
    IngestResult,
    CloseResult,
    DeliveryResult,
)


def put_results(schemas: dict[str, Any], reference: str) -> None:
    """Describe `result` of a task among the schemas of the API."""
    references, described = models_json_schema(
        [(model, "validation") for model in RESULTS], ref_template=reference
    )
    schemas.update(described["$defs"])
    result = schemas[TaskResponse.__name__]["properties"]["result"]
    kinds = [references[model, "validation"] for model in RESULTS]
    result["anyOf"] = [*kinds, {"type": "null"}]
