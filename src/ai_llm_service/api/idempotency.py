"""The header `Idempotency-Key`: sent twice, a request is made once and answered the same.

A POST route takes `once: OnceOfBody` and hands it to its use case, which calls `begin` first and
`keep` last in its transaction; see `usecases/idempotency.py`.
"""

import hashlib
import json
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from starlette.responses import JSONResponse

from ai_llm_service.api.bodies import read_json_body
from ai_llm_service.api.dependencies import IdempotencyKey, Parts, Tenant
from ai_llm_service.api.uploads import ReceivedUpload
from ai_llm_service.usecases.idempotency import AlreadyAnswered, Once

REPLAYED = "Idempotent-Replayed"


def install(app: FastAPI) -> None:
    """Answer a repeated request as the first one was."""
    app.add_exception_handler(AlreadyAnswered, _answer_again)


async def receive_body(request: Request, _tenant: Tenant, _key: IdempotencyKey) -> bytes:
    """The raw body; a wrong key of either sort is refused before it is read."""
    return await read_json_body(request)


RawBody = Annotated[bytes, Depends(receive_body)]


def once_of_body(
    request: Request, parts: Parts, tenant: Tenant, key: IdempotencyKey, body: RawBody
) -> Once:
    return Once(tenant, key, _fingerprint(request, body), parts.idempotency_seconds)


def once_of_upload(
    request: Request, parts: Parts, tenant: Tenant, key: IdempotencyKey, upload: ReceivedUpload
) -> Once:
    form: dict[str, Any] = asdict(upload)
    # Where the bytes lie for now is no part of what was sent.
    del form["file"]["path"]
    body = json.dumps(form, sort_keys=True, default=str).encode()
    return Once(tenant, key, _fingerprint(request, body), parts.idempotency_seconds)


OnceOfBody = Annotated[Once, Depends(once_of_body)]
OnceOfUpload = Annotated[Once, Depends(once_of_upload)]


def _fingerprint(request: Request, body: bytes) -> str:
    """The same under every prefix of a route."""
    named = [request.method, request.scope["route"].path, sorted(request.path_params.items())]
    return hashlib.sha256(json.dumps(named).encode() + b"\n" + body).hexdigest()


async def _answer_again(_request: Request, answered: Exception) -> JSONResponse:
    assert isinstance(answered, AlreadyAnswered)  # noqa: S101 - registered for this class alone
    return JSONResponse(answered.body, answered.status, headers={REPLAYED: "true"})
