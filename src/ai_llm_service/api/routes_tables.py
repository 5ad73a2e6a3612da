"""The rows of a document's tables."""

from typing import Annotated

from fastapi import APIRouter, Query

from ai_llm_service.api.dependencies import Id, Parts, Tenant
from ai_llm_service.api.openapi import problems
from ai_llm_service.api.table_schemas import RowResponse, RowsResponse

router = APIRouter(tags=["sessions"])

MAX_ROWS = 1000
MAX_OFFSET = 2**53


@router.get(
    "/document/{document_id}/rows",
    summary="Page through a table",
    responses=problems(401, 404, 422, 503),
)
def get_document_rows(  # noqa: PLR0917
    document_id: Id,
    parts: Parts,
    tenant: Tenant,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET, description="Rows to pass over.")] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_ROWS, description="How many at most.")] = 100,
    table: Annotated[
        str | None, Query(max_length=255, description="Its name or number; the first if not given.")
    ] = None,
    sheet: Annotated[
        str | None, Query(max_length=255, description="The name of a sheet, in its place.")
    ] = None,
) -> RowsResponse:
    """Rows as they were written, with the numbers that citations of computed answers name."""
    page = parts.table_rows.page(tenant, document_id, table or sheet, offset, limit)
    after = offset + len(page.rows)
    return RowsResponse(
        document_id=document_id,
        table=page.table.name,
        columns=[column.name for column in page.table.columns],
        total=page.table.rows,
        offset=offset,
        rows=[RowResponse(row=number, cells=list(cells)) for number, *cells in page.rows],
        next_offset=after if after < page.table.rows else None,
    )
