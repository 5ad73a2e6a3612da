"""Makes documents/handbook.pdf from documents/handbook.md: `python demo/build_handbook.py`."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab import rl_config
from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm
from reportlab.platypus import (
    Flowable,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)
from reportlab.platypus.tableofcontents import TableOfContents

DOCUMENTS = Path(__file__).parent / "documents"

BODY = ParagraphStyle("body", fontName="Times-Roman", fontSize=11, leading=15, spaceAfter=8)
ITEM = ParagraphStyle("item", BODY, leftIndent=18, spaceAfter=4)
CELL = ParagraphStyle("cell", BODY, fontSize=10, leading=13, spaceAfter=0)
HEADING = ParagraphStyle("heading", fontName="Helvetica-Bold", fontSize=16, leading=20)
CHAPTER = ParagraphStyle("chapter", HEADING, spaceAfter=12)
CONTENTS = ParagraphStyle("contents", BODY, spaceAfter=2)
TITLE = ParagraphStyle(
    "title", HEADING, spaceAfter=12, fontSize=26, leading=32, alignment=TA_CENTER
)
FRONT = ParagraphStyle("front", BODY, alignment=TA_CENTER, spaceAfter=14)

GRID = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.5, colors.grey),
        ("BACKGROUND", (0, 0), (-1, 0), colors.whitesmoke),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
)


class Handbook(SimpleDocTemplate):  # type: ignore[misc] # reportlab has no types
    """Numbers its pages and tells the table of contents where each chapter begins."""

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802 - reportlab's name
        if isinstance(flowable, Paragraph) and flowable.style.name == "chapter":
            self.notify("TOCEntry", (0, flowable.getPlainText(), self.page))

    def afterPage(self) -> None:  # noqa: N802 - reportlab's name
        if self.page > 1:
            self.canv.setFont("Helvetica", 9)
            self.canv.drawCentredString(A4[0] / 2, 1.3 * cm, f"Page {self.page}")


def inline(text: str) -> str:
    """The markup of one paragraph: bold and italics."""
    text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(text))
    return re.sub(r"\*(.+?)\*", r"<i>\1</i>", text)


def items(block: str) -> Iterator[Flowable]:
    for line in block.splitlines():
        mark, text = line.split(" ", 1)
        yield Paragraph(inline(text), ITEM, bulletText="\u2022" if mark == "-" else mark)
    yield Spacer(0, 6)


def table(block: str) -> Iterator[Flowable]:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
    head, _rule, *body = rows
    cells = [[Paragraph(f"<b>{escape(cell)}</b>", CELL) for cell in head]]
    cells += [[Paragraph(inline(cell), CELL) for cell in row] for row in body]
    yield Table(cells, style=GRID, hAlign="LEFT", repeatRows=1)
    yield Spacer(0, 12)


def chapter(block: str) -> Iterator[Flowable]:
    yield PageBreak()
    yield Paragraph(inline(block.removeprefix("## ")), CHAPTER)


def front(blocks: list[str]) -> Iterator[Flowable]:
    """The title page and the table of contents."""
    yield Spacer(0, 5 * cm)
    yield Paragraph(inline(blocks[0].removeprefix("# ")), TITLE)
    yield from (Paragraph(inline(block), FRONT) for block in blocks[1:])
    yield PageBreak()
    yield Paragraph("<b>Contents</b>", BODY)
    yield TableOfContents(levelStyles=[CONTENTS], dotsMinLevel=0)


def flowables(markdown: str) -> Iterator[Flowable]:
    blocks = [block.strip() for block in markdown.split("\n\n") if block.strip()]
    first = next(number for number, block in enumerate(blocks) if block.startswith("## "))
    yield from front(blocks[:first])
    for block in blocks[first:]:
        if block.startswith("## "):
            yield from chapter(block)
        elif block.startswith("|"):
            yield from table(block)
        elif re.match(r"(-|\d+\.) ", block):
            yield from items(block)
        else:
            yield Paragraph(inline(block), BODY)


def main() -> None:
    # The same source gives the same bytes: no date of building in the file.
    rl_config.invariant = 1
    target = DOCUMENTS / "handbook.pdf"
    document = Handbook(
        str(target),
        pagesize=A4,
        title="Operations Handbook of the Sahaj Jal programme",
        author="ai-llm-service (sample document, fictional)",
    )
    source = (DOCUMENTS / "handbook.md").read_text(encoding="utf-8")
    document.multiBuild(list(flowables(source)))
    print(f"wrote {target.name}, {document.page} pages")


if __name__ == "__main__":
    main()
