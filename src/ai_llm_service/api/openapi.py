"""The description of the API at /docs, with every error that a route can give."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ai_llm_service.api.result_schemas import put_results
from ai_llm_service.api.schemas import Problem

Responses = dict[int | str, dict[str, Any]]

MEDIA_TYPE = "application/problem+json"
REFERENCE = "#/components/schemas/{model}"
DESCRIPTION = """
Upload a file, ask questions about it, poll the task, read the answers with their citations, and
close the session.

Send your key as `Authorization: <key>` or `Authorization: Bearer <key>`. Every route also stands
at the root and under `/api/v1`. Errors are `application/problem+json`.
"""
TAGS = [
    {"name": "files", "description": "Upload a file and ask about it."},
    {"name": "generations", "description": "Have a model write, or embed, without documents."},
    {"name": "tasks", "description": "Accepted work, and what came of it."},
    {"name": "sessions", "description": "Sets of documents: look, read, close."},
    {"name": "webhooks", "description": "Deliveries to your endpoints, and their signature."},
    {"name": "usage", "description": "What calls to providers used and cost."},
    {"name": "health", "description": "Whether the service is alive and can work."},
]
EXAMPLES = {
    401: ("not_authenticated", "The API key is missing or not valid."),
    404: ("session_not_found", "Session not found."),
    409: ("task_already_finished", "The task has ended already."),
    413: ("file_too_large", "The file is larger than this service accepts."),
    415: ("unsupported_file_type", "This type of file can't be read."),
    422: ("invalid_request", "queries[0]: A question must not be blank."),
    429: ("limit_exceeded", "Too many requests."),
    500: ("internal_error", "Something went wrong inside the service; it has been logged."),
    503: ("store_unavailable", "The database can't be reached at the moment."),
    507: ("disk_full", "The service has no disk space left."),
}


def problems(*statuses: int) -> Responses:
    """The errors of a route, by status; any route may also break."""
    return {status: _problem(status) for status in (*statuses, 500)}


class DescribedApi(FastAPI):
    """FastAPI, with our problems in the place of its own errors, and the results of tasks."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            described = get_openapi(
                title=self.title,
                version=self.version,
                description=self.description,
                routes=self.routes,
                tags=TAGS,
            )
            _put_problems(described)
            put_results(described["components"]["schemas"], REFERENCE)
            self.openapi_schema = described
        return self.openapi_schema


def _put_problems(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schema = Problem.model_json_schema(ref_template=REFERENCE)
    schemas.update(schema.pop("$defs"))
    schemas["Problem"] = schema
    for path in described["paths"].values():
        for operation in path.values():
            # Every path parameter makes the framework add a 422 of its own shape.
            if _is_foreign(operation["responses"].get("422")):
                operation["responses"]["422"] = _problem(422)


def _is_foreign(response: dict[str, Any] | None) -> bool:
    return response is not None and MEDIA_TYPE not in response["content"]


def _problem(status: int) -> dict[str, Any]:
    code, detail = EXAMPLES[status]
    example = {
        "type": f"urn:ai-llm-service:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "detail": detail,
        "hint": None,
        "request_id": "6f1c2d3e4b5a",
    }
    reference = {"$ref": REFERENCE.format(model="Problem")}
    return {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": reference, "example": example}},
    }
