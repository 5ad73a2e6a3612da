"""Files and the questions that are asked of them."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from ai_llm_service.api.cost_words import DryRunResponse, EstimateResponse
from ai_llm_service.api.dependencies import Parts, RequestId, Tenant
from ai_llm_service.api.idempotency import OnceOfBody, OnceOfUpload
from ai_llm_service.api.openapi import problems
from ai_llm_service.api.query_body import QueryRequest, ReceivedQuery
from ai_llm_service.api.schemas import SESSION_ID, QueryResponse, UploadResponse
from ai_llm_service.api.uploads import ReceivedUpload

router = APIRouter(tags=["files"])

UPLOAD_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file"],
                "properties": {
                    "file": {
                        "type": "string",
                        "format": "binary",
                        "contentMediaType": "application/octet-stream",
                        "description": "The file itself.",
                    },
                    "filename": {
                        "type": "string",
                        "description": "A name that goes before the one of the part.",
                        "examples": ["server.log"],
                    },
                    "session_id": {
                        "type": "string",
                        "description": "The open session to add to; left out, a new one opens.",
                        "examples": [SESSION_ID],
                    },
                    "metadata": {
                        "type": "string",
                        "contentMediaType": "application/json",
                        "description": "As a flat JSON object: what queries may filter by.",
                        "examples": ['{"year": 2022, "kind": "report"}'],
                    },
                    "model": {
                        "type": "string",
                        "description": "Who writes the session's answers from now on, as "
                        "`provider:model`; a query may choose another.",
                        "examples": ["extractive"],
                    },
                    "file_search": {
                        "type": "string",
                        "description": "Who finds its passages from now on: `local` or `openai`.",
                        "examples": ["local"],
                    },
                    "webhook_config": {
                        "type": "string",
                        "contentMediaType": "application/json",
                        "description": "As JSON: who is told of the session's documents, of its "
                        "end, and of queries that name nobody.",
                        "examples": ['{"endpoint": "https://example.org/hooks"}'],
                    },
                },
            }
        }
    },
}
QUERY_BODY: dict[str, Any] = {
    "required": True,
    "content": {"application/json": {"schema": QueryRequest.model_json_schema()}},
}


@router.post(
    "/file/upload",
    summary="Upload a file",
    response_description="The file is stored and is being read.",
    responses=problems(401, 404, 409, 413, 415, 422, 429, 503, 507),
    openapi_extra={"requestBody": UPLOAD_BODY},
)
def upload_file(
    upload: ReceivedUpload,
    once: OnceOfUpload,
    parts: Parts,
    tenant: Tenant,
    request_id: RequestId,
) -> UploadResponse:
    """Store a file in a new session or in an open one, and start to read it.

    Accepted are txt, md, log, csv, tsv, json, jsonl, html, xml, yaml, pdf, docx, pptx, xlsx, xls,
    ods, odt, rtf, eml and epub files and source code; png, jpeg, tiff and scanned pages are read by
    OCR where the service has it. The content decides, not the name: one that disagrees is told in
    the document's `notes`. Queries can be sent at once: they wait until the file has been read.
    """
    added = parts.sessions.add_file(
        tenant,
        upload.file,
        upload.session_id,
        request_id,
        once=once,
        endpoint=upload.endpoint,
        choice=upload.choice,
    )
    return UploadResponse(**asdict(added))


@router.post(
    "/file/query",
    summary="Ask the documents of a session",
    response_description="The queries are queued as one task.",
    responses=problems(401, 404, 409, 413, 422, 429, 503, 507),
    openapi_extra={"requestBody": QUERY_BODY},
)
def query_file(
    ask: ReceivedQuery,
    once: OnceOfBody,
    parts: Parts,
    tenant: Tenant,
    request_id: RequestId,
) -> QueryResponse | DryRunResponse:
    """Queue questions to all documents of a session, with its earlier answers in mind.

    `file_path` alone means the session of that file; together with `session_id` it narrows the
    queries to that file. Poll the task for the answers.
    """
    if ask.options.response_schema is not None:
        parts.generating.model_of(ask.options.model)
    if ask.dry_run:
        return DryRunResponse(estimate=EstimateResponse.of(parts.estimating.query(tenant, ask)))
    return QueryResponse(**asdict(parts.sessions.ask(tenant, ask, request_id, once)))
