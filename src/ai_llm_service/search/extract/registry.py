"""Which parser reads which type: the one table of them. Each is loaded when it is needed."""

from importlib import import_module
from typing import cast

from ai_llm_service.errors import DocumentRejected
from ai_llm_service.search.extract import media_types as types
from ai_llm_service.search.extract.source import Parser

# Module and function.
PARSERS = {
    types.PLAIN: ("plain", "parse_plain"),
    types.YAML: ("plain", "parse_plain"),
    types.SOURCE_CODE: ("plain", "parse_plain"),
    types.MARKDOWN: ("markdown", "parse_markdown"),
    types.CSV: ("delimited", "parse_delimited"),
    types.TSV: ("delimited", "parse_delimited"),
    types.JSON: ("json_text", "parse_json"),
    types.JSON_LINES: ("json_text", "parse_json_lines"),
    types.HTML: ("html", "parse_html"),
    types.XML: ("xml", "parse_xml"),
    types.MAIL: ("mail", "parse_mail"),
    types.RTF: ("rtf", "parse_rtf"),
    types.PDF: ("pdf", "parse_pdf"),
    types.DOCX: ("docx", "parse_docx"),
    types.PPTX: ("pptx", "parse_pptx"),
    types.XLSX: ("sheets", "parse_sheets"),
    types.XLSB: ("sheets", "parse_sheets"),
    types.XLS: ("sheets", "parse_sheets"),
    types.ODS: ("sheets", "parse_sheets"),
    types.ODT: ("odf", "parse_odf"),
    types.ODP: ("odf", "parse_odf"),
    types.EPUB: ("epub", "parse_epub"),
    types.PNG: ("image", "parse_image"),
    types.JPEG: ("image", "parse_image"),
    types.TIFF: ("image", "parse_image"),
}


def parser_of(media_type: str) -> Parser:
    """The parser of a type, or DocumentRejected: such a file came in before this version."""
    if media_type not in PARSERS:
        raise DocumentRejected("Files of this type can't be read.")
    module, function = PARSERS[media_type]
    loaded = import_module(f"ai_llm_service.search.extract.{module}")
    return cast("Parser", getattr(loaded, function))
