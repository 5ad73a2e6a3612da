"""From files to canonical texts, through the child process."""

import json
from pathlib import Path

import pytest

from ai_llm_service.domain import SectionKind
from ai_llm_service.errors import UnsupportedFileType
from ai_llm_service.search.extract.sniff import sniff
from tests.files import pdf, scanned_pdf
from tests.reading import read, rejection


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        ("a.txt", b"plain", "text/plain"),
        ("a.log", b"[12:00] x", "text/plain"),
        ("a.txt", b"id,name\n1,a\n", "text/csv"),
        ("a.txt", b"Dear Anna,\nthanks, and goodbye\n", "text/plain"),
        ("a.log", b"time,level\n1,a\n", "text/plain"),
        ("a.txt", b"id\tname\n1\ta\n", "text/tab-separated-values"),
        ("rows.txt", b'{"a": 1}\n{"a": 2}\n', "application/x-ndjson"),
        ("feed", b'<?xml version="1.0"?><feed/>', "application/xml"),
        ("Makefile", b"all:\n\ttrue\n", "text/x-source"),
        ("a.yml", b"a: 1\n", "application/yaml"),
        ("a.eml", b"From: a@b.c\nSubject: x\n\nhi\n", "message/rfc822"),
        ("a.eml", b"only text", "text/plain"),
        ("a.txt", b"{\\rtf1 text}", "application/rtf"),
        ("a.csv", b"<!DOCTYPE html><p>a", "text/html"),
        ("a.CSV", b"id,name\n1,a\n", "text/csv"),
        ("a.tsv", b"id\tname\n", "text/tab-separated-values"),
        ("a.md", b"# A", "text/markdown"),
        ("a.json", b'{"a": 1}', "application/json"),
        ("noname", b'{"a": 1}', "application/json"),
        ("a.html", b"<p>a", "text/html"),
        ("page", b"<!-- x --> <!DOCTYPE html><p>a", "text/html"),
        ("a.txt", pdf(["x"]), "application/pdf"),
        ("a.pdf", b"only text", "text/plain"),
        ("a.pdf", b"<html> about %PDF-1.4 files", "text/html"),
        ("a.txt", "caf\xe9 cr\xe8me".encode("cp1252"), "text/plain"),
        ("a.txt", "हिन्दी".encode()[:-1], "text/plain"),
        ("a.txt", "हिन्दी".encode("utf-16"), "text/plain"),
        (
            "a.txt",
            "no mark, “quoted”: only plain and boring text".encode("utf-16-le"),
            "text/plain",
        ),
        ("a.csv", "id,name\n1,Anna".encode("utf-16-be"), "text/csv"),
        ("a.txt", b"", "text/plain"),
    ],
)
def test_content_decides_the_type_and_the_name_the_kind_of_text(
    name: str, data: bytes, media_type: str
) -> None:
    assert sniff(data, name) == media_type


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x7fELF\x02\x01\x01" + bytes(60), "an executable"),
        (b"MZ\x90\x00" + bytes(60), "an executable"),
        (b"PK\x03\x04" + bytes(30) + b"a.txt", "a ZIP archive"),
        (b"\x1f\x8b\x08" + bytes(30), "a gzip archive"),
        (b"GIF89a" + b"text", "a GIF image"),
        (b"BM" + bytes(60), "an image"),
        (bytes(range(256)) * 8, "a binary file"),
        (bytes(200), "a binary file"),
        (b"junk\x00\x01" + pdf(["x"]), "PDF behind other content"),
        (b"<html><body>\n" + pdf(["x"]), "PDF behind other content"),
    ],
)
def test_what_is_no_text_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnsupportedFileType, match=reason) as caught:
        sniff(data, "notes.txt")
    assert caught.value.message.startswith("notes.txt")


def test_a_text_is_kept_as_it_is(tmp_path: Path) -> None:
    extraction = read(tmp_path, "a.txt", "\ufeffone\r\ntwo\rthree\x00\x1b \t四\n".encode())
    assert extraction.text == "one\ntwo\nthree   \t四\n"
    assert extraction.encoding == "utf-8"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("The café’s naïve menu — crème brûlée.", "cp1252"),
        ("Привет, как дела? Это текст о погоде и городе.", "cp1251"),
        ("हिन्दी और English", "utf-16"),
        ("No mark, but plain and boring text, “quoted” once.", "utf-16-le"),
        ("No mark, but plain and boring text.", "utf-16-be"),
    ],
)
def test_old_encodings_are_recognised(tmp_path: Path, text: str, encoding: str) -> None:
    extraction = read(tmp_path, "a.txt", text.encode(encoding))
    assert extraction.text == text
    assert (extraction.encoding or "").startswith(encoding)


