"""Errors as HTTP bodies (RFC 9457). The only place that knows the HTTP status of an error."""

import math
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Match

from ai_llm_service.api.sentences import describe
from ai_llm_service.errors import InternalError, InvalidRequest, ProviderError, ServiceError

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:ai-llm-service:problem:"
RETRY_AFTER_SECONDS = 5
MAX_ERRORS = 20
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

STATUS_BY_CODE = {
    "invalid_request": 422,
    "unsupported_file_type": 415,
    "file_too_large": 413,
    "request_too_large": 413,
    "not_authenticated": 401,
    "session_not_found": 404,
    "task_not_found": 404,
    "document_not_found": 404,
    "table_not_found": 404,
    "delivery_not_found": 404,
    "session_closed": 409,
    "task_already_finished": 409,
    "task_not_cancellable": 409,
    "idempotency_conflict": 409,
    "limit_exceeded": 429,
    "document_rejected": 422,
    "documents_too_large": 422,
    "schema_not_met": 502,
    "cost_limit_exceeded": 402,
    "deadline_exceeded": 504,
    "delivery_failed": 502,
    "provider_rejected": 502,
    "provider_misbehaved": 502,
    "provider_unavailable": 503,
    "provider_rate_limited": 503,
    "store_unavailable": 503,
    "disk_full": 507,
}

# What the framework refuses by itself: status → (code, sentence, hint).
FRAMEWORK_PROBLEMS = {
    404: ("not_found", "There is no route with this path.", "All routes are listed at /docs."),
    405: ("method_not_allowed", "This route does not accept this method.", "See /docs."),
}

log = structlog.get_logger(__name__)


def install(app: FastAPI) -> None:
    """Answer every foreseen error as a problem."""
    app.add_exception_handler(ServiceError, _on_service_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_framework_error)


def problem(
    request_id: str,
    error: ServiceError,
    *,
    status: int | None = None,
    errors: Sequence[dict[str, str]] = (),
) -> JSONResponse:
    """The response that tells a caller what went wrong and what to do."""
    status = status or STATUS_BY_CODE.get(error.code, 500)
    told = error if status != HTTPStatus.INTERNAL_SERVER_ERROR else InternalError()
    return _response(
        request_id,
        status,
        (told.code, told.message, told.advice),
        errors=errors or _where(told),
        headers=_headers_of(status, error),
    )


def _response(
    request_id: str,
    status: int,
    told: tuple[str, str, str | None],
    *,
    errors: Sequence[dict[str, str]] = (),
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    code, detail, hint = told
    body: dict[str, Any] = {
        "type": TYPE_PREFIX + code,
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "detail": detail,
        "hint": hint,
        "request_id": request_id,
    }
    if errors:
        body["errors"] = list(errors)
    return JSONResponse(body, status_code=status, headers=headers, media_type=MEDIA_TYPE)


def _headers_of(status: int, error: ServiceError) -> dict[str, str]:
    if status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": "Bearer"}
    if status not in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return {}
    asked = error.retry_after_seconds if isinstance(error, ProviderError) else None
    return {"Retry-After": str(math.ceil(asked or RETRY_AFTER_SECONDS))}


def _where(error: ServiceError) -> list[dict[str, str]]:
    if not isinstance(error, InvalidRequest) or error.field is None:
        return []
    return [{"where": error.field, "message": error.message}]


def _request_id(request: Request) -> str:
    return str(getattr(request.state, "request_id", ""))


async def _on_service_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ServiceError)  # noqa: S101 - registered for this class alone
    response = problem(_request_id(request), error)
    if response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request_broke", code=error.code, exc_info=error)
    elif response.status_code > HTTPStatus.INTERNAL_SERVER_ERROR:
        cause = type(error.__cause__ or error).__name__
        log.warning("request_failed", code=error.code, cause=cause)
    return response


async def _on_validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it alone
    errors = [describe(each) for each in error.errors()[:MAX_ERRORS]]
    first = errors[0] if errors else {"where": "body", "message": "The body is not valid."}
    refused = InvalidRequest(f"{first['where']}: {first['message']}")
    return problem(_request_id(request), refused, errors=errors)


async def _on_framework_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class alone
    status = error.status_code
    told = FRAMEWORK_PROBLEMS.get(status)
    if told is None:
        refused = (
            InternalError() if status >= HTTPStatus.INTERNAL_SERVER_ERROR else InvalidRequest()
        )
        return problem(_request_id(request), refused, status=status)
    headers = dict(error.headers or {})
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods_of(request))
    return _response(_request_id(request), status, told, headers=headers)


def _methods_of(request: Request) -> list[str]:
    """What a path accepts: each method may be a route of its own."""
    return [
        method
        for method in METHODS
        for route in request.app.routes
        if route.matches({**request.scope, "method": method})[0] is Match.FULL
    ]
