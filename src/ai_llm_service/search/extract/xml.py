"""The parser of XML: a line for each element that holds text, blocks as the elements nest."""

import re
from collections.abc import Mapping
from io import BytesIO

from ai_llm_service.domain import Extraction
from ai_llm_service.errors import DocumentRejected
from ai_llm_service.search.extract.decode import SAMPLE_BYTES, Decoded, clean, decode
from ai_llm_service.search.extract.safe_xml import read_stream
from ai_llm_service.search.extract.source import Source
from ai_llm_service.search.extract.writer import TextWriter

HEAD_CHARACTERS = 1 << 20
_DECLARED = re.compile(rb"<\?xml[^>]{0,100}encoding\s*=\s*[\"']([\w.:-]{1,40})")
_DECLARATION = re.compile(r"\s*<\?xml[^>]{0,200}\?>")


def parse_xml(source: Source) -> Extraction:
    """Read text and attributes; what is no XML after all is read as text, with a note."""
    data = source.file.read()
    declared = _DECLARED.search(data, 0, SAMPLE_BYTES)
    decoded = decode(data, declared[1].decode("ascii") if declared else None)
    if "<!ENTITY" in decoded.text[:HEAD_CHARACTERS]:
        raise DocumentRejected(f"{source.name} declares entities of its own; it is not read.")
    lines = _Lines()
    bare = _DECLARATION.sub("", decoded.text, count=1).lstrip()
    if not read_stream(BytesIO(bare.encode()), lines):
        return _as_text(decoded)
    text = lines.writer.text()
    return Extraction(text, (), decoded.encoding, decoded.notes)


def _as_text(decoded: Decoded) -> Extraction:
    note = "The file is not XML that can be parsed; it was read as plain text."
    return Extraction(clean(decoded.text), (), decoded.encoding, (*decoded.notes, note))


class _Lines:
    """`name (id=7): text`; elements within a sentence belong to it."""

    def __init__(self) -> None:
        self.writer = TextWriter()
        self._label = ""
        self._has_attributes = False
        self._said: list[str] = []
        self._within_text = 0
        self._is_block = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if self._within_text or "".join(self._said).strip():
            self._within_text += 1
            return
        self._write()
        told = ", ".join(f"{key}={value}" for key, value in attributes.items())
        self._label = f"{tag} ({told})" if told else tag
        self._has_attributes = bool(told)
        self._is_block = False

    def data(self, text: str) -> None:
        self._said.append(text)

    def end(self, _tag: str) -> None:
        if self._within_text:
            self._within_text -= 1
            return
        self._write()
        if self._is_block:
            self.writer.block("p", "")
        self._is_block = True

    def _write(self) -> None:
        text = "".join(self._said).strip()
        if self._label and (text or self._has_attributes):
            self.writer.block("div", f"{self._label}: {text}" if text else self._label)
        elif text:
            self.writer.block("div", text)
        self._label, self._has_attributes = "", False
        self._said.clear()
