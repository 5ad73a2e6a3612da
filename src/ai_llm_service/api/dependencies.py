"""What the routes are handed: the parts of the service and the tenant who calls."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader
from pydantic import AfterValidator

from ai_llm_service.errors import NotAuthenticated
from ai_llm_service.usecases.health import Health
from ai_llm_service.usecases.keys import KeyRing
from ai_llm_service.usecases.sessions import Sessions
from ai_llm_service.usecases.tasks_view import TaskReader

KEY_HEADER = APIKeyHeader(
    name="Authorization",
    scheme_name="API key",
    description="Your key, alone or after the word `Bearer`.",
    auto_error=False,
)


@dataclass(frozen=True, slots=True)
class ApiParts:
    """All that the door needs from the rest of the service."""

    sessions: Sessions
    tasks: TaskReader
    keys: KeyRing
    health: Health
    incoming_dir: Path
    max_file_bytes: int
    max_queries: int
    max_query_characters: int
    version: str


def get_parts(request: Request) -> ApiParts:
    return cast("ApiParts", request.app.state.parts)


def get_request_id(request: Request) -> str:
    return str(request.state.request_id)


def authenticate(
    parts: Annotated[ApiParts, Depends(get_parts)],
    header: Annotated[str | None, Security(KEY_HEADER)],
) -> str:
    """The tenant whose key was sent; a missing key and a wrong one are told apart by nobody."""
    key = _key_of(header or "")
    if not key:
        raise NotAuthenticated
    try:
        return parts.keys.authenticate(key)
    except NotAuthenticated:
        raise NotAuthenticated from None


def _key_of(header: str) -> str:
    scheme, _, rest = header.strip().partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else header.strip()


def _without_nul(identifier: str) -> str:
    # Postgres refuses a NUL in a text; an id with one does not exist.
    return identifier.replace("\0", "\ufffd")


Parts = Annotated[ApiParts, Depends(get_parts)]
RequestId = Annotated[str, Depends(get_request_id)]
Tenant = Annotated[str, Depends(authenticate)]
Id = Annotated[str, AfterValidator(_without_nul)]
