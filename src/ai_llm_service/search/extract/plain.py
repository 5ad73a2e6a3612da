"""The parser of text, logs, YAML and source code: the decoded text is the canonical one."""

from ai_llm_service.domain import Extraction
from ai_llm_service.search.extract.decode import clean, decode
from ai_llm_service.search.extract.source import Source


def parse_plain(source: Source) -> Extraction:
    """Read it as it is."""
    decoded = decode(source.file.read())
    return Extraction(clean(decoded.text), (), decoded.encoding, decoded.notes)