def test_one_bad_byte_does_not_spoil_a_text(tmp_path: Path) -> None:
    extraction = read(tmp_path, "a.log", "नमस्ते दुनिया ".encode() * 5 + b"\xff end")
    assert extraction.text.startswith("नमस्ते दुनिया")
    assert extraction.text.endswith("\ufffd end")
    assert "1 places" in extraction.notes[0]


def test_headings_of_markdown_are_sections(tmp_path: Path) -> None:
    extraction = read(tmp_path, "a.md", b"intro\n# One #\ntext\n```\n# code\n```\n## Two\nmore\n")
    assert [(s.kind, s.label) for s in extraction.sections] == [
        (SectionKind.HEADING, "One"),
        (SectionKind.HEADING, "Two"),
    ]
    second = extraction.sections[1]
    assert extraction.text[second.start : second.end] == "## Two\nmore\n"


def test_json_of_one_line_gets_a_line_for_each_record(tmp_path: Path) -> None:
    records = [{"id": n, "name": f"x, [{n}", "tags": [1, 2.50]} for n in range(40)]
    extraction = read(tmp_path, "a.json", json.dumps({"rows": records}).encode())
    assert json.loads(extraction.text) == {"rows": records}
    assert '\n  {"id": 7, "name": "x, [7", "tags": [1, 2.5]},\n' in extraction.text


def test_broken_json_is_read_as_text_and_says_so(tmp_path: Path) -> None:
    extraction = read(tmp_path, "a.json", b'{"a": 1,')
    assert extraction.text == '{"a": 1,'
    assert "not JSON" in extraction.notes[0]


def test_html_is_read_as_a_reader_sees_it(tmp_path: Path) -> None:
    page = (
        "<html><head><title>no</title><style>no</style></head><body><h1>Big\n <b>news</b></h1>"
        "<p>a<br>b &amp; c<script>no</script></p><p hidden>no</p>"
        "<table><tr><th>k<th>v<tr><td>1<td><p>x</p></table><ul><li>one<li>two</ul>"
        "<div style='display:none'>no</div><h2>Last</h2>end</body></html>"
    )
    extraction = read(tmp_path, "a.html", page.encode())
    assert extraction.text == (
        "Big news\n\na\nb & c\n\nk | v\n1 | x\n\n- one\n- two\n\nLast\n\nend"
    )
    assert [s.label for s in extraction.sections] == ["Big news", "Last"]
    last = extraction.sections[1]
    assert extraction.text[last.start : last.end] == "Last\n\nend"


def test_html_says_its_own_encoding(tmp_path: Path) -> None:
    page = "<html><meta charset='windows-1251'><body>Привет".encode("cp1251")
    assert read(tmp_path, "a.html", page).text == "Привет"


def test_a_page_nested_without_end_is_read(tmp_path: Path) -> None:
    assert read(tmp_path, "a.html", b"<html>" + b"<div>" * 5_000 + b"deep").text == "deep"


def test_a_pdf_keeps_its_pages(tmp_path: Path) -> None:
    extraction = read(tmp_path, "a.pdf", pdf(["One won-", "derful page."], [], ["Three."]))
    assert [(s.kind, s.label) for s in extraction.sections] == [
        (SectionKind.PAGE, "1"),
        (SectionKind.PAGE, "2"),
        (SectionKind.PAGE, "3"),
    ]
    texts = [extraction.text[s.start : s.end] for s in extraction.sections]
    assert texts == ["One wonderful page.", "", "Three."]
    assert extraction.notes == ()


def test_a_pdf_without_text_says_whether_it_is_a_scan(tmp_path: Path) -> None:
    assert rejection(tmp_path, "a.pdf", pdf([], [])) == (
        "a.pdf has no text: nothing is drawn on its pages."
    )
    assert rejection(tmp_path, "report.pdf", scanned_pdf("one", "two")) == (
        "report.pdf has no text: its 2 pages are probably scans; it needs OCR, and the program "
        "tesseract is not installed here (package tesseract-ocr)."
    )


def test_an_encrypted_pdf_says_so(tmp_path: Path) -> None:
    message = rejection(tmp_path, "a.pdf", pdf(["x"], password="secret"))
    assert message == "a.pdf is encrypted: it opens only with a password."


@pytest.mark.parametrize("size", [10, 400])
def test_a_broken_pdf_says_so(tmp_path: Path, size: int) -> None:
    assert "not a valid PDF" in rejection(tmp_path, "a.pdf", pdf(["x"])[:size])


@pytest.mark.parametrize("data", [b"", b" \n\t", b"\x00\n" + b" " * 50])
def test_a_text_without_text_is_refused(tmp_path: Path, data: bytes) -> None:
    assert rejection(tmp_path, "a.txt", data) == "a.txt has no text."
