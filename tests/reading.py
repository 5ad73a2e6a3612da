"""Files read through the child process, as the worker reads them."""

from pathlib import Path

import pytest

from ai_llm_service.domain import Extraction
from ai_llm_service.errors import DocumentRejected
from ai_llm_service.search.extract.sandbox import ExtractLimits, Extractor
from ai_llm_service.search.extract.sniff import sniff


def read(folder: Path, name: str, data: bytes, limits: ExtractLimits | None = None) -> Extraction:
    path = folder / "stored"
    path.write_bytes(data)
    extractor = Extractor(limits or ExtractLimits())
    return extractor.extract(path, sniff(data, name), name)


def rejection(folder: Path, name: str, data: bytes, limits: ExtractLimits | None = None) -> str:
    with pytest.raises(DocumentRejected) as caught:
        read(folder, name, data, limits)
    assert str(folder) not in caught.value.message
    assert caught.value.message.startswith(name)
    return caught.value.message
