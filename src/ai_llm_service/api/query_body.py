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
from ai_llm_service.api.idempotency import RawBody
from ai_llm_service.api.schemas import DOCUMENT_ID, SESSION_ID
from ai_llm_service.api.webhook_body import WebhookConfig
from ai_llm_service.errors import DocumentNotFound, SessionNotFound
from ai_llm_service.providers.addresses import AllowedHosts
from ai_llm_service.usecases.sessions import Ask

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


def _limits(info: ValidationInfo) -> QueryLimits:
    assert isinstance(info.context, QueryLimits)  # noqa: S101 - the door passes it always
    return info.context


def _refused(message: str) -> PydanticCustomError:
    return PydanticCustomError("not_accepted", "{reason}", {"reason": message})


def _to_storable(text: str) -> str:
    if SURROGATE.search(text):
        raise _refused("The text holds half of a surrogate pair, which is no character.")
    # Postgres refuses a NUL in a text.
    return text.replace("\0", " ")


def _check_count(queries: Any, info: ValidationInfo) -> Any:
    most = _limits(info).max_queries
    if not isinstance(queries, list):
        raise _refused("Give a list of questions.")
    if not queries:
        raise _refused("Give at least one question.")
    if len(queries) > most:
        raise _refused(f"Give at most {most} questions in one request.")
    return queries


def _check_query(query: str, info: ValidationInfo) -> str:
    most = _limits(info).max_query_characters
    if INVISIBLE.fullmatch(query):
        raise _refused("A question must not be blank.")
    if len(query) > most:
        raise _refused(f"A question may have at most {most} characters.")
    return query


def _check_deadline(seconds: float, info: ValidationInfo) -> float:
    most = _limits(info).max_deadline_seconds
    if not 0 < seconds <= most:
        raise _refused(f"Give a number of seconds above 0 and up to {most:g}.")
    return seconds


Text = Annotated[str, AfterValidator(_to_storable)]
QueryText = Annotated[Text, AfterValidator(_check_query)]
Deadline = Annotated[float, AfterValidator(_check_deadline)]


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
    webhook_config: WebhookConfig | None = Field(
        None, description="Who is told when the task has ended; else the session's endpoint is."
    )

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        prompts = {each for each in (self.assistant_prompt, self.system_prompt) if each}
        if len(prompts) > 1:
            raise _refused("Give assistant_prompt or system_prompt, or both the same.")
        if self.session_id is None and self.file_path is None:
            raise _refused("Give the session_id or the file_path that the upload returned.")
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
        )


def receive_query(body: RawBody, parts: Parts) -> Ask:
    """What the caller asks."""
    limits = QueryLimits(
        parts.max_queries,
        parts.max_query_characters,
        parts.max_deadline_seconds,
        parts.webhook_hosts,
    )
    return parse_json(body, QueryRequest, limits).to_ask()


ReceivedQuery = Annotated[Ask, Depends(receive_query)]
