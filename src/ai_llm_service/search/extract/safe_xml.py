"""XML without entities, network and trees: its elements are told one after the other."""

import re
from collections.abc import Mapping
from typing import BinaryIO, Protocol

from lxml import etree

from ai_llm_service.errors import DocumentRejected

PIECE_BYTES = 1 << 20
MAX_DEPTH = 1000
_DTD = re.compile(rb"<!DOCTYPE|<!ENTITY", re.IGNORECASE)


class TooDeep(ValueError):
    """Elements stand within elements without end."""


class Reader(Protocol):
    """Who is told of elements; names come without their namespaces, which programs vary."""

    def start(self, tag: str, attributes: Mapping[str, str]) -> None: ...
    def end(self, tag: str) -> None: ...
    def data(self, text: str) -> None: ...


def read_part(data: bytes, reader: Reader, name: str) -> None:
    """Read one part of an office file, or raise DocumentRejected."""
    # No office program writes a DTD; who does wants entities.
    if _DTD.search(data):
        raise DocumentRejected(f"{name} declares entities of its own; it is not read.")
    parser = _parser(reader)
    try:
        for start in range(0, len(data), PIECE_BYTES):
            parser.feed(data[start : start + PIECE_BYTES])
        parser.close()
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DocumentRejected(f"{name} can't be read: its XML is damaged.") from error


def read_stream(file: BinaryIO, reader: Reader) -> bool:
    """Read as much of a file as is XML; whether all of it was."""
    parser = _parser(reader)
    try:
        while piece := file.read(PIECE_BYTES):
            parser.feed(piece)
        parser.close()
    except (etree.XMLSyntaxError, ValueError):
        return False
    return True


def _parser(reader: Reader) -> etree.XMLParser:
    return etree.XMLParser(
        target=_Local(reader),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )


class _Local:
    """Hands the names on without their namespaces."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._depth = 0
        self.data = reader.data

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooDeep
        named = {key.rpartition("}")[2]: value for key, value in attributes.items()}
        self._reader.start(tag.rpartition("}")[2], named)

    def end(self, tag: str) -> None:
        self._depth -= 1
        self._reader.end(tag.rpartition("}")[2])

    def close(self) -> None:
        """All is told."""
