"""Which type a file is of, by its content; its name only tells kinds of text apart."""

import codecs
import re

import puremagic

from ai_llm_service.errors import UnsupportedFileType
from ai_llm_service.search.extract.decode import BOMS, bare_utf16, guess_encoding, scarred_utf8

HEAD_BYTES = 64 * 1024
# Terminal colours and form feeds occur in logs, and holes of NULs where a log was cut.
_HARMLESS_CONTROLS = frozenset(b"\t\n\r\f\x08\x1b")
MAX_CONTROLS = 0.1
MAX_CONTROLS_OF_A_GUESS = 0.01

PLAIN, PDF = "text/plain", "application/pdf"
TEXT_TYPES = {
    "txt": PLAIN,
    "text": PLAIN,
    "log": PLAIN,
    "md": "text/markdown",
    "markdown": "text/markdown",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "tab": "text/tab-separated-values",
    "json": "application/json",
    "html": "text/html",
    "htm": "text/html",
    "xhtml": "text/html",
}

_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*+)*+<(?:!doctype\s+html|html)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_JSON = re.compile(rb'\s*(?:\{\s*"|\[\s*[\[{"])')
_PDF_OBJECT = re.compile(rb"\b\d{1,10} \d{1,5} obj\b")

# Printable signatures, which a text does not begin with by chance.
_PRINTABLE = (
    (b"GIF87a", "an image"),
    (b"GIF89a", "an image"),
    (b"{\\rtf", "an RTF file"),
    (b"%!PS-Adobe", "a PostScript file"),
)
_BINARY = (
    (b"\x7fELF", "an executable"),
    (b"MZ", "an executable"),
    (b"\xca\xfe\xba\xbe", "an executable"),
    (b"\xfe\xed\xfa", "an executable"),
    (b"\xce\xfa\xed\xfe", "an executable"),
    (b"\xcf\xfa\xed\xfe", "an executable"),
    (b"\x00asm", "an executable"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"!<arch>", "an archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office file (doc, xls, ppt or msg)"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"II*\x00", "an image"),
    (b"MM\x00*", "an image"),
    (b"BM", "an image"),
    (b"SQLite format 3", "a database"),
    (b"PAR1", "a Parquet file"),
    (b"ID3", "a sound file"),
    (b"OggS", "a sound file"),
)
_ZIP_MEMBERS = (
    (b"word/", "a Word document (docx)"),
    (b"xl/", "an Excel workbook (xlsx)"),
    (b"ppt/", "a PowerPoint file (pptx)"),
    (b"vnd.oasis.opendocument", "an OpenDocument file"),
    (b"epub+zip", "an EPUB book"),
)


def sniff(head: bytes, name: str) -> str:
    """Return the media type by the first 64 KiB, or raise UnsupportedFileType with the reason."""
    head = head[:HEAD_BYTES]
    if head.startswith(b"%PDF-"):
        return PDF
    for signature, what in _PRINTABLE:
        if head.startswith(signature):
            raise UnsupportedFileType(f"{name} is {what}, which can't be read.")
    pdf_at = head.find(b"%PDF-")
    if pdf_at >= 0 and _PDF_OBJECT.search(head, pdf_at):
        raise UnsupportedFileType(f"{name} hides a PDF behind other content; it is not read.")
    if not _is_text(head):
        raise UnsupportedFileType(f"{name} is {_binary_kind(head)}, which can't be read.")
    return _kind_of_text(head, name)


def _kind_of_text(head: bytes, name: str) -> str:
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if extension in TEXT_TYPES:
        return TEXT_TYPES[extension]
    start = head.removeprefix(codecs.BOM_UTF8)
    if _HTML.match(start):
        return "text/html"
    return "application/json" if _JSON.match(start) else PLAIN


def _is_text(head: bytes) -> bool:
    for mark, encoding in BOMS:
        if head.startswith(mark):
            return _decodes(head[len(mark) :], encoding)
    if _decodes(head, bare_utf16(head) or "utf-8"):
        return True
    if b"\x00" in head or _controls(head) > MAX_CONTROLS_OF_A_GUESS:
        return False
    if scarred_utf8(head):
        return True
    first_bad = next((at for at, byte in enumerate(head) if byte >= 0x80), 0)
    return guess_encoding(head, first_bad) is not None


def _decodes(data: bytes, encoding: str) -> bool:
    """Tell whether this is text; the head may end within a character."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(data, False)
    except UnicodeDecodeError:
        return False
    return _controls(text.encode("latin-1", "ignore")) <= MAX_CONTROLS


def _controls(data: bytes) -> float:
    """Measure the share of control characters."""
    count = sum(byte < 0x20 and byte not in _HARMLESS_CONTROLS for byte in data)
    return count / max(1, len(data))


def _binary_kind(head: bytes) -> str:
    kind = next((what for signature, what in _BINARY if head.startswith(signature)), None)
    if kind == "a ZIP archive":
        return next((what for member, what in _ZIP_MEMBERS if member in head), kind)
    if kind:
        return kind
    if b"ftyp" in head[:12] or head.startswith(b"RIFF"):
        return "an image, a sound or a video"
    if b"%PDF-" in head[:1024]:
        return "a PDF with other data before its beginning"
    if head[257:262] == b"ustar":
        return "a tar archive"
    return _kind_by_puremagic(head)


def _kind_by_puremagic(head: bytes) -> str:
    unknown = "a binary file of an unknown type"
    if not any(head[:4]):
        return unknown
    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return unknown
    names = [match.name.strip() for match in matches if match.confidence >= 0.8]
    return f"a binary file ({names[0]})" if names and names[0] else unknown
