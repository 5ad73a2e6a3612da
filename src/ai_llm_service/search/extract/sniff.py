"""Which type a file is of, by its content; its name only tells kinds of text apart."""

import codecs
import re
from io import BytesIO
from typing import BinaryIO

import puremagic

from ai_llm_service.errors import UnsupportedFileType
from ai_llm_service.search.extract import media_types as types
from ai_llm_service.search.extract.containers import (
    OLE_SIGNATURE,
    ZIP_SIGNATURE,
    ends_as_zip,
    ole_type,
    zip_type,
)
from ai_llm_service.search.extract.decode import BOMS, bare_utf16, guess_encoding, scarred_utf8
from ai_llm_service.search.extract.sniff_text import kind_of_text

HEAD_BYTES = 64 * 1024
# Readers of PDF look for its beginning as far as here, browsers for a page.
SEARCHED_BYTES = 1024
# Terminal colours and form feeds occur in logs, and holes of NULs where a log was cut.
_HARMLESS_CONTROLS = frozenset(b"\t\n\r\f\x08\x1b")
MAX_CONTROLS = 0.1
MAX_CONTROLS_OF_A_GUESS = 0.01

_PDF_OBJECT = re.compile(rb"\b\d{1,10} \d{1,5} obj\b")

_MARKUP = re.compile(rb"<(?:html|script|svg|body|\\?php)[\s>]", re.IGNORECASE)

_READ = (
    (b"%PDF-", types.PDF),
    (b"{\\rtf", types.RTF),
    (b"\x89PNG\r\n\x1a\n", types.PNG),
    (b"\xff\xd8\xff", types.JPEG),
    (b"II*\x00", types.TIFF),
    (b"MM\x00*", types.TIFF),
)
# Printable signatures, which a text does not begin with by chance.
_PRINTABLE = (
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
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
    (b"PK\x05\x06", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"!<arch>", "an archive"),
    (b"BM", "an image"),
    (b"SQLite format 3", "a database"),
    (b"PAR1", "a Parquet file"),
    (b"ID3", "a sound file"),
    (b"OggS", "a sound file"),
)


def sniff(head: bytes, name: str, file: BinaryIO | None = None) -> str:
    """Return the media type by the first 64 KiB, and by the ends of what is a container.

    Raises UnsupportedFileType with the reason. Without a file, the head is all there is.
    """
    head, file = head[:HEAD_BYTES], file or BytesIO(head)
    if head.startswith(ZIP_SIGNATURE):
        _refuse_hidden_pdf(head[:SEARCHED_BYTES], name)
        return zip_type(head, name, file)
    if head.startswith(OLE_SIGNATURE):
        return ole_type(head, name, file)
    for signature, media_type in _READ:
        if head.startswith(signature):
            _refuse_polyglot(head, name, file)
            return media_type
    _refuse_binary(head, name)
    return kind_of_text(head, name)


def refuse_early(head: bytes, name: str) -> None:
    """Raise UnsupportedFileType for what is seen in the head; the end may say more."""
    if not head.startswith((ZIP_SIGNATURE, OLE_SIGNATURE)):
        sniff(head, name)


def _refuse_polyglot(head: bytes, name: str, file: BinaryIO) -> None:
    """What is one type at its beginning must not be another one to somebody else."""
    _refuse_hidden_pdf(head[1:SEARCHED_BYTES], name)
    if _MARKUP.search(head[:SEARCHED_BYTES]):
        raise UnsupportedFileType(f"{name} hides a web page in other content; it is not read.")
    if ends_as_zip(file):
        raise UnsupportedFileType(f"{name} hides a ZIP archive at its end; it is not read.")


def _refuse_hidden_pdf(data: bytes, name: str) -> None:
    pdf_at = data.find(b"%PDF-")
    if pdf_at >= 0 and _PDF_OBJECT.search(data, pdf_at):
        raise UnsupportedFileType(f"{name} hides a PDF behind other content; it is not read.")


def _refuse_binary(head: bytes, name: str) -> None:
    for signature, what in _PRINTABLE:
        if head.startswith(signature):
            raise UnsupportedFileType(f"{name} is {what}, which can't be read.")
    _refuse_hidden_pdf(head, name)
    if not _is_text(head):
        raise UnsupportedFileType(f"{name} is {_binary_kind(head)}, which can't be read.")


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
