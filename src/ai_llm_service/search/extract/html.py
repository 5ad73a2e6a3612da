"""The parser of HTML: the text that a reader sees."""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ai_llm_service.domain import Extraction
from ai_llm_service.errors import DocumentRejected
from ai_llm_service.search.extract.decode import SAMPLE_BYTES, Decoded, clean, decode
from ai_llm_service.search.extract.source import Source
from ai_llm_service.search.extract.writer import TextWriter

UNSEEN = frozenset(
    ["head", "script", "style", "template", "noscript", "svg", "iframe", "object", "math", "canvas"]
)
# Each level makes the parser look through all the others; browsers stop at 512.
MAX_DEPTH = 20_000
# These end without an end tag, so that an open one is no level.
_TAG = re.compile(
    r"<(/?)(?!/|(?:p|li|dt|dd|option|optgroup|tr|td|th|thead|tbody|tfoot|colgroup|rp|rt|br|hr|img|"
    r"input|meta|link|area|base|col|embed|param|source|track|wbr)\b)[a-zA-Z]",
    re.IGNORECASE,
)
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def parse_html(source: Source) -> Extraction:
    """Read the visible text; each heading begins a section."""
    decoded = decode_html(source.file.read())
    writer = TextWriter()
    write_html(decoded.text, writer, source.name)
    return Extraction(writer.text(), writer.sections(), decoded.encoding, decoded.notes)


def decode_html(data: bytes) -> Decoded:
    """Read the characters as the page itself says, unless its bytes say otherwise."""
    declared = _CHARSET.search(data, 0, SAMPLE_BYTES)
    return decode(data, declared[1].decode("ascii") if declared else None)


def write_html(text: str, writer: TextWriter, name: str) -> None:
    """Write the visible text of a page, or raise DocumentRejected."""
    text = clean(text)
    _refuse_abyss(text, name)
    root = LexborHTMLParser(text).root
    if root is not None:
        _walk(root, writer)


def _refuse_abyss(text: str, name: str) -> None:
    depth = 0
    for tag in _TAG.finditer(text):
        depth = max(0, depth - 1) if tag[1] else depth + 1
        if depth > MAX_DEPTH:
            raise DocumentRejected(f"{name} nests its elements more than {MAX_DEPTH:,} deep.")


def _walk(root: LexborNode, writer: TextWriter) -> None:
    """Go through the tree without recursion: a hostile page is nested a million deep."""
    node: LexborNode | None = root
    open_tags: list[tuple[LexborNode, str]] = []
    while node is not None:
        child = _visit(node, writer)
        if child is not None:
            open_tags.append((node, node.tag or ""))
            node = child
            continue
        node = node.next
        while node is None and open_tags:
            parent, tag = open_tags.pop()
            writer.leave(tag)
            node = parent.next


def _visit(node: LexborNode, writer: TextWriter) -> LexborNode | None:
    """Write what the node says itself; return its first child if there is one to be seen."""
    if node.is_text_node:
        writer.say(node.text_content or "")
        return None
    tag = node.tag or ""
    if not node.is_element_node or tag in UNSEEN or _is_hidden(node):
        return None
    writer.enter(tag)
    if node.first_child is None:
        writer.leave(tag)
    return node.first_child


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    return "hidden" in attributes or bool(_HIDDEN_STYLE.search(attributes.get("style") or ""))
