"""An answer as `/docs` describes it: its text, what it rests on, how it was found."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from ai_llm_service.api.schemas import DOCUMENT_ID
from ai_llm_service.domain import Method

PAGE = "From 1; null of a document without pages."
LINE = "The line of its first character in the document's text, from 1."
START = "Its first character in the document's text, in code points, from 0."
END = "The character after its last one."


JSON = "What the model wrote by your `response_schema`; absent of a request without one."


def may_be_absent(schema: JsonDict) -> None:
    """What has a default here is left out of a result where it does not apply."""
    properties = schema["properties"]
    if isinstance(properties, dict):
        for described in properties.values():
            if isinstance(described, dict):
                described.pop("default", None)


class SpentUsage(BaseModel):
    """Tokens and searches of all calls that an answer took, as the providers counted them."""

    input_tokens: int = Field(examples=[1480])
    output_tokens: int = Field(examples=[61])
    cached_tokens: int = Field(description="Of the input: tokens that were cached.", examples=[0])
    reasoning_tokens: int = Field(description="Of the output.", examples=[0])
    search_calls: int = Field(description="Searches of hosted files.", examples=[0])


class FailoverResult(BaseModel):
    """A model that was asked before the one that answered, and failed."""

    model: str = Field(examples=["openai:gpt-6-luna"])
    code: str | None = Field(
        description="How it failed; null where that is not kept.",
        examples=["provider_rate_limited"],
    )


class Written(BaseModel):
    """What every answer of a model tells: who wrote it, and what that took."""

    model: str = Field(
        description="Who answered, as `provider:model`.", examples=["openai:gpt-6-luna"]
    )
    usage: SpentUsage
    cost: float | None = Field(
        description="In US dollars, of all calls; null where a price is not known.",
        examples=[0.00018],
    )
    price_unknown: bool = Field(examples=[False])
    failover: list[FailoverResult] = Field(
        description="Who was asked before it, in that order.", examples=[[]]
    )


class CitationResult(BaseModel):
    """The place in a document that a statement rests on."""

    number: int = Field(description="Its mark in the text: `[n]`.", examples=[1])
    document_id: str = Field(examples=[DOCUMENT_ID])
    document: str = Field(description="The file's name.", examples=["server.log"])
    page: int | None = Field(description=PAGE, examples=[None])
    line: int = Field(description=LINE, examples=[1])
    start: int = Field(description=START, examples=[0])
    end: int = Field(description=END, examples=[30])
    quote: str = Field(
        description="That range of the text, letter by letter.",
        examples=["2026-11-22 ERROR disk is full."],
    )
    verified: bool = Field(description="The quote was found to support the sentence.")
    support: float = Field(description="How well, from 0 to 1.", examples=[0.92])
    slide: int | None = Field(description="From 1; null where there are none.", examples=[None])
    sheet: str | None = Field(description="Null where there are none.", examples=[None])
    rows: tuple[int, int] | None = Field(
        description="The first and the last row of a table, from 1; null where there are none.",
        examples=[None],
    )


class NearPassageResult(BaseModel):
    """A passage that came nearest to a question which the documents do not answer."""

    document_id: str = Field(examples=[DOCUMENT_ID])
    document: str = Field(examples=["server.log"])
    page: int | None = Field(description=PAGE, examples=[None])
    line: int = Field(description=LINE, examples=[1])
    start: int = Field(description=START, examples=[0])
    end: int = Field(description=END, examples=[30])
    text: str
    score: float = Field(description="From 0 to 1; higher is better.", examples=[0.41])


class DocumentCoverageResult(BaseModel):
    """How many chunks of one document an answer rests on."""

    document_id: str = Field(examples=[DOCUMENT_ID])
    document: str = Field(examples=["server.log"])
    chunks_read: int = Field(examples=[4])
    chunks_total: int = Field(examples=[52])


class CoverageResult(BaseModel):
    """How much of the documents an answer rests on."""

    chunks_read: int = Field(examples=[4])
    chunks_total: int = Field(examples=[52])
    documents: list[DocumentCoverageResult]
    complete: bool = Field(
        description="False: the question was about the whole, and a part was read."
    )
    note: str | None = Field(description="A sentence on what was not read.", examples=[None])


class MissingDocumentResult(BaseModel):
    """A document of the session that could not be read, and why."""

    document_id: str = Field(examples=[DOCUMENT_ID])
    document: str = Field(examples=["scan.pdf"])
    reason: str


class ComputationResult(BaseModel):
    """The statement that was run for an answer, and its first rows."""

    statement: str = Field(description="In SQL.", examples=['SELECT count(*) FROM "surveys"'])
    columns: list[str] = Field(examples=[["count"]])
    rows: list[list[Any]] = Field(examples=[[[122]]])
    row_count: int = Field(description="Of all rows.", examples=[1])
    tables: list[str] = Field(description="Those that it reads.", examples=[["surveys"]])
    assumptions: list[str] = Field(description="What was assumed in reading them.")


class AnswerResult(Written):
    """The answer to one query."""

    model_config = ConfigDict(json_schema_extra=may_be_absent)

    query: str = Field(examples=["Why did it fail?"])
    text: str = Field(
        description="With its citations, as `citations` of the request asked for.",
        examples=["The disk was full. [1]\n\n[1] server.log"],
    )
    method: Method = Field(examples=["lookup"])
    found: bool = Field(description="False: the documents do not hold the answer.")
    confidence: float | None = Field(
        description="How sure it is, from 0 to 1, that the answer is among what was looked up;"
        " null where nothing was looked up.",
        examples=[0.87],
    )
    nearest: list[NearPassageResult] = Field(description="Where it is not `found`.")
    citations: list[CitationResult]
    unsupported: list[str] = Field(description="Sentences that no cited passage supports.")
    dropped: list[str] = Field(description="Sentences that were taken out for it.")
    coverage: CoverageResult
    missing_documents: list[MissingDocumentResult]
    truncated: bool = Field(description="It was cut at the most that the model may write.")
    computation: ComputationResult | None = Field(description="Null where nothing was computed.")
    json_value: Any = Field(None, alias="json", description=JSON)
