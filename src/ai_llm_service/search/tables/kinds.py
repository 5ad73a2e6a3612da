"""Which files may hold tables; cheap to ask before a child process is started."""

from pathlib import Path

from ai_llm_service.search.logs.read import reader_of
from ai_llm_service.search.tables.read_text import find_text_dialect, head_of

SHEET_TYPES = frozenset(
    (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.ms-excel",
        "application/vnd.ms-excel.sheet.binary.macroenabled.12",
        "application/vnd.ms-excel.sheet.macroenabled.12",
        "application/vnd.oasis.opendocument.spreadsheet",
    )
)
SEPARATED_TYPES = frozenset(("text/csv", "text/tab-separated-values"))
JSON_TYPES = frozenset(("application/json", "application/x-ndjson", "application/jsonl"))
TEXT_TYPES = SEPARATED_TYPES | {"text/plain"}
LOG_TYPES = frozenset(("text/plain", "application/x-ndjson"))
TABLE_TYPES = SHEET_TYPES | SEPARATED_TYPES | JSON_TYPES | {"text/plain", "text/html"}


def may_hold_tables(path: Path, media_type: str) -> bool:
    """Look at the type and the beginning of a file."""
    if media_type not in TABLE_TYPES:
        return False
    if media_type == "text/html":
        return b"<table" in path.read_bytes().lower()
    if media_type != "text/plain":
        return True
    with path.open("rb") as file:
        start = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"{", b"[")) or find_text_dialect(path, is_named_table=False):
        return True
    return reader_of(head_of(path)[0]) is not None
