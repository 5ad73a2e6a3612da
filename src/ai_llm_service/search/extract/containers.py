"""Which document a ZIP or an OLE container is; any other one is refused."""

import re
import struct
from typing import BinaryIO

from ai_llm_service.errors import UnsupportedFileType
from ai_llm_service.search.extract import media_types as types

ZIP_SIGNATURE = b"PK\x03\x04"
OLE_SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The end of a ZIP: this record, after which only a comment may stand.
_END, _END_BYTES = b"PK\x05\x06", 22
_ENTRY, _ENTRY_BYTES = b"PK\x01\x02", 46
MAX_COMMENT_BYTES = 65_535
MAX_DIRECTORY_BYTES = 8 * 1024 * 1024
OLE_DIRECTORY_BYTES = 8192

MAIN_PARTS = {
    "word/document.xml": types.DOCX,
    "ppt/presentation.xml": types.PPTX,
    "xl/workbook.xml": types.XLSX,
    "xl/workbook.bin": types.XLSB,
}
CONTENT_TYPES = "[Content_Types].xml"
# `mimetype` is the first entry and stands there as it is.
_NAMED_TYPE = re.compile(rb"PK\x03\x04.{26}mimetype([a-z.+/-]{1,100})", re.DOTALL)
NAMED_TYPES = {
    b"application/vnd.oasis.opendocument.text": types.ODT,
    b"application/vnd.oasis.opendocument.text-template": types.ODT,
    b"application/vnd.oasis.opendocument.presentation": types.ODP,
    b"application/vnd.oasis.opendocument.presentation-template": types.ODP,
    b"application/vnd.oasis.opendocument.spreadsheet": types.ODS,
    b"application/vnd.oasis.opendocument.spreadsheet-template": types.ODS,
    b"application/epub+zip": types.EPUB,
}
OLE_KINDS = (
    ("EncryptedPackage", "an Office file that opens only with a password"),
    ("WordDocument", "an old Word document (doc); save it as docx"),
    ("PowerPoint Document", "an old PowerPoint file (ppt); save it as pptx"),
    ("__nameid_version1.0", "an Outlook message (msg); save it as eml"),
)


def zip_type(head: bytes, name: str, file: BinaryIO) -> str:
    """The type of a document that is a ZIP, or UnsupportedFileType."""
    entries = _zip_entries(file)
    if entries and min(entries.values()) > 0:
        raise UnsupportedFileType(f"{name} has other content before its archive; it is not read.")
    if named := _NAMED_TYPE.match(head):
        fitting = [known for known in NAMED_TYPES if named[1].startswith(known)]
        if fitting:
            return NAMED_TYPES[max(fitting, key=len)]
    kinds = {kind for part, kind in MAIN_PARTS.items() if part in entries}
    if CONTENT_TYPES in entries and len(kinds) == 1:
        return kinds.pop()
    if not entries and (guessed := _by_head(head)):
        # Cut off at its end: the parser will say so.
        return guessed
    raise UnsupportedFileType(f"{name} is a ZIP archive, which can't be read.")


def ole_type(head: bytes, name: str, file: BinaryIO) -> str:
    """An old Excel workbook, or UnsupportedFileType with what it is."""
    listed = head + _ole_directory(head, file)
    for entry, what in OLE_KINDS:
        if entry.encode("utf-16-le") in listed:
            raise UnsupportedFileType(f"{name} is {what}.")
    if any(entry.encode("utf-16-le") in listed for entry in ("Workbook", "Book")):
        return types.XLS
    raise UnsupportedFileType(f"{name} is an old Office file of a kind that can't be read.")


def ends_as_zip(file: BinaryIO) -> bool:
    """Whether a program that looks for a ZIP from the end of the file would find one."""
    return bool(_zip_entries(file))


def _zip_entries(file: BinaryIO) -> dict[str, int]:
    """The names in the directory of a ZIP and where each begins; empty where there is none."""
    size = file.seek(0, 2)
    file.seek(max(0, size - MAX_COMMENT_BYTES - _END_BYTES))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_BYTES:
        return {}
    length, start = struct.unpack_from("<II", tail, at + 12)
    end = size - len(tail) + at
    if not 0 < length <= min(MAX_DIRECTORY_BYTES, end):
        return {}
    file.seek(end - length)
    # What stands before the archive moves all of it; then the directory is not where it says.
    moved = end - length - start
    return {entry: offset + moved for entry, offset in _entries(file.read(length)) if moved >= 0}


def _entries(directory: bytes) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    at = 0
    while directory[at : at + 4] == _ENTRY and at + _ENTRY_BYTES <= len(directory):
        name, extra, comment = struct.unpack_from("<HHH", directory, at + 28)
        (offset,) = struct.unpack_from("<I", directory, at + 42)
        text = directory[at + _ENTRY_BYTES : at + _ENTRY_BYTES + name].decode("utf-8", "replace")
        found.append((text, offset))
        at += _ENTRY_BYTES + name + extra + comment
    return found


def _by_head(head: bytes) -> str | None:
    if CONTENT_TYPES.encode() not in head:
        return None
    folders = {part.partition("/")[0] + "/": kind for part, kind in MAIN_PARTS.items()}
    return next((kind for folder, kind in folders.items() if folder.encode() in head), None)


def _ole_directory(head: bytes, file: BinaryIO) -> bytes:
    if len(head) < 64:
        return b""
    (shift,) = struct.unpack_from("<H", head, 30)
    (sector,) = struct.unpack_from("<I", head, 48)
    size = file.seek(0, 2)
    file.seek(min((sector + 1) << min(shift, 12), size))
    return file.read(OLE_DIRECTORY_BYTES)
