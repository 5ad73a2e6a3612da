"""Each format of files, from what a program wrote to canonical text and map."""

from pathlib import Path

import pytest

from ai_llm_service.domain import Extraction, SectionKind, header_of, place_of, rows_of
from ai_llm_service.errors import DocumentRejected
from ai_llm_service.search.extract.media_types import KNOWN, note_on_name
from ai_llm_service.search.extract.ocr import find_ocr_tool
from ai_llm_service.search.extract.registry import PARSERS
from ai_llm_service.search.extract.sandbox import Extractor
from ai_llm_service.search.extract.sniff import sniff
from tests import files, old_workbooks

OCR = find_ocr_tool()
needs_ocr = pytest.mark.skipif(OCR is None, reason="tesseract is not installed")


def read(folder: Path, name: str, data: bytes, extractor: Extractor | None = None) -> Extraction:
    path = folder / "stored"
    path.write_bytes(data)
    with path.open("rb") as file:
        media_type = sniff(data, name, file)
    return (extractor or Extractor()).extract(path, media_type, name)


def labels(extraction: Extraction, kind: SectionKind) -> dict[str, str]:
    """The text of each section of a kind, by its label."""
    return {
        section.label: extraction.text[section.start : section.end].strip()
        for section in extraction.sections
        if section.kind is kind
    }


def test_each_type_that_is_known_has_a_parser() -> None:
    assert set(PARSERS) == set(KNOWN)


def test_a_word_document(tmp_path: Path) -> None:
    extraction = read(tmp_path, "plan.docx", files.word())
    assert extraction.text == (
        "The plan\n\nWe drill three wells.\n\n- Pune first\n\nTown | Wells\nPune | 3\n\n"
        "Costs\n\nEach well costs 40,000 rupees.\n\nFooters:\n\nInternal"
    )
    headings = labels(extraction, SectionKind.HEADING)
    assert list(headings) == ["The plan", "Costs"]
    assert place_of(extraction, extraction.text.index("40,000")).heading == "Costs"


def test_slides_with_their_notes(tmp_path: Path) -> None:
    extraction = read(tmp_path, "deck.pptx", files.slides())
    assert labels(extraction, SectionKind.SLIDE) == {
        "1": "Wells\n\nThree are dry\nNotes:\nSay why",
        "2": "Money\n\nNone left",
    }
    place = place_of(extraction, extraction.text.index("None left"))
    assert (place.slide, place.heading) == (2, "Money")


def test_a_workbook_keeps_the_numbers_of_its_rows(tmp_path: Path) -> None:
    cells = {"B3": "Town", "C3": "Wells", "B4": "Pune", "C4": 3, "B8": "Goa\nNorth", "C8": 1.25}
    data = files.workbook({"Drilled": cells, "Nothing": {}, "More": {"A1": 7, "A2": True}})
    extraction = read(tmp_path, "wells.xlsx", data)
    assert extraction.text == "Drilled\nTown | Wells\nPune | 3\nGoa North | 1.25\n\nMore\n7\nTRUE\n"
    assert list(labels(extraction, SectionKind.SHEET)) == ["Drilled", "More"]
    assert labels(extraction, SectionKind.HEADER) == {"3": "Town | Wells"}
    place = place_of(extraction, extraction.text.index("Goa"))
    assert (place.sheet, place.row) == ("Drilled", 8)
    header = header_of(extraction, extraction.text.index("Pune"))
    assert header is not None
    assert header.label == "3"


@pytest.mark.parametrize("kind", ["xls", "xlsb"])
def test_a_workbook_of_an_older_program(tmp_path: Path, kind: str) -> None:
    write = old_workbooks.xls if kind == "xls" else old_workbooks.xlsb
    data = write("Drilled", [["Town", "Wells"], ["Pune", 3.0], ["Goa", 1.25]])
    extraction = read(tmp_path, f"wells.{kind}", data)
    assert extraction.text == "Drilled\nTown | Wells\nPune | 3\nGoa | 1.25\n"
    place = place_of(extraction, extraction.text.index("Goa"))
    assert (place.sheet, place.row) == ("Drilled", 3)


