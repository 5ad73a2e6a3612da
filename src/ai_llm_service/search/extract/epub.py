"""The parser of EPUB books: the chapters in the order in which they are read."""

from ai_llm_service.domain import Extraction, SectionKind
from ai_llm_service.errors import DocumentRejected
from ai_llm_service.search.extract.html import decode_html, write_html
from ai_llm_service.search.extract.package import attributes_in, joined
from ai_llm_service.search.extract.source import Source
from ai_llm_service.search.extract.writer import TextWriter
from ai_llm_service.search.extract.zip_gate import GatedZip

CONTAINER = "META-INF/container.xml"
LOCK = "META-INF/encryption.xml"
PAGES = frozenset(["application/xhtml+xml", "text/html", "application/x-dtbook+xml"])


def parse_epub(source: Source) -> Extraction:
    """Read chapter by chapter; each is a part, and its headings are sections within."""
    package = GatedZip(source.file, source.name)
    chapters = _chapters(package, source.name)
    writer = TextWriter()
    for number, chapter in enumerate(chapters, 1):
        writer.mark(SectionKind.PART, chapter.rpartition("/")[2])
        write_html(decode_html(package.read(chapter)).text, writer, source.name)
        source.told(number, len(chapters))
    if not writer.text().strip() and package.has(LOCK):
        raise DocumentRejected(f"{source.name} is encrypted: it can't be read without its key.")
    return Extraction(writer.text(), writer.sections())


def _chapters(package: GatedZip, name: str) -> list[str]:
    roots = attributes_in(package, CONTAINER, name, "rootfile")
    book = next((each.get("full-path", "") for _, each in roots), "")
    if not package.has(book):
        raise DocumentRejected(f"{name} is not a complete EPUB: its table of parts is missing.")
    listed = attributes_in(package, book, name, "item", "itemref")
    parts = {
        each.get("id", ""): joined(book, each.get("href", ""))
        for tag, each in listed
        if tag == "item" and each.get("media-type") in PAGES
    }
    order = [parts.get(each.get("idref", ""), "") for tag, each in listed if tag == "itemref"]
    # A book may name a chapter twice; its text is read once.
    chapters = [part for part in dict.fromkeys(order) if package.has(part)]
    if not chapters:
        raise DocumentRejected(f"{name} has no chapters that can be read.")
    return chapters
