"""The body of a query: what is accepted, and where it is wrong when it is not."""

from dataclasses import dataclass
from typing import Annotated, Any, Self

import regex
from fastapi import Depends
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from ai_llm_service.api.bodies import parse_json
from ai_llm_service.api.dependencies import Parts
from ai_llm_service.api.filter_body import FilterBody
from ai_llm_service.api.idempotency import RawBody
from ai_llm_service.api.schemas import DOCUMENT_ID, SESSION_ID
from ai_llm_service.api.webhook_body import WebhookConfig
from ai_llm_service.domain import CitationStyle, FileSearchName, Filters, Mode, QueryOptions
from ai_llm_service.errors import DocumentNotFound, SessionNotFound
from ai_llm_service.providers.addresses import AllowedHosts
from ai_llm_service.usecases.json_answers import check_schema
from ai_llm_service.usecases.session_values import Ask

SURROGATE = regex.compile("[\ud800-\udfff]")
# Blanks, control characters, what Unicode lets a font leave out, and the empty Braille cell.
INVISIBLE = regex.compile(r"[\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]*")


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """How much one request may ask."""

    max_queries: int
    max_query_characters: int
    max_deadline_seconds: float
    webhook_hosts: AllowedHosts
    file_searches: frozenset[FileSearchName]


def _limits(info: ValidationInfo) -> QueryLimits:
    assert isinstance(info.context, QueryLimits)  # noqa: S101 - the door passes it always
    return info.context


def refused(message: str) -> PydanticCustomError:
    return PydanticCustomError("not_accepted", "{reason}", {"reason": message})


def _to_storable(text: str) -> str:
    if SURROGATE.search(text):
        raise refused("The text holds half of a surrogate pair, which is no character.")
    # Postgres refuses a NUL in a text.
    return text.replace("\0", " ")


def _check_count(queries: Any, info: ValidationInfo) -> Any:
    most = _limits(info).max_queries
    if not isinstance(queries, list):
        raise refused("Give a list of questions.")
    if not queries:
        raise refused("Give at least one question.")
    if len(queries) > most:
        raise refused(f"Give at most {most} questions in one request.")
    return queries


def _check_query(query: str, info: ValidationInfo) -> str:
    most = _limits(info).max_query_characters
    if INVISIBLE.fullmatch(query):
        raise refused("A question must not be blank.")
    if len(query) > most:
        raise refused(f"A question may have at most {most} characters.")
    return query


def _check_deadline(seconds: float, info: ValidationInfo) -> float:
    most = _limits(info).max_deadline_seconds
    if not 0 < seconds <= most:
        raise refused(f"Give a number of seconds above 0 and up to {most:g}.")
    return seconds


def _check_cost(cost: float) -> float:
    if not 0 <= cost < float("inf"):
        raise refused("Give a number of US dollars, 0 or more.")
    return cost


MODEL = "Who writes the answers, as `provider:model`; what may be chosen is told by a refusal."
MAX_COST = "In US dollars: a call that could go beyond it is not made (`cost_limit_exceeded`)."
DRY_RUN = "Answer at once with what it may use and cost at most; nothing is asked or queued."


def _check_file_search(name: Any, info: ValidationInfo) -> Any:
    accepted = sorted(_limits(info).file_searches)
    if name is not None and name not in accepted:
        raise refused(f"This service has {' and '.join(accepted)} for its file search.")
    return name


Text = Annotated[str, AfterValidator(_to_storable)]
MaxCost = Annotated[float, AfterValidator(_check_cost)]
QueryText = Annotated[Text, AfterValidator(_check_query)]
Deadline = Annotated[float, AfterValidator(_check_deadline)]
FileSearch = Annotated[FileSearchName | None, BeforeValidator(_check_file_search)]


