"""The parser of pictures (png, jpeg, tiff): their letters by OCR."""

import struct

from ai_llm_service.domain import Extraction
from ai_llm_service.errors import DocumentRejected
from ai_llm_service.search.extract import media_types as types
from ai_llm_service.search.extract.decode import clean
from ai_llm_service.search.extract.ocr import NEEDS_OCR
from ai_llm_service.search.extract.pages import join_pages
from ai_llm_service.search.extract.source import Source

MAX_PIXELS = 100_000_000
# A frame header of JPEG: any of C0 to CF but the tables C4, C8 and CC.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset([0x01, *range(0xD0, 0xDA)])
TIFF_WIDTH, TIFF_HEIGHT = 256, 257
# Type of a TIFF value to how it is packed.
_TIFF_VALUES = {3: "H", 4: "I"}
MAX_FRAMES = 1000


def parse_image(source: Source) -> Extraction:
    """Read the letters, or raise DocumentRejected with the reason why there are none."""
    name = source.name
    if source.ocr is None:
        raise DocumentRejected(f"{name} is an image: {NEEDS_OCR}.")
    data = source.file.read()
    frames = _frames(data, source.media_type)
    if not frames:
        raise DocumentRejected(f"{name} is damaged: its image has no size.")
    if max(width * height for width, height in frames) > MAX_PIXELS:
        raise DocumentRejected(f"{name} has more than {MAX_PIXELS:,} pixels; it is not read.")
    if source.ocr.expect(len(frames)) < len(frames):
        raise DocumentRejected(f"{name} has too many pages to be read by OCR.")
    pages = [clean(page).strip() for page in source.ocr.read([data])[0].split("\f")]
    if not any(pages):
        raise DocumentRejected(f"{name} is an image in which no text was found.")
    source.told(len(frames), len(frames))
    note = ("The text was read by OCR and may have errors.",)
    return Extraction(*join_pages(pages[: len(frames)]), None, note)


def _frames(data: bytes, media_type: str) -> list[tuple[int, int]]:
    """Width and height of each picture in the file, as its headers tell them."""
    try:
        if media_type == types.PNG:
            width, height = struct.unpack(">II", data[16:24])
            return [(width, height)]
        if media_type == types.JPEG:
            return _jpeg_frames(data)
        return _tiff_frames(data)
    except struct.error:
        return []


def _jpeg_frames(data: bytes) -> list[tuple[int, int]]:
    at = 2
    while at + 9 < len(data):
        if data[at] != 0xFF:
            return []
        marker = data[at + 1]
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return [(width, height)]
        step = 0 if marker in _BARE or marker == 0xFF else struct.unpack_from(">H", data, at + 2)[0]
        at += (1 if marker == 0xFF else 2) + step
    return []


def _tiff_frames(data: bytes) -> list[tuple[int, int]]:
    order = "<" if data[:2] == b"II" else ">"
    (at,) = struct.unpack_from(f"{order}I", data, 4)
    frames: list[tuple[int, int]] = []
    seen: set[int] = set()
    while at and at not in seen and len(frames) < MAX_FRAMES:
        seen.add(at)
        (count,) = struct.unpack_from(f"{order}H", data, at)
        sizes = dict(_tiff_sizes(data, order, at + 2, count))
        frames.append((sizes.get(TIFF_WIDTH, 0), sizes.get(TIFF_HEIGHT, 0)))
        (at,) = struct.unpack_from(f"{order}I", data, at + 2 + 12 * count)
    return frames


def _tiff_sizes(data: bytes, order: str, at: int, count: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for entry in range(at, at + 12 * count, 12):
        tag, kind = struct.unpack_from(f"{order}HH", data, entry)
        if tag in {TIFF_WIDTH, TIFF_HEIGHT} and kind in _TIFF_VALUES:
            (value,) = struct.unpack_from(f"{order}{_TIFF_VALUES[kind]}", data, entry + 8)
            found.append((tag, value))
    return found
