"""Hostile Office, OpenDocument and EPUB packages."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import partial

from tests import files
from tests.hostile.marked_up import entity_bombs

Make = Callable[[], bytes]
MEGABYTE = 1024 * 1024
TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
# The main part of each, what stands around its content, and its name.
MAIN = {
    "docx": ("word/document.xml", "<document><body><p><r><t>{}</t></r></p></body></document>"),
    "pptx": ("ppt/slides/slide1.xml", "<sld><sp><p><r><t>{}</t></r></p></sp></sld>"),
    "xlsx": ("xl/worksheets/sheet1.xml", "<worksheet><sheetData>{}</sheetData></worksheet>"),
    "odt": ("content.xml", "<document-content><body><text><p>{}</p></text></body>{{}}"),
    "epub": ("OEBPS/text/c0.xhtml", "<html><body><p>{}</p></body></html>"),
}


def hostile(address: str) -> dict[str, Make]:
    return {**_entities(address), **_bombs(), **_broken(), **_workbooks()}


def package(kind: str, main: bytes) -> bytes:
    """A good package with another main part."""
    makers: dict[str, Make] = {
        "docx": files.word,
        "pptx": files.slides,
        "xlsx": lambda: files.workbook({"S": {"A1": "x"}}),
        "odt": lambda: files.open_document("text", ""),
        "epub": lambda: files.book("<p>x"),
    }
    good = makers[kind]()
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    return files.packed({**entries, MAIN[kind][0]: main})


def _entities(address: str) -> dict[str, Make]:
    def make(kind: str, dtd: str) -> bytes:
        return package(kind, f'<?xml version="1.0"?>{dtd}{_around(kind, "&x;" * 300)}'.encode())

    return {
        f"{bomb}.{kind}": partial(make, kind, dtd)
        for bomb, dtd in entity_bombs(address).items()
        for kind in MAIN
    }


def _around(kind: str, content: str) -> str:
    return MAIN[kind][1].replace("{{}}", "</document-content>").replace("{}", content)


def _bombs() -> dict[str, Make]:
    def flat(kind: str, megabytes: int) -> bytes:
        return package(kind, _around(kind, "a " * (megabytes * MEGABYTE // 2)).encode())

    def elements(kind: str, tag: str) -> bytes:
        return package(kind, _around(kind, tag * (8 * MEGABYTE // len(tag))).encode())

    return {
        **{f"flat.{kind}": partial(flat, kind, 70) for kind in MAIN},
        **{f"elements.{kind}": partial(elements, kind, "<p><r/></p>") for kind in MAIN},
        **{f"deep.{kind}": partial(elements, kind, "<p>") for kind in MAIN},
        "entries.docx": lambda: files.packed(
            {"[Content_Types].xml": TYPES, "word/document.xml": "<a/>"}
            | {f"e{n}": "" for n in range(25_000)}
        ),
        "tables.docx": lambda: package("docx", _around("docx", "<tbl><tr><tc>" * 80).encode()),
        "nested.docx": lambda: package("docx", files.word()),
        "lying-size.docx": _lying_size,
        "overlapping.docx": _overlapping,
    }


def _broken() -> dict[str, Make]:
    word = files.word()
    return {
        "encrypted.docx": lambda: word.replace(b"PK\x01\x02", b"PK\x01\x02", 1).replace(
            b"\x14\x00\x00\x00\x08\x00", b"\x14\x00\x01\x00\x08\x00"
        ),
        "twice.docx": _twice,
        "method.docx": lambda: word.replace(b"\x00\x00\x08\x00", b"\x00\x00\x63\x00"),
        "no-directory.docx": lambda: word[: word.rfind(b"PK\x01\x02")],
        "far-directory.docx": lambda: word[:-10] + struct.pack("<I", 0xFFFFFFF0) + word[-6:],
        "comment.docx": lambda: word[:-2] + struct.pack("<H", 65_535) + b"x" * 65_535,
        "no-slides.pptx": lambda: package("pptx", b""),
        "empty-part.docx": lambda: package("docx", b""),
        "binary-part.docx": lambda: package("docx", bytes(range(256)) * 100),
        "traversal.epub": lambda: _book("../../../../etc/passwd"),
        "absolute.epub": lambda: _book("/etc/passwd"),
        "long-spine.epub": lambda: _book("text/c0.xhtml", 100_000),
        "missing.epub": lambda: files.packed({"mimetype": "application/epub+zip"}),
        "loop.docx": lambda: package("docx", b"<document>" + b"<txbxContent><p>" * 100),
    }


def _workbooks() -> dict[str, Make]:
    def sheet(rows: str) -> bytes:
        return package("xlsx", f"<worksheet><sheetData>{rows}</sheetData></worksheet>".encode())

    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    return {
        "far-cell.xlsx": lambda: sheet(f'<row r="1"><c r="A1"><v>1</v></c></row>{far}'),
        "beyond.xlsx": lambda: sheet('<row r="9999999"><c r="ZZZZZZ99999999"><v>1</v></c></row>'),
        "no-string.xlsx": lambda: sheet('<row r="1"><c r="A1" t="s"><v>4294967295</v></c></row>'),
        "bad-number.xlsx": lambda: sheet('<row r="1"><c r="A1"><v>1e99999</v></c></row>'),
        "bad-date.xlsx": lambda: sheet('<row r="1"><c r="A1" t="d"><v>9999999</v></c></row>'),
        "backwards.xlsx": lambda: sheet('<row r="9"/><row r="1"><c r="B1"><v>1</v></c></row>'),
        "repeated.ods": lambda: _repeated(2_000_000_000),
        "many-rows.ods": lambda: _repeated(1_000_000),
    }


def _repeated(times: int) -> bytes:
    cell = (
        f'<table:table-cell table:number-columns-repeated="{times}" office:value-type="string">'
        "<text:p>x</text:p></table:table-cell>"
    )
    row = f'<table:table-row table:number-rows-repeated="{times}">{cell}</table:table-row>'
    table = f'<table:table table:name="S">{row}</table:table>'
    return files.open_document("spreadsheet", f"<office:spreadsheet>{table}</office:spreadsheet>")


def _book(target: str, times: int = 1) -> bytes:
    container = '<container><rootfiles><rootfile full-path="b.opf"/></rootfiles></container>'
    item = f'<item id="c" href="{target}" media-type="application/xhtml+xml"/>'
    spine = '<itemref idref="c"/>' * times
    book = f"<package><manifest>{item}</manifest><spine>{spine}"
    return files.packed(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": container,
            "b.opf": f"{book}</spine></package>",
            "text/c0.xhtml": "<p>text",
        }
    )


def _lying_size() -> bytes:
    """The directory says 10 bytes; the entry unpacks to 40 MB."""
    data = _around("docx", "a" * (40 * MEGABYTE)).encode()
    packed = bytearray(package("docx", data))
    true, lie = struct.pack("<I", len(data)), struct.pack("<I", 10)
    return bytes(packed.replace(true, lie))


def _twice() -> bytes:
    file = io.BytesIO(files.word())
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("word/document2.xml", "<a/>")
    return file.getvalue().replace(b"word/document2.xml", b"word/document.xml\x00")


def _overlapping() -> bytes:
    """Thousands of entries that share one stream of packed zeros."""
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = stream.compress(bytes(4 * MEGABYTE)) + stream.flush()
    crc, size = zlib.crc32(bytes(4 * MEGABYTE)), 4 * MEGABYTE
    name = b"word/document.xml"
    numbers = (20, 0, 8, 0, 0, crc, len(packed), size)
    local = b"PK\x03\x04" + struct.pack("<5H3I2H", *numbers, len(name), 0) + name
    directory = b"".join(
        b"PK\x01\x02" + struct.pack("<6H3I5H2I", 20, *numbers, len(entry), 0, 0, 0, 0, 0, 0) + entry
        for entry in (name, b"[Content_Types].xml", *(b"e%d" % n for n in range(2000)))
    )
    body = local + packed
    end = struct.pack("<4H2IH", 0, 0, 2002, 2002, len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end
