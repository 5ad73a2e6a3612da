"""The pages of a PDF that are pictures: found, drawn, and read by OCR."""

from collections.abc import Iterator, Sequence

from pypdfium2 import PdfDocument, PdfiumError  # type: ignore[import-untyped]

from ai_llm_service.search.extract.source import Source

DOTS_PER_INCH = 250
POINTS_PER_INCH = 72
MAX_PIXELS = 16_000_000
# Drawn, then read together.
AT_ONCE = 4


def pages_with_content(document: PdfDocument, numbers: Sequence[int]) -> list[int]:
    """The pages on which something is drawn; a blank one needs no OCR."""
    return [number for number in numbers if _has_content(document, number - 1)]


def read_scans(
    document: PdfDocument, numbers: Sequence[int], source: Source
) -> Iterator[tuple[int, str]]:
    """Take the text of each page, in order; those over the limit are left out."""
    if source.ocr is None:
        return
    pages = len(document)
    admitted = numbers[: source.ocr.expect(len(numbers))]
    for start in range(0, len(admitted), AT_ONCE):
        batch = admitted[start : start + AT_ONCE]
        texts = source.ocr.read([_drawn(document, number - 1) for number in batch])
        yield from zip(batch, texts, strict=True)
        source.told(pages - len(numbers) + start + len(batch), pages)


def _has_content(document: PdfDocument, index: int) -> bool:
    try:
        page = document[index]
    except PdfiumError:
        return False
    try:
        return next(iter(page.get_objects(max_depth=1)), None) is not None
    finally:
        page.close()


def _drawn(document: PdfDocument, index: int) -> bytes:
    """The page as a grey picture in the format PGM; an empty one if it can't be drawn."""
    page = document[index]
    try:
        width, height = page.get_size()
        scale = DOTS_PER_INCH / POINTS_PER_INCH
        if width * height * scale * scale > MAX_PIXELS:
            scale = (MAX_PIXELS / (width * height)) ** 0.5
        bitmap = page.render(scale=scale, grayscale=True)
        pixels = bytes(bitmap.buffer)
        head = f"P5\n{bitmap.stride} {bitmap.height}\n255\n".encode()
        bitmap.close()
    except (PdfiumError, ValueError, ZeroDivisionError):
        return b""
    finally:
        page.close()
    return head + pixels
