"""The parser of PowerPoint files: slide by slide, with tables, diagrams and speaker's notes."""

from collections.abc import Mapping

from ai_llm_service.domain import Extraction, SectionKind
from ai_llm_service.errors import DocumentRejected
from ai_llm_service.search.extract.package import attributes_in, relations
from ai_llm_service.search.extract.safe_xml import read_part
from ai_llm_service.search.extract.source import Source
from ai_llm_service.search.extract.writer import TextWriter
from ai_llm_service.search.extract.zip_gate import GatedZip

MAIN_PART = "ppt/presentation.xml"
TITLES = frozenset(["title", "ctrTitle"])
# Of the page, not of what it says.
FURNITURE = frozenset(["sldNum", "dt", "ftr", "hdr", "sldImg"])
TABLE_TAGS = {"tbl": "table", "tr": "tr", "tc": "td"}


def parse_pptx(source: Source) -> Extraction:
    """Read the slides in the order in which they are shown."""
    package = GatedZip(source.file, source.name)
    slides = _slides(package, source.name)
    writer = TextWriter()
    for number, slide in enumerate(slides, 1):
        writer.mark(SectionKind.SLIDE, str(number))
        _write_slide(package, slide, writer, source.name)
        source.told(number, len(slides))
    return Extraction(writer.text(), writer.sections())


def _slides(package: GatedZip, name: str) -> list[str]:
    used = relations(package, MAIN_PART, name)
    listed = attributes_in(package, MAIN_PART, name, "sldId")
    # The attribute `id` of the namespace of relations comes after the number of the same name.
    targets = [used[each["id"]].target for _, each in listed if each.get("id", "") in used]
    slides = [target for target in targets if package.has(target)]
    if not slides:
        raise DocumentRejected(f"{name} has no slides.")
    return slides


def _write_slide(package: GatedZip, slide: str, writer: TextWriter, name: str) -> None:
    read_part(package.read(slide), Shapes(writer), name)
    used = relations(package, slide, name).values()
    for each in used:
        if each.kind == "diagramData" and package.has(each.target):
            read_part(package.read(each.target), Shapes(writer), name)
    for each in used:
        if each.kind == "notesSlide" and package.has(each.target):
            _write_notes(package.read(each.target), writer, name)


def _write_notes(part: bytes, writer: TextWriter, name: str) -> None:
    notes = TextWriter()
    read_part(part, Shapes(notes), name)
    lines = notes.text().strip().split("\n")
    for line in ["Notes:", *lines] if lines[0] else []:
        writer.block("div", line)


class Shapes:
    """Writes the paragraphs of the shapes of a slide; that of a title is a heading."""

    def __init__(self, writer: TextWriter) -> None:
        self._writer = writer
        self._placeholder = ""
        self._paragraph: list[str] | None = None
        self._in_text = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag in {"sp", "graphicFrame", "pic"}:
            self._placeholder = ""
        elif tag == "ph":
            self._placeholder = attributes.get("type", "")
        elif tag in TABLE_TAGS:
            self._writer.enter(TABLE_TAGS[tag])
        elif tag == "p":
            self._paragraph = []
        elif tag == "br" and self._paragraph is not None:
            self._paragraph.append(" ")
        self._in_text = tag == "t"

    def end(self, tag: str) -> None:
        self._in_text = False
        if tag in TABLE_TAGS:
            self._writer.leave(TABLE_TAGS[tag])
        elif tag == "p" and self._paragraph is not None:
            self._write("".join(self._paragraph))
            self._paragraph = None

    def data(self, text: str) -> None:
        if self._in_text and self._paragraph is not None:
            self._paragraph.append(text)

    def _write(self, text: str) -> None:
        if not text.strip() or self._placeholder in FURNITURE:
            return
        self._writer.block("h1" if self._placeholder in TITLES else "div", text)
