"""What the routes are handed: the parts of the service and the tenant who calls."""

import re
from typing import Annotated, cast

from fastapi import Depends, Header, Request, Security
from fastapi.security import APIKeyHeader
from pydantic import AfterValidator

from ai_llm_service.api.parts import ApiParts
from ai_llm_service.api.waiting import Waiting
from ai_llm_service.errors import InvalidRequest, NotAuthenticated

KEY_HEADER = APIKeyHeader(
    name="Authorization",
    scheme_name="API key",
    description="Your key, alone or after the word `Bearer`.",
    auto_error=False,
)
KEPT_KEY = re.compile(r"[\x20-\x7e]{1,255}")


def get_parts(request: Request) -> ApiParts:
    return cast("ApiParts", request.app.state.parts)


def get_waiting(request: Request) -> Waiting:
    return cast("Waiting", request.app.state.waiting)


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


def read_idempotency_key(
    given: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="The same request with the same key is made once and answered the same.",
        ),
    ] = None,
) -> str | None:
    """The key, if the client gave one that can be kept."""
    if given is not None and not KEPT_KEY.fullmatch(given):
        sentence = "Give 1 to 255 printable ASCII characters."
        raise InvalidRequest(sentence, field="Idempotency-Key")
    return given


def _key_of(header: str) -> str:
    scheme, _, rest = header.strip().partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else header.strip()


def _without_nul(identifier: str) -> str:
    # Postgres refuses a NUL in a text; an id with one does not exist.
    return identifier.replace("\0", "\ufffd")


WaitingCallers = Annotated[Waiting, Depends(get_waiting)]
Parts = Annotated[ApiParts, Depends(get_parts)]
RequestId = Annotated[str, Depends(get_request_id)]
Tenant = Annotated[str, Depends(authenticate)]
IdempotencyKey = Annotated[str | None, Depends(read_idempotency_key)]
Id = Annotated[str, AfterValidator(_without_nul)]
