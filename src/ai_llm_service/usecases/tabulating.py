"""Finds the tables of a document beside its text."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ai_llm_service.domain import Document, DocumentTable
from ai_llm_service.errors import DocumentRejected
from ai_llm_service.search.tables.workshop import TableWorkshop
from ai_llm_service.store.files import FileStore

# The text of a larger table is its beginning: its questions are computed, over all rows.
LARGEST_TEXT_BYTES = 24 * 1024 * 1024
HEAD_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Tabulated:
    """The tables of a file, what to read as its text, and notes on both."""

    tables: tuple[DocumentTable, ...]
    text_path: Path
    notes: tuple[str, ...] = ()


class Tabulating:
    """Makes the tables of uploaded files."""

    def __init__(self, files: FileStore, workshop: TableWorkshop) -> None:
        self._files = files
        self._workshop = workshop

    @contextmanager
    def tabulated(self, document: Document) -> Iterator[Tabulated]:
        """Build the tables; a file that is too much for that stays readable as text."""
        path = self._files.existing(document.id)
        notes: tuple[str, ...] = ()
        try:
            tables = self._workshop.build(
                path, self._files.derived(document.id), document.media_type, document.name
            )
        except DocumentRejected as error:
            tables, notes = (), (f"Nothing is computed from it: {error.message}",)
        is_log = any(table.of_log for table in tables)
        if not tables or is_log or not _is_large_text(path, document.media_type):
            yield Tabulated(tables, path, notes)
            return
        with tempfile.NamedTemporaryFile(dir=self._files.derived(document.id)) as head:
            _copy_head(path, Path(head.name))
            rows = sum(table.rows for table in tables)
            note = f"Its text is the beginning alone; questions are computed over all {rows} rows."
            yield Tabulated(tables, Path(head.name), (*notes, note))


def _is_large_text(path: Path, media_type: str) -> bool:
    is_text = media_type.startswith("text/") and media_type != "text/html"
    return is_text and path.stat().st_size > LARGEST_TEXT_BYTES


def _copy_head(path: Path, target: Path) -> None:
    """Copy whole lines."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    target.write_bytes(head[: head.rfind(b"\n") + 1] or head)
