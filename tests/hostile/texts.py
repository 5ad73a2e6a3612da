"""Hostile texts: encodings, tables, JSON, RTF; and files that are two things at once."""

# ruff: noqa: PLW0108 - a file is made when it is asked for

from collections.abc import Callable
from functools import partial

from tests import files

Make = Callable[[], bytes]
MEGABYTE = 1024 * 1024
EXECUTABLES = {
    "elf": b"\x7fELF\x02\x01\x01",
    "pe": b"MZ\x90\x00\x03\x00\x00\x00",
    "macho": b"\xcf\xfa\xed\xfe\x07\x00\x00\x01",
    "class": b"\xca\xfe\xba\xbe\x00\x00\x00\x41",
    "wasm": b"\x00asm\x01\x00\x00\x00",
    "cab": b"MSCF\x00\x00\x00\x00",
    "dex": b"dex\n035\x00",
    "lnk": b"L\x00\x00\x00\x01\x14\x02\x00",
}


def hostile() -> dict[str, Make]:
    return {**_encodings(), **_tables(), **_json(), **_rtf()}


def polyglots() -> dict[str, Make]:
    zipped = files.packed({"evil.txt": "x"})
    return {
        **{
            f"{kind}-as-{ending}": partial(bytes.__add__, head, bytes(range(256)) * 8)
            for kind, head in EXECUTABLES.items()
            for ending in ("a.txt", "a.pdf", "a.docx")
        },
        "pdf-then-zip.pdf": lambda: files.pdf(["x"]) + zipped,
        "zip-then-pdf.docx": lambda: files.word() + files.pdf(["x"]),
        "pdf-in-zip.docx": lambda: files.packed({"mimetype": files.pdf(["x"]), "a": "b"}),
        "html-then-pdf.html": lambda: b"<html><body>\n" + files.pdf(["x"]),
        "pdf-with-html.pdf": lambda: b"%PDF-1.4\n<script>alert(1)</script>" + files.pdf(["x"])[8:],
        "png-then-zip.png": lambda: files.image("x") + zipped,
        "png-with-pdf.png": lambda: files.image("x")[:33] + files.pdf(["x"]),
        "jpeg-then-zip.jpg": lambda: files.image("x", "JPEG") + files.word(),
        "exe-then-zip.docx": lambda: b"MZ\x90\x00" + bytes(60) + files.word(),
        "text-then-zip.docx": lambda: b"some text\n" + files.word(),
        "two-offices.docx": lambda: files.packed(
            {"[Content_Types].xml": "x", "word/document.xml": "<a/>", "xl/workbook.xml": "<a/>"}
        ),
        "gif-js.gif": lambda: b"GIF89a/*" + b"x" * 99 + b"*/=1;alert(1)",
        "jar.docx": lambda: files.packed({"META-INF/MANIFEST.MF": "x", "A.class": b"\xca\xfe"}),
        "empty.zip": lambda: b"PK\x05\x06" + bytes(18),
        "zip-in-zip.zip": lambda: files.packed({"a.zip": files.packed({"b.zip": zipped})}),
        "tar.tar": lambda: bytes(257) + b"ustar\x0000" + bytes(1000),
        "sqlite.csv": lambda: b"SQLite format 3\x00" + bytes(200),
        "ole-garbage.xls": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)) * 20,
        "ole-book.xls": lambda: (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
            + bytes(22) + b"\x3e\x00\x03\x00\xfe\xff\x09\x00" + b"\xff" * 400
            + "Workbook".encode("utf-16-le") * 9 + b"\xff" * 4000
        ),
    }  # fmt: skip


