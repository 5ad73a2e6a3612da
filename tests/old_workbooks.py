"""Workbooks as older programs wrote them, byte by byte: `.xls` (BIFF8) and `.xlsb` (BIFF12)."""

import struct
from collections.abc import Sequence

from tests.files import packed

SECTOR = 512
# A shorter stream would lie in sectors of another kind.
LEAST_STREAM = 4096
NONE, END_OF_CHAIN, TABLE_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
BINARY = "application/vnd.ms-excel.sheet.binary.macroEnabled.main"

Rows = Sequence[Sequence[str | float]]


def xls(sheet: str, rows: Rows) -> bytes:
    """A workbook of one sheet, of Excel 97 to 2003."""
    end = _record(0x0A, b"")
    title = bytes([len(sheet), 0]) + sheet.encode("latin-1")
    start = len(_begin(0x05) + _record(0x85, bytes(6) + title) + end)
    book = _begin(0x05) + _record(0x85, struct.pack("<IH", start, 0) + title) + end
    cells = b"".join(
        _cell(row, column, value)
        for row, values in enumerate(rows)
        for column, value in enumerate(values)
    )
    return _compound("Workbook", book + _begin(0x10) + cells + end)


def xlsb(sheet: str, rows: Rows) -> bytes:
    """A workbook of one sheet in the binary parts of Excel 2007 and later."""
    bundle = struct.pack("<II", 0, 1) + _wide("rId1") + _wide(sheet)
    book = _part(0x83) + _part(0x8F) + _part(0x9C, bundle) + _part(0x90) + _part(0x84)
    size = struct.pack("<IIII", 0, len(rows) - 1, 0, len(rows[0]) - 1)
    body = _part(0x81) + _part(0x94, size) + _part(0x91)
    for row, values in enumerate(rows):
        body += _part(0x00, struct.pack("<IIHHBI", row, 0, 300, 0, 0, 0))
        body += b"".join(_binary_cell(column, value) for column, value in enumerate(values))
    return packed(
        {
            "[Content_Types].xml": f'<Types xmlns="{TYPES}"><Override PartName="/xl/workbook.bin"'
            f' ContentType="{BINARY}"/><Default Extension="bin" ContentType="{BINARY}"/></Types>',
            "_rels/.rels": _relation("officeDocument", "xl/workbook.bin"),
            "xl/workbook.bin": book,
            "xl/_rels/workbook.bin.rels": _relation("worksheet", "worksheets/sheet1.bin"),
            "xl/worksheets/sheet1.bin": body + _part(0x92) + _part(0x82),
        }
    )


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _begin(kind: int) -> bytes:
    return _record(0x809, struct.pack("<HHHHII", 0x600, kind, 0, 0, 0, 6))


def _cell(row: int, column: int, value: str | float) -> bytes:
    place = struct.pack("<HHH", row, column, 0)
    if isinstance(value, str):
        return _record(0x204, place + struct.pack("<HB", len(value), 0) + value.encode("latin-1"))
    return _record(0x203, place + struct.pack("<d", value))


def _compound(name: str, stream: bytes) -> bytes:
    """A file of one stream: header, table of sectors, directory, stream."""
    size = max(LEAST_STREAM, -(-len(stream) // SECTOR) * SECTOR)
    last = size // SECTOR + 1
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIII", 0, 1, 1, 0)
    header += struct.pack("<IIIIII", LEAST_STREAM, END_OF_CHAIN, 0, END_OF_CHAIN, 0, 0)
    chain = [TABLE_SECTOR, END_OF_CHAIN, *range(3, last + 1), END_OF_CHAIN]
    table = struct.pack(f"<{len(chain)}I", *chain)
    directory = _entry("Root Entry", 5, 1, END_OF_CHAIN, 0) + _entry(name, 2, NONE, 2, size)
    sectors = (header.ljust(SECTOR, b"\xff"), table.ljust(SECTOR, b"\xff"))
    return b"".join((*sectors, directory.ljust(SECTOR, b"\0"), stream.ljust(size, b"\0")))


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    title = name.encode("utf-16-le") + b"\0\0"
    family = struct.pack("<HBBIII", len(title), kind, 1, NONE, NONE, child)
    return title.ljust(64, b"\0") + family + bytes(36) + struct.pack("<IQ", start, size)


def _part(kind: int, body: bytes = b"") -> bytes:
    number = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return number + bytes([len(body)]) + body


def _binary_cell(column: int, value: str | float) -> bytes:
    place = struct.pack("<II", column, 0)
    if isinstance(value, str):
        return _part(0x06, place + _wide(value))
    return _part(0x05, place + struct.pack("<d", value))


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _relation(kind: str, target: str) -> str:
    return (
        f'<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" Type="{OFFICE}/{kind}"'
        f' Target="{target}"/></Relationships>'
    )
