"""Hostile mails."""

import base64
from collections.abc import Callable

from tests import files
from tests.hostile.marked_up import entity_bombs
from tests.hostile.packages import package

Make = Callable[[], bytes]
MEGABYTE = 1024 * 1024
HEAD = b"From: a@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\n"


def multipart(*parts: bytes, boundary: bytes = b"B") -> bytes:
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts)
    kind = b'Content-Type: multipart/mixed; boundary="%s"\r\n\r\n' % boundary
    return kind + body + b"--%s--\r\n" % boundary


def attached(name: str, data: bytes) -> bytes:
    return (
        b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
        b'Content-Disposition: attachment; filename="%s"\r\n\r\n' % name.encode()
    ) + base64.encodebytes(data)


def _nested_parts(depth: int) -> bytes:
    part = b"Content-Type: text/plain\r\n\r\nthe innermost"
    for level in range(depth):
        part = multipart(part, boundary=b"B%d" % level)
    return HEAD + part


def _nested_mails(depth: int) -> bytes:
    mail = HEAD + b"\r\nthe innermost"
    for _ in range(depth):
        mail = HEAD + b"Content-Type: message/rfc822\r\n\r\n" + mail
    return mail


def hostile() -> dict[str, Make]:
    text = b"Content-Type: text/plain\r\n\r\nx"
    laughs = entity_bombs("http://127.0.0.1:9/")["laughs"]
    return {
        "parts.eml": lambda: HEAD + multipart(*[text] * 10_000),
        "attachments.eml": lambda: HEAD + multipart(*[attached("a.txt", b"x")] * 500),
        "nested-parts.eml": lambda: _nested_parts(300),
        "nested-mails.eml": lambda: _nested_mails(500),
        "no-boundary.eml": lambda: HEAD + b"Content-Type: multipart/mixed\r\n\r\ntext",
        "open-boundary.eml": lambda: HEAD + multipart(text)[:-10] + b"--B\r\n" * 1000,
        "long-header.eml": lambda: b"Subject: " + b"x" * MEGABYTE + b"\r\n" + HEAD + b"\r\ntext",
        "headers.eml": lambda: HEAD + b"X-A: b\r\n" * 50_000 + b"\r\ntext",
        "words.eml": lambda: (
            b"Subject: =?utf-8?b?" + b"QUFB" * 9999 + b"?= " * 3000 + b"\r\n" + HEAD + b"\r\nx"
        ),
        "unknown-words.eml": lambda: b"Subject: =?x-none?q?a=FFb?=\r\n" + HEAD + b"\r\ntext",
        "bad-base64.eml": lambda: (
            HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n!!!not base64!!!" * 9
        ),
        "bad-charset.eml": lambda: HEAD + b"Content-Type: text/plain; charset=\x00\r\n\r\ncaf\xe9",
        "traversal.eml": lambda: HEAD + multipart(attached("../../../etc/cron.d/x", b"text")),
        "bomb-inside.eml": lambda: (
            HEAD + multipart(attached("a.docx", package("docx", b"<a>" + b" " * (70 * MEGABYTE))))
        ),
        "laughs-inside.eml": lambda: (
            HEAD + multipart(attached("a.xml", f"<?xml version='1.0'?>{laughs}<a>&x;</a>".encode()))
        ),
        "virus-inside.eml": lambda: HEAD + multipart(attached("a.exe", b"MZ\x90\x00" + bytes(99))),
        "pictures-inside.eml": lambda: HEAD + multipart(*[attached("a.png", files.image("x"))] * 3),
        "uuencoded.eml": lambda: (
            HEAD + b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a\nbroken\nend\n"
        ),
    }