def test_a_spreadsheet_of_open_document(tmp_path: Path) -> None:
    body = (
        "<office:spreadsheet><table:table table:name='S'>"
        "<table:table-row><table:table-cell office:value-type='string'><text:p>Town</text:p>"
        "</table:table-cell></table:table-row><table:table-row><table:table-cell "
        "office:value-type='float' office:value='3'><text:p>3</text:p></table:table-cell>"
        "</table:table-row></table:table></office:spreadsheet>"
    )
    extraction = read(tmp_path, "s.ods", files.open_document("spreadsheet", body))
    assert extraction.text == "S\nTown\n3\n"


def test_a_text_of_open_document(tmp_path: Path) -> None:
    body = (
        "<office:text><text:tracked-changes><text:p>gone</text:p></text:tracked-changes>"
        "<text:h text:outline-level='1'>Plan</text:h><text:p>Two<text:s/>wells,<text:line-break/>"
        "both <text:span>dry</text:span>.</text:p><text:list><text:list-item><text:p>one</text:p>"
        "</text:list-item></text:list></office:text>"
    )
    extraction = read(tmp_path, "p.odt", files.open_document("text", body))
    assert extraction.text == "Plan\n\nTwo wells,\nboth dry.\n\n- one"
    assert list(labels(extraction, SectionKind.HEADING)) == ["Plan"]


def test_a_presentation_of_open_document(tmp_path: Path) -> None:
    page = "<draw:page><draw:frame><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>"
    body = "".join(f"{page.format(word)}</draw:page>" for word in ("first", "second"))
    data = files.open_document("presentation", f"<office:presentation>{body}</office:presentation>")
    assert labels(read(tmp_path, "p.odp", data), SectionKind.SLIDE) == {
        "1": "first",
        "2": "second",
    }


def test_a_book_in_the_order_of_its_spine(tmp_path: Path) -> None:
    page = "<html><body><h1>{}</h1><p>It rains.</p></body></html>"
    extraction = read(tmp_path, "b.epub", files.book(page.format("Two"), page.format("One")))
    assert extraction.text == "One\n\nIt rains.\n\nTwo\n\nIt rains."
    assert list(labels(extraction, SectionKind.PART)) == ["c1.xhtml", "c0.xhtml"]
    assert list(labels(extraction, SectionKind.HEADING)) == ["One", "Two"]


def test_a_mail_with_its_attachments(tmp_path: Path) -> None:
    inner = files.mail("Deeper", {"rows.csv": b"town,wells\nPune,3\n"})
    attached = {"plan.docx": files.word(), "virus.exe": b"MZ\x90\x00" + bytes(99), "in.eml": inner}
    extraction = read(tmp_path, "m.eml", files.mail("See attached.", attached, "<p>See <b>a</b>."))
    parts = labels(extraction, SectionKind.PART)
    assert list(parts) == ["message", "plan.docx", "in.eml", "rows.csv"]
    assert parts["message"].endswith("Deeper")
    assert extraction.text.startswith(
        "From: Anna Müller <anna@example.org>\nTo: ben@example.org\nSubject: Wells in März\n\n"
        "See attached.\n\nAttachment: plan.docx\n\nThe plan"
    )
    place = place_of(extraction, extraction.text.index("Pune,3"))
    assert (place.part, place.row) == ("rows.csv", 2)
    assert "virus.exe is an executable" in " ".join(extraction.notes)


def test_mails_in_mails_are_opened_only_so_deep(tmp_path: Path) -> None:
    data = files.mail("the innermost")
    for number in range(8):
        data = files.mail(f"mail {number}", {"m.eml": data})
    extraction = read(tmp_path, "m.eml", data)
    assert "the innermost" not in extraction.text
    assert "too deep" in extraction.notes[-1]


def test_rtf_of_an_old_code_page(tmp_path: Path) -> None:
    data = rb"{\rtf1\ansi\ansicpg1251{\fonttbl\f0 Arial;}\f0 \'cf\'f0\'e8\'e2\'e5\'f2\par two}"
    extraction = read(tmp_path, "a.rtf", data)
    assert extraction.text == "Привет\ntwo"
    assert extraction.encoding == "cp1251"