def _encodings() -> dict[str, Make]:
    letters = "Die Straße — naïve café, हिन्दी"
    return {
        "bom-alone.txt": lambda: b"\xef\xbb\xbf",
        "utf16-odd.txt": lambda: letters.encode("utf-16")[:-1],
        "utf16-surrogates.txt": lambda: b"\xff\xfe" + b"\x00\xd8" * 5000,
        "utf32.txt": lambda: letters.encode("utf-32"),
        "utf32-beyond.txt": lambda: b"\xff\xfe\x00\x00" + b"\xff\xff\xff\x7f" * 500,
        "utf7.txt": lambda: letters.encode("utf-7"),
        "overlong.txt": lambda: b"a" * 50 + b"\xc0\xaf\xe0\x80\xaf" * 200,
        "cut-characters.txt": lambda: b"\xe0\xa4" * 5000,
        "controls.txt": lambda: bytes(range(1, 32)) * 300,
        "nul-sea.log": lambda: b"line\n" + bytes(100_000) + b"line\n",
        "cp1252-holes.txt": lambda: b"caf\xe9 \x81\x8d\x8f\x90\x9d " * 200,
        "ebcdic.txt": lambda: ("hello world " * 300).encode("cp500"),
        "random.txt": lambda: bytes((n * 7919 >> 3) & 255 for n in range(50_000)),
        "bidi.txt": lambda: ("\u202e\u2066gnp.exe\u2069" * 5000).encode(),
        "marks.txt": lambda: ("a" + "\u0301" * 100_000).encode(),
        "one-line.txt": lambda: b"x" * (8 * MEGABYTE),
        "newlines.txt": lambda: b"\n" * (4 * MEGABYTE),
        "dots.md": lambda: b". " * MEGABYTE,
        "hashes.md": lambda: (b"#" * 7 + b" \t" * 2000 + b"\n") * 200,
        "fences.md": lambda: b"```\n~~~\n" * 100_000,
        "anchors.yaml": lambda: b"a: &a [x]\n" + b"b: &b [*a,*a,*a,*a]\n" * 5000,
    }


def _tables() -> dict[str, Make]:
    return {
        "nuls.csv": lambda: b"a,b\n\x00,\x00\n" * 1000,
        "open-quote.csv": lambda: b'a,b\n"' + b"x,y\n" * 200_000,
        "quotes.csv": lambda: b'"' * 1_000_001,
        "half-quotes.csv": lambda: b'a,"b\n' * 100_000,
        "columns.csv": lambda: b",".join(b"c%d" % n for n in range(300_000)) + b"\n1,2\n",
        "commas.csv": lambda: b"," * (4 * MEGABYTE),
        "returns.csv": lambda: b"a,b\r1,2\r\n3,4\n\r5,6",
        "long-field.csv": lambda: b'a,b\n1,"' + b"x" * (2 * MEGABYTE) + b'"\n',
        "quoted-lines.csv": lambda: b'a,b\n"1\n2",3\n' * 50_000,
        "formula.csv": lambda: b"a,b\n=cmd|' /C calc'!A0,@SUM(1+1)\n" * 10,
        "tabs.tsv": lambda: b"\t" * MEGABYTE,
    }


def _json() -> dict[str, Make]:
    return {
        "deep.json": lambda: b"[" * 500_000,
        "deep-closed.json": lambda: b"[" * 100_000 + b"]" * 100_000,
        "deep-objects.json": lambda: b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        "number.json": lambda: b'{"a": ' + b"9" * MEGABYTE + b"}",
        "escapes.json": lambda: b'{"a": "' + b"\\" * MEGABYTE + b'"}',
        "surrogates.json": lambda: b'{"a": "' + b"\\ud800" * 50_000 + b'"}',
        "open-string.json": lambda: b'{"a": "' + b"x" * MEGABYTE,
        "keys.json": lambda: b"{" + b",".join(b'"%d":1' % n for n in range(200_000)) + b"}",
        "nan.jsonl": lambda: b'{"a": NaN}\n{"a": 1e999}\n',
    }


def _rtf() -> dict[str, Make]:
    return {
        "braces.rtf": lambda: rb"{\rtf1 " + b"{" * MEGABYTE,
        "closed-braces.rtf": lambda: rb"{\rtf1 x" + b"}" * MEGABYTE,
        "binary.rtf": lambda: rb"{\rtf1 \bin4294967295 x}",
        "unicode.rtf": lambda: rb"{\rtf1 " + rb"\u55296?" * 50_000 + b"}",
        "page.rtf": lambda: rb"{\rtf1\ansi\ansicpg99999 \'ff\'fe text}",
        "words.rtf": lambda: rb"{\rtf1 " + b"\\" + b"a" * MEGABYTE + b"}",
        "object.rtf": lambda: rb"{\rtf1{\object\objemb{\*\objdata " + b"d0cf11e0" * 9999 + b"}}x}",
    }
