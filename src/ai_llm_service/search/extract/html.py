"""The parser of HTML: the text that a reader sees, a line for each block, a row for each row."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ai_llm_service.domain import Extraction, Section, SectionKind
from ai_llm_service.search.extract.decode import SAMPLE_BYTES, clean, decode

UNSEEN = frozenset(
    ["head", "script", "style", "template", "noscript", "svg", "iframe", "object", "math", "canvas"]
)
HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
PARAGRAPHS = HEADINGS | {"p", "table", "ul", "ol", "dl", "pre", "blockquote"}
LINES = frozenset(
    [
        "address", "article", "aside", "br", "caption", "dd", "details", "div", "dt", "fieldset",
        "figcaption", "figure", "footer", "form", "header", "hr", "legend", "li", "main", "nav",
        "option", "section", "summary", "tr",
    ]
)  # fmt: skip
CELLS = frozenset(["td", "th"])
ROW_ENDS = HEADINGS | {"tr", "table", "ul", "ol", "pre"}

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_BLANKS = re.compile(r"\s+")


def parse_html(data: bytes) -> Extraction:
    """Read the visible text; each heading begins a section."""
    declared = _CHARSET.search(data, 0, SAMPLE_BYTES)
    decoded = decode(data, declared[1].decode("ascii") if declared else None)
    page = _Page()
    root = LexborHTMLParser(clean(decoded.text)).root
    if root is not None:
        _walk(root, page)
    text = page.text()
    return Extraction(text, page.sections(len(text)), decoded.encoding, decoded.notes)


class _Page:
    """The text as far as it is written."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._headings: list[tuple[int, int]] = []
        self._heading_start: int | None = None
        self._newlines = 0
        self._blank = False
        self._in_row = False
        self._preformatted = 0

    def text(self) -> str:
        return "".join(self._pieces)

    def sections(self, length: int) -> tuple[Section, ...]:
        text = self.text()
        ends = [start for start, _ in self._headings[1:]] + [length]
        return tuple(
            Section(SectionKind.HEADING, text[start:label_end].replace("\n", " "), start, end)
            for (start, label_end), end in zip(self._headings, ends, strict=False)
        )

    def enter(self, tag: str) -> None:
        if tag in CELLS:
            self._begin_cell()
        else:
            self._border(tag)
        if tag == "li":
            self._write("- ")
        if tag in HEADINGS and self._heading_start is None:
            self._heading_start = self._length + (self._newlines if self._pieces else 0)
        self._preformatted += tag == "pre"

    def leave(self, tag: str) -> None:
        self._preformatted -= tag == "pre"
        if tag in HEADINGS and self._heading_start is not None:
            if self._length > self._heading_start:
                self._headings.append((self._heading_start, self._length))
            self._heading_start = None
        if tag not in CELLS and tag != "br":
            self._border(tag)

    def say(self, content: str) -> None:
        if self._preformatted:
            self._write(clean(content))
            return
        words = _BLANKS.sub(" ", clean(content))
        self._blank = self._blank or words.startswith(" ")
        if content := words.strip():
            self._write(content)
            self._blank = words.endswith(" ")

    def _begin_cell(self) -> None:
        if self._in_row:
            self._blank = False
            self._write(" | ")
        self._in_row = True

    def _border(self, tag: str) -> None:
        newlines = 2 if tag in PARAGRAPHS else int(tag in LINES)
        if newlines and self._in_row and tag not in ROW_ENDS:
            # A paragraph in a cell must not break the row.
            self._blank = True
            return
        self._newlines = max(self._newlines, newlines)
        self._in_row = self._in_row and tag not in ROW_ENDS

    def _write(self, piece: str) -> None:
        if self._newlines and self._pieces:
            piece = "\n" * self._newlines + piece
        elif self._blank and self._pieces and not self._pieces[-1].endswith((" ", "\n")):
            piece = " " + piece
        self._newlines, self._blank = 0, False
        self._pieces.append(piece)
        self._length += len(piece)


def _walk(root: LexborNode, page: _Page) -> None:
    """Go through the tree without recursion: a hostile page is nested a million deep."""
    node: LexborNode | None = root
    open_tags: list[tuple[LexborNode, str]] = []
    while node is not None:
        child = _visit(node, page)
        if child is not None:
            open_tags.append((node, node.tag or ""))
            node = child
            continue
        node = node.next
        while node is None and open_tags:
            parent, tag = open_tags.pop()
            page.leave(tag)
            node = parent.next


def _visit(node: LexborNode, page: _Page) -> LexborNode | None:
    """Write what the node says itself; return its first child if there is one to be seen."""
    if node.is_text_node:
        page.say(node.text_content or "")
        return None
    tag = node.tag or ""
    if not node.is_element_node or tag in UNSEEN or _is_hidden(node):
        return None
    page.enter(tag)
    if node.first_child is None:
        page.leave(tag)
    return node.first_child


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    return "hidden" in attributes or bool(_HIDDEN_STYLE.search(attributes.get("style") or ""))
