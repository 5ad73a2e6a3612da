"""The parser of PDF: the text of each page, and the pages as sections."""

import re
from typing import BinaryIO

from pypdfium2 import PdfDocument, PdfiumError  # type: ignore[import-untyped]

from ai_llm_service.domain import Extraction, Section, SectionKind
from ai_llm_service.errors import DocumentRejected
from ai_llm_service.search.extract.decode import clean

PAGE_BREAK = "\n\n"
PASSWORD_ERRORS = frozenset([4, 5])
TAIL_BYTES = 2048
MAX_NAMED_PAGES = 10

# PDFium marks a hyphen that it found at the end of a line, and joins the two lines there.
_HYPHEN = re.compile("([^\\s\ufffe\x02]{0,40})[\ufffe\x02](?:\r?\n)?(\\w?)")
_SOFT_HYPHEN_AT_END = re.compile("\u00ad\\s*\r?\n\\s*")
_LINE_END = re.compile(r"[ \t]+(?=\n)")


def parse_pdf(file: BinaryIO, name: str) -> Extraction:
    """Read page by page, or raise DocumentRejected."""
    notes: tuple[str, ...] = (
        () if _has_end(file) else ("The file is cut off at its end: pages may be missing.",)
    )
    try:
        document = PdfDocument(file)
    except PdfiumError as error:
        raise DocumentRejected(_refusal(name, error)) from error
    texts, unreadable = _page_texts(document)
    if not any(text.strip() for text in texts):
        raise DocumentRejected(_without_text(name, len(texts), len(unreadable)))
    empty = [number for number, text in enumerate(texts, 1) if not text]
    if missing := [number for number in empty if number not in unreadable]:
        notes += (f"No text on {_pages(missing)}: empty or a scan; OCR is not available.",)
    if unreadable:
        notes += (f"Damaged, so not read: {_pages(sorted(unreadable))}.",)
    return Extraction(PAGE_BREAK.join(texts), _sections(texts), None, notes)


def _has_end(file: BinaryIO) -> bool:
    size = file.seek(0, 2)
    file.seek(max(0, size - TAIL_BYTES))
    tail = file.read()
    file.seek(0)
    return b"%%EOF" in tail


def _refusal(name: str, error: PdfiumError) -> str:
    if error.err_code in PASSWORD_ERRORS:
        return f"{name} is encrypted: it opens only with a password."
    return f"{name} is not a valid PDF: it is damaged or cut off."


def _without_text(name: str, pages: int, unreadable: int) -> str:
    if pages == unreadable:
        return f"{name} is damaged: none of its pages can be read."
    if pages == 1:
        return f"{name} has no text: its only page is probably a scan; OCR is not available."
    return f"{name} has no text: its {pages} pages are probably scans; OCR is not available."


def _page_texts(document: PdfDocument) -> tuple[list[str], set[int]]:
    """Return the text of each page, and the numbers of those that PDFium could not load."""
    texts: list[str] = []
    unreadable: set[int] = set()
    for index in range(len(document)):
        try:
            texts.append(_page_text(document, index))
        except PdfiumError:
            texts.append("")
            unreadable.add(index + 1)
    return texts, unreadable


def _page_text(document: PdfDocument, index: int) -> str:
    page = document[index]
    try:
        text_page = page.get_textpage()
        raw: str = text_page.get_text_range()
        text_page.close()
    finally:
        page.close()
    text = _SOFT_HYPHEN_AT_END.sub("", _HYPHEN.sub(_join, raw))
    return _LINE_END.sub("", clean(text.replace("\u00ad", ""))).strip()


def _join(hyphen: re.Match[str]) -> str:
    """Join a word that was cut; the hyphens of numbers, names and compounds are their own."""
    before, after = hyphen[1], hyphen[2]
    is_cut = before[-1:].isalpha() and after.isalpha() and not after.isupper()
    is_compound = "-" in before or (len(before) > 1 and before.isupper())
    return before + after if is_cut and not is_compound else f"{before}-{after}"


def _sections(texts: list[str]) -> tuple[Section, ...]:
    sections: list[Section] = []
    start = 0
    for number, text in enumerate(texts, 1):
        sections.append(Section(SectionKind.PAGE, str(number), start, start + len(text)))
        start += len(text) + len(PAGE_BREAK)
    return tuple(sections)


def _pages(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"page {numbers[0]}"
    named = ", ".join(map(str, numbers[:MAX_NAMED_PAGES]))
    more = len(numbers) - MAX_NAMED_PAGES
    return f"pages {named}{f' and {more} more' if more > 0 else ''}"
