"""Hostile XML and HTML: entities, depth, and elements without number."""

# ruff: noqa: PLW0108 - a file is made when it is asked for

from collections.abc import Callable

Make = Callable[[], bytes]
MEGABYTE = 1024 * 1024
LEVELS = 9


def entity_bombs(address: str) -> dict[str, str]:
    """Prologues that declare an entity `x`, each hostile in its own way."""
    laughs = '<!ENTITY x0 "ha">' + "".join(
        f'<!ENTITY x{n} "{f"&x{n - 1};" * 10}">' for n in range(1, LEVELS)
    )
    return {
        "laughs": f'<!DOCTYPE a [{laughs}<!ENTITY x "&x{LEVELS - 1};">]>',
        "quadratic": f'<!DOCTYPE a [<!ENTITY x "{"x" * 50_000}">]>',
        "file": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        "remote": f'<!DOCTYPE a [<!ENTITY x SYSTEM "{address}entity">]>',
        "remote-dtd": f'<!DOCTYPE a SYSTEM "{address}dtd"><!-- -->',
        "parameter": f'<!DOCTYPE a [<!ENTITY % p SYSTEM "{address}p">%p;<!ENTITY x "y">]>',
        "endless": '<!DOCTYPE a [<!ENTITY x "&y;"><!ENTITY y "&x;">]>',
        "device": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///dev/zero">]>',
    }


def hostile(address: str) -> dict[str, Make]:
    return {**_xml(address), **_elsewhere(address), **_html()}


def _xml(address: str) -> dict[str, Make]:
    head = '<?xml version="1.0"?>'
    bombs: dict[str, Make] = {
        f"{name}.xml": f"{head}{dtd}<a b='&x;'>&x;{'&x;' * 500}</a>".encode
        for name, dtd in entity_bombs(address).items()
    }
    return {
        **bombs,
        "utf16-entity.xml": lambda: (
            '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'
        ).encode("utf-16"),
        "deep.xml": lambda: head.encode() + b"<a>" * 500_000,
        "deep-closed.xml": lambda: head.encode() + b"<a>" * 50_000 + b"</a>" * 50_000,
        "wide.xml": lambda: head.encode() + b"<a>" + b"<b/>" * 500_000 + b"</a>",
        "attributes.xml": lambda: (
            head.encode() + b"<a " + b" ".join(b'a%d="1"' % n for n in range(50_000)) + b"/>"
        ),
        "long-attribute.xml": lambda: head.encode() + b'<a b="' + b"x" * (4 * MEGABYTE) + b'"/>',
        "long-name.xml": lambda: head.encode() + b"<" + b"a" * MEGABYTE + b"/>",
        "open-comment.xml": lambda: head.encode() + b"<a><!--" + b"-" * MEGABYTE,
        "open-cdata.xml": lambda: head.encode() + b"<a><![CDATA[" + b"x" * MEGABYTE,
        "namespaces.xml": lambda: (
            head.encode()
            + b"".join(b'<a xmlns:n%d="urn:%d">' % (n, n) for n in range(200))
            + b"</a>" * 200
        ),
    }


def _elsewhere(address: str) -> dict[str, Make]:
    """What wants other files."""
    head = '<?xml version="1.0"?>'
    return {
        "include.xml": lambda: (
            f'{head}<a xmlns:xi="http://www.w3.org/2001/XInclude">'
            f'<xi:include href="file:///etc/passwd" parse="text"/>text</a>'
        ).encode(),
        "stylesheet.xml": lambda: (
            f'{head}<?xml-stylesheet type="text/xsl" href="{address}x.xsl"?><a>text</a>'.encode()
        ),
        "schema.xml": lambda: (
            f'{head}<a xmlns:i="http://www.w3.org/2001/XMLSchema-instance" '
            f'i:noNamespaceSchemaLocation="{address}x.xsd">text</a>'.encode()
        ),
        "script.svg": lambda: (
            f'{head}<svg><script>fetch("{address}")</script><text>seen</text></svg>'.encode()
        ),
        "encoding.xml": lambda: b'<?xml version="1.0" encoding="x-unknown"?><a>text</a>',
    }


def _html() -> dict[str, Make]:
    start = b"<html><body>"
    return {
        "divs.html": lambda: start + b"<div>" * 2_000_000,
        "formats.html": lambda: start + b"<b>" * 200_000,
        "many.html": lambda: start + b"<p>a</p>" * 1_000_000,
        "deep-200.html": lambda: start + (b"<div>" * 200 + b"x" + b"</div>" * 200) * 2000,
        "adoption.html": lambda: start + b"<a><div>" * 20_000,
        "reopened.html": lambda: (
            start + b"".join(b"<b id=%d>" % n for n in range(3000)) + b"<p>x" * 3000
        ),
        "tables.html": lambda: start + b"<table><tr><td>" * 20_000,
        "foster.html": lambda: start + b"<table>" + b"x<b>" * 50_000,
        "attributes.html": lambda: start + b"<p " + b" ".join(b"a%d=1" % n for n in range(100_000)),
        "open-comment.html": lambda: start + b"<!--" + b"-" * (2 * MEGABYTE),
        "open-script.html": lambda: start + b"<script>" + b"x" * (2 * MEGABYTE),
        "angles.html": lambda: start + b"<" * (2 * MEGABYTE),
        "charset.html": lambda: b"<html><meta charset=utf-7>+ADw-script+AD4- text",
        "unknown-charset.html": lambda: b"<html><meta charset=x-none>caf\xe9 text",
        "selects.html": lambda: start + b"<select><option>" * 50_000,
        "templates.html": lambda: start + b"<template>" * 15_000,
        "style.html": lambda: start + b"<p style='" + b"display:" * 100_000 + b"'>text",
        "null.html": lambda: start + b"a\x00<\x00p>b" * 10_000,
    }
