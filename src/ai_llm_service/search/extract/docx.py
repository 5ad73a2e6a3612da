"""The parser of Word documents: paragraphs, headings, lists, tables, notes and comments."""

import re
from collections.abc import Mapping

from ai_llm_service.domain import Extraction
from ai_llm_service.search.extract.package import attributes_in, relations
from ai_llm_service.search.extract.safe_xml import read_part
from ai_llm_service.search.extract.source import Source
from ai_llm_service.search.extract.writer import TextWriter
from ai_llm_service.search.extract.zip_gate import GatedZip

MAIN_PART = "word/document.xml"
# Read after the text, in this order.
FURTHER = (
    ("footnotes", "Footnotes"),
    ("endnotes", "Endnotes"),
    ("comments", "Comments"),
    ("header", "Headers"),
    ("footer", "Footers"),
)
BLANKS = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": " "}
TABLE_TAGS = {"tbl": "table", "tr": "tr", "tc": "td"}
# Old programs get the same text once more.
UNSEEN = frozenset(["Fallback", "del", "moveFrom", "instrText"])
LEVELS = 6
_HEADING_STYLE = re.compile(r"heading ?([1-9])|title", re.IGNORECASE)


def parse_docx(source: Source) -> Extraction:
    """Read the text in its order, then notes, comments, headers and footers."""
    package = GatedZip(source.file, source.name)
    main = _main_part(package, source.name)
    body = Body(_styles(package, main, source.name))
    read_part(package.read(main), body, source.name)
    used = relations(package, main, source.name).values()
    for kind, title in FURTHER:
        parts = sorted({each.target for each in used if each.kind == kind})
        _add(package, [part for part in parts if package.has(part)], title, body, source.name)
    notes = ("Its macros were not looked at.",) if package.has("word/vbaProject.bin") else ()
    return Extraction(body.writer.text(), body.writer.sections(), None, notes)


def _main_part(package: GatedZip, name: str) -> str:
    start = relations(package, "", name).values()
    return next((each.target for each in start if each.kind == "officeDocument"), MAIN_PART)


def _add(package: GatedZip, parts: list[str], title: str, body: "Body", name: str) -> None:
    """Write parts of one kind; a header that all chapters share is read once."""
    seen: set[str] = set()
    for part in parts:
        own = Body({})
        read_part(package.read(part), own, name)
        text = own.writer.text().strip()
        if not text or text in seen:
            continue
        if not seen:
            body.writer.block("p", f"{title}:")
        seen.add(text)
        for paragraph in text.split("\n"):
            body.writer.block("div", paragraph)


def _styles(package: GatedZip, main: str, name: str) -> dict[str, str]:
    """What paragraphs of a style are, by its id: headings and items of lists."""
    used = relations(package, main, name).values()
    part = next((each.target for each in used if each.kind == "styles"), "word/styles.xml")
    tags: dict[str, str] = {}
    style = ""
    for tag, attributes in attributes_in(
        package, part, name, "style", "name", "outlineLvl", "numPr"
    ):
        value = attributes.get("val", "")
        if tag == "style":
            style = attributes.get("styleId", "")
        elif tag == "name" and (known := _HEADING_STYLE.fullmatch(value)):
            tags[style] = _heading(int(known[1] or 1))
        elif tag == "outlineLvl" and value.isdigit():
            tags[style] = tags.get(style, _heading(int(value) + 1))
        elif tag == "numPr":
            tags.setdefault(style, "li")
    return tags


def _heading(level: int) -> str:
    return f"h{min(level, LEVELS)}"


class Body:
    """Writes what it is told of a part. A paragraph of a text box stands within another one."""

    def __init__(self, styles: Mapping[str, str]) -> None:
        self.writer = TextWriter()
        self._styles = styles
        self._paragraphs: list[list[str]] = []
        self._tags: list[str] = []
        self._in_text = 0
        self._unseen = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._unseen += tag in UNSEEN
        if self._unseen:
            return
        if tag == "p":
            self._paragraphs.append([])
            self._tags.append("p")
        elif tag in TABLE_TAGS:
            self.writer.enter(TABLE_TAGS[tag])
        elif self._paragraphs:
            self._in_text += tag == "t"
            self._paragraphs[-1].append(BLANKS.get(tag, ""))
            self._tags[-1] = self._tag_after(tag, attributes.get("val", ""))

    def end(self, tag: str) -> None:
        if self._unseen:
            self._unseen -= tag in UNSEEN
        elif tag == "p" and self._paragraphs:
            text = "".join(self._paragraphs.pop())
            self._write(self._tags.pop(), text)
        elif tag in TABLE_TAGS:
            self.writer.leave(TABLE_TAGS[tag])
        elif self._paragraphs:
            self._in_text -= tag == "t"

    def data(self, text: str) -> None:
        if self._in_text and not self._unseen:
            self._paragraphs[-1].append(text)

    def _tag_after(self, tag: str, value: str) -> str:
        """What the paragraph is, now that one more of its properties is known."""
        if tag == "pStyle":
            return self._styles.get(value, self._tags[-1])
        if tag == "outlineLvl" and value.isdigit() and int(value) < LEVELS:
            return _heading(int(value) + 1)
        if tag == "numPr" and self._tags[-1] == "p":
            return "li"
        return self._tags[-1]

    def _write(self, tag: str, text: str) -> None:
        if not text.strip():
            return
        lines = text.split("\n")
        self.writer.enter(tag)
        for number, line in enumerate(lines):
            if number:
                self.writer.enter("br")
            self.writer.say(line)
        self.writer.leave(tag)
