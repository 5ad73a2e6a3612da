"""Writes a canonical text as a reader sees a page: a line for each block, a row for each row.

Its words are those of HTML, into which the parsers of other formats put what they read.
"""

import re
from itertools import pairwise

from ai_llm_service.domain import Section, SectionKind
from ai_llm_service.search.extract.decode import clean

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

_BLANKS = re.compile(r"\s+")


class TextWriter:
    """The text as far as it is written."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._headings: list[tuple[int, int]] = []
        self._marks: list[tuple[SectionKind, str, int]] = []
        self._heading_start: int | None = None
        self._newlines = 0
        self._blank = False
        self._in_row = False
        # Nothing is written yet after a mark or a bullet: no border may part them.
        self._fresh = False
        self._preformatted = 0

    def text(self) -> str:
        return "".join(self._pieces)

    def sections(self) -> tuple[Section, ...]:
        """The marked parts, each as far as the next one, and the headings likewise."""
        text = self.text()
        starts = [start for _, _, start in self._marks] + [len(text)]
        marked = [
            Section(kind, label, start, end)
            for (kind, label, start), end in zip(self._marks, starts[1:], strict=True)
        ]
        borders = sorted({*starts, *(start for start, _ in self._headings)})
        ends = dict(pairwise(borders))
        headings = [
            Section(SectionKind.HEADING, text[start:last].replace("\n", " "), start, ends[start])
            for start, last in self._headings
        ]
        return tuple(sorted([*marked, *headings], key=lambda each: (each.start, -each.end)))

    def mark(self, kind: SectionKind, label: str) -> None:
        """Begin a slide or a part: what is written from here on belongs to it."""
        self._newlines = 2 if self._pieces else 0
        self._flush()
        self._in_row, self._fresh = False, True
        self._marks.append((kind, label, self._length))

    def enter(self, tag: str) -> None:
        if tag in CELLS:
            self._begin_cell()
        else:
            self._border(tag)
        if tag == "li":
            self._write("- ")
            self._fresh = True
        if tag in HEADINGS and self._heading_start is None:
            self._heading_start = self._length + (self._newlines if self._pieces else 0)
        self._preformatted += tag == "pre"

    def leave(self, tag: str) -> None:
        self._preformatted -= tag == "pre"
        self._fresh = self._fresh and tag != "li"
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

    def block(self, tag: str, content: str) -> None:
        """Write one element that holds text alone."""
        self.enter(tag)
        self.say(content)
        self.leave(tag)

    def _begin_cell(self) -> None:
        if self._in_row:
            self._blank = False
            self._write(" | ")
        self._in_row = True

    def _border(self, tag: str) -> None:
        newlines = 0 if self._fresh else 2 if tag in PARAGRAPHS else int(tag in LINES)
        if newlines and self._in_row and tag not in ROW_ENDS:
            # A paragraph in a cell must not break the row.
            self._blank = True
            return
        self._newlines = max(self._newlines, newlines)
        self._in_row = self._in_row and tag not in ROW_ENDS

    def _flush(self) -> None:
        if self._newlines and self._pieces:
            self._pieces.append("\n" * self._newlines)
            self._length += self._newlines
        self._newlines, self._blank, self._fresh = 0, False, False

    def _write(self, piece: str) -> None:
        if not self._newlines and self._blank and not self._ends_blank():
            piece = " " + piece
        self._flush()
        self._pieces.append(piece)
        self._length += len(piece)

    def _ends_blank(self) -> bool:
        return not self._pieces or self._pieces[-1].endswith((" ", "\n"))
