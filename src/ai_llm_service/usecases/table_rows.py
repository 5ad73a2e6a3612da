"""Pages through the rows of a document's table, as they were written."""

from dataclasses import dataclass
from typing import Any

from ai_llm_service.domain import Document, DocumentTable
from ai_llm_service.errors import TableNotFound
from ai_llm_service.search.tables.sandbox import Sandbox, View
from ai_llm_service.search.tables.sqltext import WRITTEN
from ai_llm_service.search.tables.workshop import TableWorkshop
from ai_llm_service.store.database import Database
from ai_llm_service.store.files import FileStore
from ai_llm_service.usecases.handles import open_document


@dataclass(frozen=True, slots=True)
class RowsPage:
    """Some rows of a table; the first value of each is its number in the file."""

    table: DocumentTable
    rows: list[tuple[Any, ...]]


class TableRows:
    """Reads the derived file of tables, which is made again when it is missing."""

    def __init__(
        self, database: Database, files: FileStore, workshop: TableWorkshop, sandbox: Sandbox
    ) -> None:
        self._database = database
        self._files = files
        self._workshop = workshop
        self._sandbox = sandbox

    def page(
        self, tenant_id: str, document_id: str, name: str | None, offset: int, limit: int
    ) -> RowsPage:
        """Read rows of the table or sheet of that name, or of the first table."""
        with self._database.snapshot() as store:
            document = open_document(store, tenant_id, document_id)
        table = _find(document, name)
        path = self._workshop.existing(
            self._files.existing(document.id),
            self._files.derived(document.id),
            document.media_type,
            document.name,
        )
        columns = [
            column.name + WRITTEN if column.is_rewritten else column.name
            for column in table.columns
        ]
        rows = self._sandbox.page(View("rows", path, table.number), columns, offset, limit)
        return RowsPage(table, rows)


def _find(document: Document, name: str | None) -> DocumentTable:
    """Names are found in any case; a number counts the tables from 1."""
    for table in document.tables:
        names = {table.name.lower(), (table.sheet or "").lower(), str(table.number)}
        if name is None or name.lower() in names:
            return table
    if not document.tables:
        raise TableNotFound("The document holds no table.")
    known = ", ".join(table.name for table in document.tables[:20])
    raise TableNotFound(f"The document has no table {name}; it has: {known}.")
