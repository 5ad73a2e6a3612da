"""Hostile PDFs, written by hand."""

import zlib
from collections.abc import Callable

from tests import files

Make = Callable[[], bytes]
MEGABYTE = 1024 * 1024
CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R >>"


def pdf(*objects: bytes) -> bytes:
    """A PDF of these objects, the first one its catalog, with a right table of them."""
    body, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    body += b"trailer << /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    return bytes(body + b"startxref\n%d\n%%%%EOF\n" % start)


def stream(data: bytes, extra: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), extra, data)


def bomb(megabytes: int, layers: int = 1) -> bytes:
    data = bytes(megabytes * MEGABYTE)
    for _ in range(layers):
        data = zlib.compress(data, 9)
    return stream(data, b"/Filter [%s]" % (b"/FlateDecode " * layers))


WORDS = stream(b"BT /F1 12 Tf 50 700 Td (text) Tj ET")
FORM = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 5 0 R >> >>"
WITH_FORM = PAGE[:-2] + b"/Resources << /XObject << /X 5 0 R >> >> >>"


def hostile(address: str) -> dict[str, Make]:
    return {**_trees(), **_streams(), **_tables(), **_actions(address)}


def _trees() -> dict[str, Make]:
    return {
        "kids-loop.pdf": lambda: pdf(
            CATALOG, b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 9999 >>"
        ),
        "parent-loop.pdf": lambda: pdf(
            CATALOG, PAGES, b"<< /Type /Pages /Kids [2 0 R] /Count 1 /Parent 2 0 R >>"
        ),
        "count.pdf": lambda: pdf(
            CATALOG, b"<< /Type /Pages /Kids [3 0 R] /Count 2000000000 >>", PAGE, WORDS
        ),
        "negative.pdf": lambda: pdf(
            CATALOG, b"<< /Type /Pages /Kids [3 0 R] /Count -5 >>", PAGE, WORDS
        ),
        "kids.pdf": lambda: pdf(
            CATALOG,
            b"<< /Type /Pages /Kids [%s] /Count 200000 >>" % (b"3 0 R " * 200_000), PAGE, WORDS,
        ),
        "arrays.pdf": lambda: pdf(CATALOG, b"[" * 500_000, PAGE, WORDS),
        "dictionaries.pdf": lambda: pdf(CATALOG, b"<< /A " * 200_000, PAGE, WORDS),
        "huge-page.pdf": lambda: pdf(
            CATALOG, PAGES, PAGE.replace(b"612 792", b"9e30 9e30"), WORDS
        ),
    }  # fmt: skip


def _streams() -> dict[str, Make]:
    return {
        "flate.pdf": lambda: pdf(CATALOG, PAGES, PAGE, bomb(200)),
        "flate-twice.pdf": lambda: pdf(CATALOG, PAGES, PAGE, bomb(200, 2)),
        "form-loop.pdf": lambda: pdf(
            CATALOG, PAGES, WITH_FORM, stream(b"/X Do"), stream(b"/X Do /X Do", FORM)
        ),
        "operators.pdf": lambda: pdf(CATALOG, PAGES, PAGE, stream(b"q " * MEGABYTE)),
        "length.pdf": lambda: pdf(
            CATALOG, PAGES, PAGE, WORDS.replace(b"/Length ", b"/Length 999999999")
        ),
        "length-loop.pdf": lambda: pdf(
            CATALOG, PAGES, PAGE, b"<< /Length 4 0 R >>\nstream\nx\nendstream"
        ),
        "picture.pdf": lambda: pdf(
            CATALOG, PAGES, WITH_FORM, stream(b"600 0 0 700 0 0 cm /X Do"),
            stream(
                zlib.compress(bytes(MEGABYTE)),
                b"/Type /XObject /Subtype /Image /Width 60000 /Height 60000 /ColorSpace /DeviceGray"
                b" /BitsPerComponent 8 /Filter /FlateDecode",
            ),
        ),
    }  # fmt: skip


def _tables() -> dict[str, Make]:
    return {
        "far-table.pdf": lambda: files.pdf(["x"]).replace(b"startxref\n", b"startxref\n9999999"),
        "table-loop.pdf": lambda: files.pdf(["x"]).replace(b"/Root", b"/Prev 9 /Root"),
        "no-table.pdf": lambda: files.pdf(["still here"]).partition(b"xref\n")[0],
        "encrypted.pdf": lambda: files.pdf(["x"], password="secret"),
        "header-alone.pdf": lambda: b"%PDF-1.7\n",
        "header-noise.pdf": lambda: b"%PDF-1.7\n" + bytes(range(256)) * 4000,
    }  # fmt: skip


def _actions(address: str) -> dict[str, Make]:
    call = b"<< /S /URI /URI (%s) >>" % address.encode()
    return {
        "script.pdf": lambda: pdf(
            CATALOG[:-2] + b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>",
            PAGES, PAGE, WORDS,
        ),
        "calls-home.pdf": lambda: pdf(
            CATALOG[:-2] + b"/OpenAction %s >>" % call, PAGES, PAGE, WORDS
        ),
        "launch.pdf": lambda: pdf(
            CATALOG[:-2] + b"/OpenAction << /S /Launch /F (/bin/sh) >> >>", PAGES, PAGE, WORDS
        ),
    }  # fmt: skip
