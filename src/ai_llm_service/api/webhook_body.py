"""`webhook_config`: where a caller wants to be told, and what may be sent along."""

import json
import re
from typing import Annotated, Any, Protocol, cast

from fastapi.exceptions import RequestValidationError
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError

from ai_llm_service.api.sentences import errors_of
from ai_llm_service.errors import InvalidRequest
from ai_llm_service.providers.addresses import AllowedHosts, read_address
from ai_llm_service.store.deliveries import Endpoint

FIELD = "webhook_config"
MAX_HEADERS = 20
MAX_NAME_CHARACTERS = 100
MAX_VALUE_CHARACTERS = 4_000
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
HEADER_VALUE = re.compile(r"[\x20-\x7e\t]*")
# What the request itself is made of, and what proxies act on.
RESERVED = frozenset(
    (
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "expect",
        "te",
        "trailer",
        "upgrade",
    )
)
RESERVED_PREFIXES = ("webhook-", "proxy-")


class KnowsHosts(Protocol):
    """The context that a body with a `webhook_config` is validated with."""

    @property
    def webhook_hosts(self) -> AllowedHosts:
        """Internal receivers that are allowed."""
        ...


def _refused(message: str) -> PydanticCustomError:
    return PydanticCustomError("not_accepted", "{reason}", {"reason": message})


def _check_url(url: str, info: ValidationInfo) -> str:
    context = cast("KnowsHosts", info.context)
    try:
        read_address(url, context.webhook_hosts)
    except InvalidRequest as error:
        raise _refused(error.message) from None
    return url


def _check_headers(headers: dict[str, str]) -> dict[str, str]:
    if len(headers) > MAX_HEADERS:
        raise _refused(f"Give at most {MAX_HEADERS} headers.")
    names = [name.lower() for name in headers]
    for position, (name, value) in enumerate(headers.items(), start=1):
        _check_header(f"Header {position}", name, value)
    if len(set(names)) < len(names):
        raise _refused("A header stands twice: names differ by more than their case.")
    return {name: value.strip() for name, value in headers.items()}


def _check_header(which: str, name: str, value: str) -> None:
    """Tell which one is wrong by its position: names and values may be secrets."""
    lower = name.lower()
    if len(name) > MAX_NAME_CHARACTERS or not HEADER_NAME.fullmatch(name):
        raise _refused(f"{which}: its name is not a header's name.")
    if lower in RESERVED or lower.startswith(RESERVED_PREFIXES):
        raise _refused(f"{which}: this one is set by the service itself.")
    if len(value) > MAX_VALUE_CHARACTERS:
        raise _refused(f"{which}: its value has more than {MAX_VALUE_CHARACTERS} characters.")
    if not HEADER_VALUE.fullmatch(value):
        raise _refused(f"{which}: its value may hold printable ASCII characters only.")


class WebhookConfig(BaseModel):
    """Where to tell of what happened. Fields that are not listed are ignored."""

    model_config = ConfigDict(
        strict=True,
        json_schema_extra={
            "examples": [
                {
                    "endpoint": "https://example.org/hooks/answers",
                    "headers": {"Authorization": "Bearer a-token-of-yours"},
                }
            ]
        },
    )

    endpoint: Annotated[str, AfterValidator(_check_url)] = Field(
        description="An https or http URL at a public address, at port 443 or 80."
    )
    headers: Annotated[
        dict[str, str],
        BeforeValidator(lambda given: {} if given is None else given),
        AfterValidator(_check_headers),
    ] = Field(default_factory=dict, description="Headers to send along, 20 at most.")

    def to_endpoint(self) -> Endpoint:
        return Endpoint(self.endpoint, self.headers)


class _Form(BaseModel):
    webhook_config: WebhookConfig | None


def read_form_field(text: str | None, context: KnowsHosts) -> Endpoint | None:
    """The endpoint in a form's field, which holds it as JSON."""
    if text is None:
        return None
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"The field {FIELD!r} is not valid JSON.", field=FIELD) from error
    try:
        given = _Form.model_validate({FIELD: value}, context=context).webhook_config
    except ValidationError as error:
        # The cause would carry what was sent into the log.
        found = errors_of(error)
        raise RequestValidationError(found) from None
    return None if given is None else given.to_endpoint()