def test_xml_is_read_without_its_marks(tmp_path: Path) -> None:
    data = (
        b"<?xml version='1.0' encoding='iso-8859-1'?><wells><!-- no --><well id='7'><town>Pune"
        b"</town><depth unit='m'>12</depth></well><well><note>Caf\xe9, <b>dry</b> since May.</note>"
        b"</well></wells>"
    )
    extraction = read(tmp_path, "w.xml", data)
    assert extraction.text == (
        "well (id=7)\ntown: Pune\ndepth (unit=m): 12\n\nnote: Café, dry since May."
    )


def test_xml_that_declares_entities_is_refused(tmp_path: Path) -> None:
    data = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hosts">]><a>&x;</a>'
    with pytest.raises(DocumentRejected, match="entities"):
        read(tmp_path, "a.xml", data)


def test_rows_of_a_table_with_breaks_within_cells(tmp_path: Path) -> None:
    data = b'town,note\nPune,"dry\nsince May"\nGoa,wet\n"Nagpur\nEast","a\nb"\nLeh,"stray\n'
    extraction = read(tmp_path, "t.csv", data)
    text = extraction.text
    assert text == data.decode()
    assert rows_of(extraction, text.index("Pune"), text.index("May")) == (2, 2)
    assert [place_of(extraction, text.index(word)).row for word in ("Goa", "East", "Leh")] == [
        3,
        4,
        5,
    ]
    assert labels(extraction, SectionKind.HEADER) == {"1": "town,note"}


def test_a_table_without_names_of_columns_has_no_header(tmp_path: Path) -> None:
    extraction = read(tmp_path, "t.csv", b"1,2\n3,4\n")
    assert labels(extraction, SectionKind.HEADER) == {}


def test_records_of_json_lines_are_rows(tmp_path: Path) -> None:
    extraction = read(tmp_path, "r.jsonl", b'{"a": 1}\n{"a": 2}\n')
    assert place_of(extraction, extraction.text.rindex("a")).row == 2


@needs_ocr
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_a_picture_is_read_by_ocr(tmp_path: Path, kind: str) -> None:
    data = files.image("Invoice 4711 total 95 rupees", kind)
    extraction = read(tmp_path, f"a.{kind.lower()}", data, Extractor(ocr=OCR))
    assert extraction.text == "Invoice 4711 total 95 rupees"
    assert "OCR" in extraction.notes[0]


@needs_ocr
def test_the_pages_of_a_fax_are_pages(tmp_path: Path) -> None:
    data = files.image("first sheet", "TIFF", ["second sheet"])
    pages = labels(read(tmp_path, "a.tif", data, Extractor(ocr=OCR)), SectionKind.PAGE)
    assert pages == {"1": "first sheet", "2": "second sheet"}


@needs_ocr
def test_the_scanned_pages_of_a_pdf_are_read_by_ocr(tmp_path: Path) -> None:
    data = files.scanned_pdf("Wells were drilled", "in March", text_pages=["A page of text."])
    told: list[tuple[int, int]] = []
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    extraction = Extractor(ocr=OCR).extract(
        path, "application/pdf", "a.pdf", lambda done, total: told.append((done, total))
    )
    assert labels(extraction, SectionKind.PAGE) == {
        "1": "A page of text.",
        "2": "Wells were drilled",
        "3": "in March",
    }
    assert extraction.notes == ("Read by OCR, so with possible errors: pages 2, 3.",)
    assert told[-1] == (3, 3)


def test_without_ocr_a_picture_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DocumentRejected, match="package tesseract-ocr"):
        read(tmp_path, "a.png", files.image("x"))


def test_without_ocr_the_text_pages_of_a_pdf_are_read(tmp_path: Path) -> None:
    data = files.scanned_pdf("scan", text_pages=["A page of text."])
    extraction = read(tmp_path, "a.pdf", data)
    assert labels(extraction, SectionKind.PAGE) == {"1": "A page of text.", "2": ""}
    assert extraction.notes[0].startswith("No text on page 2: it needs OCR")


def test_a_name_that_disagrees_is_told() -> None:
    assert note_on_name("a.txt", "text/csv") == (
        "The name says plain text, but the content is CSV.",
    )
    assert note_on_name("a.txt", "text/markdown") == ()
    assert note_on_name("noname", "application/pdf") == ()
