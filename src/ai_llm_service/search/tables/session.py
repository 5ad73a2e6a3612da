"""The tables of a session under the names that statements call them by."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ai_llm_service.domain import Document, DocumentTable
from ai_llm_service.search.tables.sandbox import View
from ai_llm_service.search.tables.workshop import TableWorkshop
from ai_llm_service.store.files import FileStore

MAX_NAME_CHARACTERS = 48


@dataclass(frozen=True, slots=True)
class SessionTable:
    """A table of a session's document; `view` is its name in SQL."""

    view: str
    document: Document
    table: DocumentTable


def tables_of(documents: Iterable[Document]) -> tuple[SessionTable, ...]:
    """Name all tables, in the order of their documents, each name once."""
    taken: set[str] = set()
    found = []
    for document in documents:
        for table in document.tables:
            name = _name(document, table, taken)
            taken.add(name)
            found.append(SessionTable(name, document, table))
    return tuple(found)


def _name(document: Document, table: DocumentTable, taken: set[str]) -> str:
    label = table.name
    if len(document.tables) > 1:
        label = f"{Path(document.name).stem} {table.name}"
    words = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:MAX_NAME_CHARACTERS]
    base = words if words and not words[0].isdigit() else f"t_{words}".rstrip("_")
    name, count = base, 1
    while name in taken:
        count += 1
        name = f"{base}_{count}"
    return name


class TableFiles:
    """Finds the derived files of tables; a missing one is made again."""

    def __init__(self, files: FileStore, workshop: TableWorkshop) -> None:
        self._files = files
        self._workshop = workshop

    def views(self, tables: Iterable[SessionTable]) -> list[View]:
        return [
            View(table.view, self._path(table.document), table.table.number) for table in tables
        ]

    def _path(self, document: Document) -> Path:
        return self._workshop.existing(
            self._files.path(document.id),
            self._files.derived(document.id),
            document.media_type,
            document.name,
        )
