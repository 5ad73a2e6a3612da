"""Bodies as they arrive: bounded, never waiting for ever, JSON parsed into a value once."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from ai_llm_service.api.sentences import errors_of
from ai_llm_service.errors import InvalidRequest, RequestTooLarge

MAX_JSON_BYTES = 8 << 20
SILENCE_SECONDS = 60

Model = TypeVar("Model", bound=BaseModel)


async def body_pieces(request: Request) -> AsyncIterator[bytes]:
    """The body as it arrives; InvalidRequest when its sender goes away or falls silent."""
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(SILENCE_SECONDS):
                piece = await anext(stream, None)
        except ClientDisconnect as error:
            raise InvalidRequest("The connection ended before the whole body arrived.") from error
        except TimeoutError as error:
            sentence = f"No part of the body arrived for {SILENCE_SECONDS} seconds."
            raise InvalidRequest(sentence) from error
        if piece is None:
            return
        yield piece


async def read_json_body(request: Request) -> bytes:
    """The raw body of a JSON request, refused as soon as it is too large."""
    sentence = f"The body is larger than {MAX_JSON_BYTES >> 20} MiB."
    if int(request.headers.get("content-length", "0")) > MAX_JSON_BYTES:
        raise RequestTooLarge(sentence)
    body = bytearray()
    async for piece in body_pieces(request):
        body += piece
        if len(body) > MAX_JSON_BYTES:
            raise RequestTooLarge(sentence)
    return bytes(body)


def parse_json(body: bytes, model: type[Model], context: Any) -> Model:
    """The body as a value, or an error that says where it is wrong."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("The body is not valid JSON.", field="body") from error
    try:
        return model.model_validate(value, context=context)
    except ValidationError as error:
        # The cause would carry what was sent into the log.
        found = errors_of(error)
        raise RequestValidationError(found) from None
