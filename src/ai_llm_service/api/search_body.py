"""A search: what is accepted, and the passages that are given back."""

from typing import Annotated, Self

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ai_llm_service.api.bodies import parse_json
from ai_llm_service.api.dependencies import Parts
from ai_llm_service.api.filter_body import FilterBody
from ai_llm_service.api.idempotency import RawBody
from ai_llm_service.api.query_body import QueryLimits, QueryText, Text, refused
from ai_llm_service.api.schemas import DOCUMENT_ID, SESSION_ID
from ai_llm_service.domain import Filters, QueryOptions
from ai_llm_service.domain.places import place_of
from ai_llm_service.errors import DocumentNotFound, SessionNotFound
from ai_llm_service.search.finding import Finding, Findings

MAX_PASSAGES = 100


class SearchRequest(BaseModel):
    """A question to the documents of a session. Fields that are not listed are ignored."""

    model_config = ConfigDict(
        strict=True,
        json_schema_extra={
            "examples": [
                {"query": "When did the first error occur?", "session_id": SESSION_ID},
                {
                    "query": "total revenue",
                    "file_path": f"files/{DOCUMENT_ID}",
                    "max_passages": 5,
                    "filters": {"pages": [40, 60]},
                },
            ]
        },
    )

    query: QueryText = Field(description="A question or words.")
    session_id: Text | None = Field(None, description="The session, as the upload gave it.")
    file_path: Text | None = Field(None, description="The file; alone it means its session.")
    max_passages: int = Field(10, ge=1, le=MAX_PASSAGES, description="How many chunks at most.")
    min_score: float = Field(0.0, ge=0, le=1, description="No passage with a lower score.")
    filters: FilterBody | None = Field(None, description="What may be read.")

    @model_validator(mode="after")
    def _check_handles(self) -> Self:
        if self.session_id is None and self.file_path is None:
            raise refused("Give the session_id or the file_path that the upload returned.")
        if self.session_id == "":
            raise SessionNotFound
        if self.file_path == "":
            raise DocumentNotFound
        return self

    def to_options(self) -> QueryOptions:
        return QueryOptions(
            max_passages=self.max_passages,
            min_score=self.min_score,
            filters=self.filters.to_filters() if self.filters else Filters(),
        )


class PassageResponse(BaseModel):
    """A range of a document's canonical text, in code points, end exclusive."""

    document_id: str
    document: str
    score: float = Field(description="From 0 to 1; higher is better.")
    page: int | None
    slide: int | None
    sheet: str | None
    line: int = Field(description="The line of its first character, from 1.")
    start: int
    end: int
    text: str

    @classmethod
    def of(cls, finding: Finding) -> "PassageResponse":
        chunk = finding.passage.chunk
        place = place_of(finding.extraction, chunk.start)
        return cls(
            document_id=chunk.document_id,
            document=finding.passage.document_name,
            score=round(finding.passage.score, 4),
            page=place.page,
            slide=place.slide,
            sheet=place.sheet,
            line=place.line,
            start=chunk.start,
            end=chunk.end,
            text=chunk.text,
        )


class UnreadResponse(BaseModel):
    """A document that was not searched, and why."""

    document_id: str
    document: str
    reason: str


class SearchResponse(BaseModel):
    """The passages, best first."""

    passages: list[PassageResponse]
    confidence: float = Field(description="How sure it is, 0 to 1, that an answer is among them.")
    missing_documents: list[UnreadResponse]

    @classmethod
    def of(cls, findings: Findings) -> "SearchResponse":
        return cls(
            passages=[PassageResponse.of(each) for each in findings.passages],
            confidence=round(findings.confidence, 4),
            missing_documents=[
                UnreadResponse(
                    document_id=gone.document_id, document=gone.document, reason=gone.reason
                )
                for gone in findings.missing
            ],
        )


def receive_search(body: RawBody, parts: Parts) -> SearchRequest:
    """What the caller looks for."""
    limits = QueryLimits(1, parts.max_query_characters, 0, parts.webhook_hosts, parts.file_searches)
    return parse_json(body, SearchRequest, limits)


ReceivedSearch = Annotated[SearchRequest, Depends(receive_search)]
