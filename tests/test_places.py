"""Where a character stands, as a citation tells it."""

from ai_llm_service.domain import (
    Extraction,
    Place,
    Section,
    SectionKind,
    header_of,
    place_of,
    rows_of,
)

BOOK = Extraction(
    "name | age\nAnna | 3\nBen | 4\n\ncity\nPune",
    (
        Section(SectionKind.SHEET, "People", 0, 29),
        Section(SectionKind.HEADER, "2", 0, 10),
        Section(SectionKind.ROWS, "2", 0, 28),
        Section(SectionKind.SHEET, "Cities", 29, 38),
        Section(SectionKind.ROWS, "7", 29, 38),
    ),
)


def test_a_row_is_numbered_as_the_spreadsheet_does() -> None:
    assert place_of(BOOK, BOOK.text.index("Ben")) == Place(sheet="People", row=4, line=3)
    assert place_of(BOOK, BOOK.text.index("Pune")) == Place(sheet="Cities", row=8, line=6)
    assert place_of(BOOK, 0) == Place(sheet="People", row=2, line=1)
    assert rows_of(BOOK, BOOK.text.index("Anna"), BOOK.text.index(" | 4")) == (3, 4)


def test_a_table_has_its_own_header_and_no_others() -> None:
    header = header_of(BOOK, BOOK.text.index("Ben"))
    assert header is not None
    assert BOOK.text[header.start : header.end] == "name | age"
    assert header_of(BOOK, BOOK.text.index("Pune")) is None


def test_an_inner_section_goes_before_the_one_around_it() -> None:
    mail = Extraction(
        "Hello\npage one\nin it",
        (
            Section(SectionKind.PART, "message", 0, 5),
            Section(SectionKind.PART, "report.pdf", 6, 20),
            Section(SectionKind.PAGE, "12", 6, 20),
            Section(SectionKind.PART, "its attachment", 15, 20),
        ),
    )
    assert place_of(mail, 2) == Place(part="message", line=1)
    assert place_of(mail, 8) == Place(page=12, part="report.pdf", line=2)
    assert place_of(mail, 16) == Place(page=12, part="its attachment", line=3)


def test_a_row_of_several_lines_is_one_row() -> None:
    table = Extraction('a,"b\nc"\nd,e', (Section(SectionKind.ROW, "9", 0, 7),))
    assert place_of(table, 5) == Place(row=9, line=2)
    assert rows_of(table, 0, 3) == (9, 9)
    assert rows_of(Extraction("plain"), 0, 3) is None


def test_a_slide_and_a_heading_are_told() -> None:
    deck = Extraction(
        "Plan\nwork",
        (Section(SectionKind.SLIDE, "3", 0, 9), Section(SectionKind.HEADING, "Plan", 0, 9)),
    )
    assert place_of(deck, 6) == Place(slide=3, heading="Plan", line=2)
