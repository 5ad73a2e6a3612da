"""Files of each format, built by the libraries that write them."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from typing import Any

import docx
import pptx
import xlsxwriter
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

PAGE = (1240, 1754)


def pdf(*pages: Sequence[str], password: str | None = None) -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, encrypt=password)
    for lines in pages:
        for number, line in enumerate(lines):
            canvas.drawString(50, 780 - 16 * number, line)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def scanned_pdf(*pages: str, text_pages: Sequence[str] = ()) -> bytes:
    """Pages that are pictures of text, after pages of text."""
    file = io.BytesIO()
    canvas = Canvas(file)
    for line in text_pages:
        canvas.drawString(50, 780, line)
        canvas.showPage()
    for line in pages:
        picture = ImageReader(io.BytesIO(image(line)))
        canvas.drawImage(picture, 0, 0, 595, 842)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def image(text: str, kind: str = "PNG", pages: Sequence[str] = ()) -> bytes:
    """A picture of a line of text; a TIFF may have several."""
    frames = [_drawn(line) for line in (text, *pages)]
    file = io.BytesIO()
    more: dict[str, Any] = {"save_all": True, "append_images": frames[1:]} if pages else {}
    frames[0].save(file, kind, **more)
    return file.getvalue()


def _drawn(text: str) -> Image.Image:
    picture = Image.new("L", PAGE, 255)
    font = ImageFont.load_default(48)
    ImageDraw.Draw(picture).text((100, 200), text, fill=0, font=font)
    return picture


def word() -> bytes:
    document = docx.Document()
    document.add_heading("The plan", 1)
    document.add_paragraph("We drill three wells.")
    document.add_paragraph("Pune first", style="List Bullet")
    table = document.add_table(2, 2)
    for cell, text in zip(
        [*table.rows[0].cells, *table.rows[1].cells], ["Town", "Wells", "Pune", "3"], strict=True
    ):
        cell.text = text
    document.add_heading("Costs", 2)
    document.add_paragraph("Each well costs 40,000 rupees.")
    document.sections[0].footer.paragraphs[0].text = "Internal"
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def slides() -> bytes:
    deck = pptx.Presentation()
    for title, text, notes in (("Wells", "Three are dry", "Say why"), ("Money", "None left", "")):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = text
        if notes:
            slide.notes_slide.notes_text_frame.text = notes
    file = io.BytesIO()
    deck.save(file)
    return file.getvalue()


def workbook(sheets: dict[str, dict[str, Any]]) -> bytes:
    """Sheets by name, each by the addresses of its cells."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        for name, cells in sheets.items():
            sheet = book.add_worksheet(name)
            for address, value in cells.items():
                sheet.write(address, value)
    return file.getvalue()


def packed(entries: Mapping[str, str | bytes]) -> bytes:
    """A ZIP archive; `mimetype` is stored as it is, as OpenDocument and EPUB want it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            kind = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(name, content, kind)
    return file.getvalue()


def open_document(kind: str, body: str) -> bytes:
    names = ("office", "text", "table", "draw")
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in (*names, "presentation")
    )
    content = (
        f'<?xml version="1.0"?><office:document-content {spaces}><office:body>{body}'
        "</office:body></office:document-content>"
    )
    space = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    manifest = f'<manifest:manifest xmlns:manifest="{space}"/>'
    return packed(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": content,
            "META-INF/manifest.xml": manifest,
        }
    )


def book(*chapters: str) -> bytes:
    """An EPUB of XHTML chapters, which its spine names in reverse order."""
    items = "".join(
        f'<item id="c{n}" href="text/c{n}.xhtml" media-type="application/xhtml+xml"/>'
        for n in range(len(chapters))
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in reversed(range(len(chapters))))
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    )
    package = f"<package><manifest>{items}</manifest><spine>{spine}</spine></package>"
    return packed(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": container,
            "OEBPS/book.opf": package,
            **{f"OEBPS/text/c{n}.xhtml": text for n, text in enumerate(chapters)},
        }
    )


def mail(text: str, attachments: dict[str, bytes] | None = None, html: str | None = None) -> bytes:
    message = EmailMessage()
    message["From"] = "Anna Müller <anna@example.org>"
    message["To"] = "ben@example.org"
    message["Subject"] = "Wells in März"
    message["Message-ID"] = "<1@example.org>"
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    for name, data in (attachments or {}).items():
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return bytes(message)
