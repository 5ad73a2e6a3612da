"""The parser of RTF."""

import re

from striprtf.striprtf import rtf_to_text

from ai_llm_service.domain import Extraction
from ai_llm_service.search.extract.decode import clean
from ai_llm_service.search.extract.source import Source

_CODE_PAGE = re.compile(r"\\ansicpg(\d{3,5})")
_BINARY = re.compile(r"\\bin\d+")


def parse_rtf(source: Source) -> Extraction:
    """Read the text; pictures, styles and objects are left out."""
    # RTF is ASCII; whatever else stands in it is written as bytes of its code page.
    raw = source.file.read().decode("latin-1")
    page = _CODE_PAGE.search(raw, 0, 4096)
    encoding = f"cp{page[1]}" if page else "cp1252"
    try:
        text = _read(_BINARY.sub("", raw), encoding)
    except LookupError:
        encoding = "cp1252"
        text = _read(raw, encoding)
    return Extraction(clean(text).strip(), (), encoding)


def _read(raw: str, encoding: str) -> str:
    return str(rtf_to_text(raw, encoding=encoding, errors="replace"))  # type: ignore[no-untyped-call]
