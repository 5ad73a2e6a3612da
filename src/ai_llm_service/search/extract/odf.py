"""The parser of OpenDocument texts and presentations."""

from collections.abc import Mapping

from ai_llm_service.domain import Extraction, SectionKind
from ai_llm_service.search.extract.safe_xml import read_part
from ai_llm_service.search.extract.source import Source
from ai_llm_service.search.extract.writer import TextWriter
from ai_llm_service.search.extract.zip_gate import GatedZip

CONTENT = "content.xml"
TAGS = {
    "p": "p",
    "list-item": "li",
    "table": "table",
    "table-row": "tr",
    "table-cell": "td",
    "line-break": "br",
}
UNSEEN = frozenset(["tracked-changes", "sequence-decls", "automatic-styles", "font-face-decls"])
MAX_BLANKS = 100
LEVELS = 6


def parse_odf(source: Source) -> Extraction:
    """Read the text in its order; each slide of a presentation is a section."""
    package = GatedZip(source.file, source.name)
    content = Content()
    read_part(package.read(CONTENT), content, source.name)
    return Extraction(content.writer.text(), content.writer.sections())


class Content:
    """Writes what stands in `content.xml`."""

    def __init__(self) -> None:
        self.writer = TextWriter()
        self._slides = 0
        self._unseen = 0
        self._heading = ""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._unseen += tag in UNSEEN
        if self._unseen:
            return
        if tag == "h":
            self._heading = f"h{_level(attributes)}"
            self.writer.enter(self._heading)
        elif tag == "page":
            self._slides += 1
            self.writer.mark(SectionKind.SLIDE, str(self._slides))
        elif tag in {"s", "tab"}:
            self.writer.say(" ")
        elif tag in TAGS:
            self.writer.enter(TAGS[tag])

    def end(self, tag: str) -> None:
        if self._unseen:
            self._unseen -= tag in UNSEEN
        elif tag == "h":
            self.writer.leave(self._heading)
        elif tag in TAGS:
            self.writer.leave(TAGS[tag])

    def data(self, text: str) -> None:
        if not self._unseen:
            self.writer.say(text)


def _level(attributes: Mapping[str, str]) -> int:
    level = attributes.get("outline-level", "1")
    return min(int(level), LEVELS) if level.isascii() and level.isdigit() and level != "0" else 1
