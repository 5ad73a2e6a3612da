"""Logs lose their secrets before they are kept: none reaches an index, a prompt or a quote."""

from dataclasses import replace

from ai_llm_service.domain import Extraction
from ai_llm_service.search.logs.read import reader_of
from ai_llm_service.search.logs.secrets import hide_secrets


def without_secrets(extraction: Extraction) -> Extraction:
    """The same places and lines, with stars for passwords, keys and tokens if it is a log."""
    if reader_of(extraction.text) is None:
        return extraction
    text, count = hide_secrets(extraction.text)
    if not count:
        return extraction
    what = "1 secret was" if count == 1 else f"{count} secrets were"
    note = f"{what} found in the log (passwords, keys, tokens) and replaced by stars."
    return replace(extraction, text=text, notes=(*extraction.notes, note))


def without_secrets_of(text: str) -> str:
    """The text of a log as it is kept."""
    return text if reader_of(text) is None else hide_secrets(text)[0]