class QueryRequest(BaseModel):
    """Questions to the documents of a session. Fields that are not listed are ignored."""

    model_config = ConfigDict(
        strict=True,
        json_schema_extra={
            "examples": [
                {
                    "queries": ["Which errors are in this log?", "When did the first one occur?"],
                    "session_id": SESSION_ID,
                    "assistant_prompt": "Answer in one sentence.",
                },
                {"queries": ["What is this about?"], "file_path": f"files/{DOCUMENT_ID}"},
            ]
        },
    )

    queries: Annotated[list[QueryText], BeforeValidator(_check_count)] = Field(
        description="The questions; each is answered on its own, in this order."
    )
    session_id: Text | None = Field(None, description="The session to ask, as the upload gave it.")
    file_path: Text | None = Field(
        None, description="The file to ask, as the upload gave it; alone it means its session."
    )
    assistant_prompt: Text | None = Field(None, description="Instructions to the model.")
    system_prompt: Text | None = Field(None, description="Another name of `assistant_prompt`.")
    deadline_seconds: Deadline | None = Field(
        None, description="The task fails if it has not ended by then, counted from now."
    )
    parallel: bool = Field(
        False, description="Ask the queries at the same time; they don't see each other's answers."
    )
    mode: Mode = Field(
        Mode.AUTO,
        strict=False,
        description="How the documents are read: `lookup` (the best passages), `read_all` (all of"
        " it), `compute` (figures of tables and logs); `auto` chooses from question and size.",
    )
    citations: CitationStyle = Field(
        CitationStyle.INLINE,
        strict=False,
        description="`inline`: marks in the text and the list of files at its end; `separate`:"
        " beside the text only; `none`: none at all.",
    )
    file_search: FileSearch = Field(
        None,
        strict=False,
        description="Who finds the passages: `local`, or `openai` where the operator has a key.",
    )
    model: Text | None = Field(None, description=f"{MODEL} Left out, that of the session.")
    require_verified: bool = Field(
        False,
        description="Ask once more where a sentence is not supported by what it cites, then drop"
        " the sentences that still are not.",
    )
    response_schema: dict[str, Any] | None = Field(
        None,
        description="A JSON Schema (2020-12): `json` of each answer holds its value, made from the"
        " cited answer. It needs a language model.",
    )
    max_cost: MaxCost | None = Field(None, description=MAX_COST)
    dry_run: bool = Field(False, description=DRY_RUN)
    max_passages: int | None = Field(
        None, ge=1, le=100, description="How many passages a lookup reads at most."
    )
    min_score: float = Field(0.0, ge=0, le=1, description="No passage with a lower score.")
    filters: FilterBody | None = Field(None, description="What may be read.")
    webhook_config: WebhookConfig | None = Field(
        None, description="Who is told when the task has ended; else the session's endpoint is."
    )

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        prompts = {each for each in (self.assistant_prompt, self.system_prompt) if each}
        if len(prompts) > 1:
            raise refused("Give assistant_prompt or system_prompt, or both the same.")
        if self.session_id is None and self.file_path is None:
            raise refused("Give the session_id or the file_path that the upload returned.")
        return self

    def to_ask(self) -> Ask:
        """What to ask, or the error that an empty handle deserves."""
        if self.session_id == "":
            raise SessionNotFound
        if self.file_path == "":
            raise DocumentNotFound
        return Ask(
            queries=tuple(self.queries),
            instructions=self.assistant_prompt or self.system_prompt or None,
            session_id=self.session_id,
            file_path=self.file_path,
            deadline_seconds=self.deadline_seconds,
            parallel=self.parallel,
            endpoint=self.webhook_config.to_endpoint() if self.webhook_config else None,
            options=self._options(),
            dry_run=self.dry_run,
        )

    def _options(self) -> QueryOptions:
        if self.response_schema is not None:
            check_schema(self.response_schema)
        return QueryOptions(
            mode=self.mode,
            citations=self.citations,
            require_verified=self.require_verified,
            response_schema=self.response_schema,
            max_cost=self.max_cost,
            file_search=self.file_search,
            model=self.model,
            max_passages=self.max_passages,
            min_score=self.min_score,
            filters=self.filters.to_filters() if self.filters else Filters(),
        )


def receive_query(body: RawBody, parts: Parts) -> Ask:
    """What the caller asks."""
    limits = QueryLimits(
        parts.max_queries,
        parts.max_query_characters,
        parts.max_deadline_seconds,
        parts.webhook_hosts,
        parts.file_searches,
    )
    ask = parse_json(body, QueryRequest, limits).to_ask()
    if ask.options.model is not None:
        parts.models.ensure_accepted(ask.options.model)
    return ask


ReceivedQuery = Annotated[Ask, Depends(receive_query)]
