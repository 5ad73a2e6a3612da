"""The tables of the logs that a process has read, the least recently used given up first."""

import sys
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from ai_llm_service.domain import Document
from ai_llm_service.search.base import Source
from ai_llm_service.search.logs.kept import kept_table
from ai_llm_service.search.logs.table import LogTable, read_table

MAX_BYTES = 256 * 1024 * 1024
MAX_TABLES = 256


@dataclass(slots=True)
class _Place:
    """A table, or None for what is no log; `lock` is held by who reads it."""

    session_id: str
    lock: Lock
    table: LogTable | None = None
    is_read: bool = False


class LogShelf:
    """Each log is read once, by the first thread that asks for it.

    `kept_at` tells where the table of a document was kept at its ingest.
    """

    def __init__(
        self, kept_at: Callable[[str], Path] | None = None, max_bytes: int = MAX_BYTES
    ) -> None:
        self._kept_at = kept_at
        self._max_bytes = max_bytes
        self._lock = Lock()
        self._places: OrderedDict[str, _Place] = OrderedDict()

    def table(self, source: Source, check: Callable[[], None] = lambda: None) -> LogTable | None:
        """The table of a document; None: it is no log. `check` may raise to give up."""
        place = self._place(source.document)
        with place.lock:
            if not place.is_read:
                place.table = self._read(source, check)
                place.is_read = True
        self._evict()
        return place.table

    def _read(self, source: Source, check: Callable[[], None]) -> LogTable | None:
        text = source.ingested.extraction.text
        kept = self._kept_at and kept_table(self._kept_at(source.document.id), text)
        return kept or read_table(text, check)

    def held(self) -> set[str]:
        """The sessions of which a table is there."""
        with self._lock:
            return {place.session_id for place in self._places.values()}

    def forget(self, session_id: str) -> None:
        """Drop the tables of a session."""
        with self._lock:
            for document_id, place in list(self._places.items()):
                if place.session_id == session_id:
                    del self._places[document_id]

    def _place(self, document: Document) -> _Place:
        with self._lock:
            place = self._places.setdefault(document.id, _Place(document.session_id, Lock()))
            self._places.move_to_end(document.id)
            return place

    def _evict(self) -> None:
        """Keep within the bounds, but always the newest."""
        with self._lock:
            total = sum(_size(place.table) for place in self._places.values())
            while len(self._places) > 1 and (
                total > self._max_bytes or len(self._places) > MAX_TABLES
            ):
                _, oldest = self._places.popitem(last=False)
                total -= _size(oldest.table)


def _size(table: LogTable | None) -> int:
    """About what a table holds besides its columns: the text, which others may hold as well."""
    if table is None:
        return 0
    columns = (table.starts, table.records, table.times, table.levels, table.sources)
    arrays = sum(column.nbytes for column in columns) + table.templates.nbytes
    return arrays + sys.getsizeof(table.text) // 4
