"""Which kind of text a text is: by its content where that is plain to see, else by its name."""

import re

from ai_llm_service.search.extract import media_types as types
from ai_llm_service.search.extract.decode import BOMS, bare_utf16
from ai_llm_service.search.extract.headers import header_row
from ai_llm_service.search.extract.records import delimiter_of, is_regular, split_records

HEAD_CHARACTERS = 16 * 1024
# A name of one of these says nothing of a text's kind, neither does that of a binary file.
GENERIC = frozenset(["txt", "text", ""])
BINARY = types.IMAGES | {
    types.PDF, types.RTF, types.DOCX, types.PPTX, types.XLSX, types.XLSB, types.XLS, types.ODT,
    types.ODP, types.ODS, types.EPUB,
}  # fmt: skip
# These hold markup and are no pages.
HOLDS_MARKUP = frozenset([types.HTML, types.XML, types.MARKDOWN, types.SOURCE_CODE])

_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*+)*+<(?:!doctype\s+html|html)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
_XML = re.compile(r"\s*<\?xml\s")
_JSON = re.compile(r'\s*(?:\{\s*"|\[\s*[\[{"])')
_JSON_LINE = re.compile(r'\{\s*".*\}\s*')
_HEADER = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]{1,40}:[ \t].*\n(?:[ \t].*\n)*)+\s*\n", re.ASCII)
_OF_A_READER = re.compile(r"^(?:from|to|subject|date):", re.IGNORECASE | re.MULTILINE)
_OF_A_SERVER = re.compile(
    r"^(?:message-id|mime-version|received|return-path|delivered-to):",
    re.IGNORECASE | re.MULTILINE,
)
# Few columns may be chance.
CERTAIN_COLUMNS = 3


def kind_of_text(head: bytes, name: str) -> str:
    """The media type of what is known to be text."""
    text = _text(head)
    named = types.type_by_name(name)
    if named not in HOLDS_MARKUP and _HTML.match(text):
        return types.HTML
    if named is types.XML and _HTML.match(text):
        return types.HTML
    if named is types.MAIL:
        return types.MAIL if _OF_A_READER.search(_head_of_mail(text)) else types.PLAIN
    if named is None or named in BINARY or types.ending_of(name) in GENERIC:
        return _guess(text)
    return named


def _text(head: bytes) -> str:
    for mark, encoding in BOMS:
        if head.startswith(mark):
            return head[len(mark) :].decode(encoding, "replace")[:HEAD_CHARACTERS]
    text = head.decode(bare_utf16(head) or "utf-8", "replace")[:HEAD_CHARACTERS]
    return text.replace("\r\n", "\n")


def _head_of_mail(text: str) -> str:
    head = _HEADER.match(text)
    return head[0] if head else ""


def _guess(text: str) -> str:
    if _XML.match(text):
        return types.XML
    mail = _head_of_mail(text)
    if _OF_A_READER.search(mail) and _OF_A_SERVER.search(mail):
        return types.MAIL
    if _JSON.match(text):
        return types.JSON_LINES if _is_json_lines(text) else types.JSON
    return _table(text) or types.PLAIN


def _is_json_lines(text: str) -> bool:
    first, second = [*text.lstrip().split("\n"), ""][:2]
    return all(_JSON_LINE.fullmatch(line) for line in (first, second))


def _table(text: str) -> str | None:
    """CSV or TSV: nearly all lines have as many cells as the first, which names them."""
    whole, _, _ = text.rpartition("\n")
    lines = whole or text
    delimiter = delimiter_of(lines)
    records = split_records(lines, delimiter)
    # Lines of a log have such columns, too.
    if delimiter == "|" or not is_regular(records) or header_row(records) != 0:
        return None
    names = records[0]
    if len(names) < CERTAIN_COLUMNS and any(cell != cell.strip() for cell in names):
        return None
    return types.TSV if delimiter == "\t" else types.CSV
