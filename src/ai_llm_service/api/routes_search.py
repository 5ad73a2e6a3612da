"""Passages without a model."""

from typing import Any

from fastapi import APIRouter

from ai_llm_service.api.dependencies import Parts, Tenant
from ai_llm_service.api.openapi import problems
from ai_llm_service.api.search_body import ReceivedSearch, SearchRequest, SearchResponse

router = APIRouter(tags=["files"])

SEARCH_BODY: dict[str, Any] = {
    "required": True,
    "content": {"application/json": {"schema": SearchRequest.model_json_schema()}},
}


@router.post(
    "/file/search",
    summary="Find passages",
    response_description="The best passages.",
    responses=problems(401, 404, 413, 422, 503),
    openapi_extra={"requestBody": SEARCH_BODY},
)
def search_files(search: ReceivedSearch, parts: Parts, tenant: Tenant) -> SearchResponse:
    """Find the passages that an answer would be written from, at once and without a model."""
    findings = parts.searching.search(
        tenant, search.query, search.session_id, search.file_path, search.to_options()
    )
    return SearchResponse.of(findings)
