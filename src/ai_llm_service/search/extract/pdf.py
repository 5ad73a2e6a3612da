"""The parser of PDF: the text of each page, scans by OCR, and the pages as sections."""

import re
from typing import BinaryIO

from pypdfium2 import PdfDocument, PdfiumError  # type: ignore[import-untyped]

from ai_llm_service.domain import Extraction
from ai_llm_service.errors import DocumentRejected
from ai_llm_service.search.extract.decode import clean
from ai_llm_service.search.extract.ocr import NEEDS_OCR
from ai_llm_service.search.extract.pages import join_pages
from ai_llm_service.search.extract.pdf_scans import pages_with_content, read_scans
from ai_llm_service.search.extract.source import Source

PASSWORD_ERRORS = frozenset([4, 5])
TAIL_BYTES = 2048
MAX_NAMED_PAGES = 10
# No page takes less of a file, however well it is packed: its reference alone has about that.
MIN_PAGE_BYTES = 8

# PDFium marks a hyphen that it found at the end of a line, and joins the two lines there.
_HYPHEN = re.compile("([^\\s\ufffe\x02]{0,40})[\ufffe\x02](?:\r?\n)?(\\w?)")
_SOFT_HYPHEN_AT_END = re.compile("\u00ad\\s*\r?\n\\s*")
_LINE_END = re.compile(r"[ \t]+(?=\n)")


def parse_pdf(source: Source) -> Extraction:
    """Read page by page, or raise DocumentRejected."""
    notes: tuple[str, ...] = (
        () if _has_end(source.file) else ("The file is cut off at its end: pages may be missing.",)
    )
    try:
        document = PdfDocument(source.file)
    except PdfiumError as error:
        raise DocumentRejected(_refusal(source.name, error)) from error
    # Pages are found one by one from the first: of so many that are none, it takes forever.
    if len(document) * MIN_PAGE_BYTES > source.file.seek(0, 2):
        raise DocumentRejected(f"{source.name} claims more pages than a file of its size can hold.")
    texts, unreadable = _page_texts(document, source)
    empty = [number for number, text in enumerate(texts, 1) if not text]
    scans = pages_with_content(document, [page for page in empty if page not in unreadable])
    notes += _read_scans(document, source, texts, scans)
    if not any(texts):
        raise DocumentRejected(f"{source.name} {_why_no_text(source, texts, unreadable, scans)}")
    source.told(len(texts), len(texts))
    if unreadable:
        notes += (f"Damaged, so not read: {_pages(sorted(unreadable))}.",)
    return Extraction(*join_pages(texts), None, notes)


def _read_scans(
    document: PdfDocument, source: Source, texts: list[str], scans: list[int]
) -> tuple[str, ...]:
    """Fill in the pages that hold something but no text; tell which were and which were not."""
    if not scans:
        return ()
    if source.ocr is None:
        return (f"No text on {_pages(scans)}: {NEEDS_OCR}.",)
    for number, text in read_scans(document, scans, source):
        texts[number - 1] = _LINE_END.sub("", clean(text)).strip()
    read = [number for number in scans if texts[number - 1]]
    missed = [number for number in scans if not texts[number - 1]]
    notes = (f"Read by OCR, so with possible errors: {_pages(read)}.",) if read else ()
    return notes + ((f"No text was found by OCR on {_pages(missed)}.",) if missed else ())


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


def _why_no_text(source: Source, texts: list[str], unreadable: set[int], scans: list[int]) -> str:
    pages = len(texts)
    if pages == len(unreadable):
        return "is damaged: none of its pages can be read."
    if not scans:
        return "has no text: nothing is drawn on its pages."
    why = "no text was found by OCR" if source.ocr else NEEDS_OCR
    if pages == 1:
        return f"has no text: its only page is probably a scan; {why}."
    return f"has no text: its {pages} pages are probably scans; {why}."


def _page_texts(document: PdfDocument, source: Source) -> tuple[list[str], set[int]]:
    """Return the text of each page, and the numbers of those that PDFium could not load."""
    texts: list[str] = []
    unreadable: set[int] = set()
    count, read = len(document), 0
    for index in range(count):
        try:
            texts.append(_page_text(document, index))
        except PdfiumError:
            texts.append("")
            unreadable.add(index + 1)
        # A page without text may be a scan, which is read later.
        read += bool(texts[-1])
        source.told(read, count)
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


def _pages(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"page {numbers[0]}"
    named = ", ".join(map(str, numbers[:MAX_NAMED_PAGES]))
    more = len(numbers) - MAX_NAMED_PAGES
    return f"pages {named}{f' and {more} more' if more > 0 else ''}"
