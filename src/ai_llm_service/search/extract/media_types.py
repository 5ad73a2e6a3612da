"""The types of files that can be read: their names, and the endings that they usually have."""

PLAIN = "text/plain"
MARKDOWN = "text/markdown"
CSV = "text/csv"
TSV = "text/tab-separated-values"
JSON = "application/json"
JSON_LINES = "application/x-ndjson"
HTML = "text/html"
XML = "application/xml"
YAML = "application/yaml"
SOURCE_CODE = "text/x-source"
MAIL = "message/rfc822"
RTF = "application/rtf"
PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
XLSB = "application/vnd.ms-excel.sheet.binary.macroenabled.12"
XLS = "application/vnd.ms-excel"
ODT = "application/vnd.oasis.opendocument.text"
ODP = "application/vnd.oasis.opendocument.presentation"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
EPUB = "application/epub+zip"
PNG = "image/png"
JPEG = "image/jpeg"
TIFF = "image/tiff"

# What is read row by row; the tables of a session are made of these files.
TABLES = frozenset([CSV, TSV, JSON_LINES, XLSX, XLSB, XLS, ODS])
IMAGES = frozenset([PNG, JPEG, TIFF])

CODE_ENDINGS = (
    "py pyi js mjs cjs jsx ts tsx java kt scala groovy c h cc cpp hpp cs go rs rb php pl lua r jl "
    "swift m sh bash zsh ps1 bat sql graphql proto css scss less vue svelte tf toml ini cfg conf "
    "properties env dockerfile makefile gradle cmake ex exs erl hs ml clj dart vb f90 asm"
)
# Names of a type that a reader knows, each with the endings of its files.
KNOWN: dict[str, tuple[str, str]] = {
    PLAIN: ("plain text", "txt text log"),
    MARKDOWN: ("Markdown", "md markdown"),
    CSV: ("CSV", "csv"),
    TSV: ("TSV", "tsv tab"),
    JSON: ("JSON", "json ipynb geojson"),
    JSON_LINES: ("JSON lines", "jsonl ndjson"),
    HTML: ("HTML", "html htm xhtml"),
    XML: ("XML", "xml svg rss atom xsd kml gpx"),
    YAML: ("YAML", "yaml yml"),
    SOURCE_CODE: ("source code", CODE_ENDINGS),
    MAIL: ("a mail", "eml"),
    RTF: ("RTF", "rtf"),
    PDF: ("a PDF", "pdf"),
    DOCX: ("a Word document", "docx docm dotx"),
    PPTX: ("a PowerPoint file", "pptx pptm ppsx potx"),
    XLSX: ("an Excel workbook", "xlsx xlsm xltx"),
    XLSB: ("a binary Excel workbook", "xlsb"),
    XLS: ("an old Excel workbook", "xls xlt"),
    ODT: ("an OpenDocument text", "odt ott"),
    ODP: ("an OpenDocument presentation", "odp otp"),
    ODS: ("an OpenDocument spreadsheet", "ods ots"),
    EPUB: ("an EPUB book", "epub"),
    PNG: ("a PNG image", "png"),
    JPEG: ("a JPEG image", "jpg jpeg jpe"),
    TIFF: ("a TIFF image", "tif tiff"),
}
BY_ENDING = {ending: kind for kind, (_, endings) in KNOWN.items() for ending in endings.split()}
# Kinds of text that look alike: there the name decides, and nobody is told.
ALIKE = frozenset([PLAIN, MARKDOWN, YAML, SOURCE_CODE])


# What a parser counts while it reads.
UNITS = {
    PDF: "pages",
    TIFF: "pages",
    PPTX: "slides",
    XLSX: "sheets",
    XLSB: "sheets",
    XLS: "sheets",
    ODS: "sheets",
    EPUB: "chapters",
    MAIL: "attachments",
}


def unit_of(media_type: str) -> str:
    return UNITS.get(media_type, "parts")


def ending_of(name: str) -> str:
    """What stands after the last dot, in small letters; of `Makefile`, all of it."""
    return name.rpartition(".")[2].rpartition("/")[2].lower()


def type_by_name(name: str) -> str | None:
    """The type that files of this name usually have."""
    return BY_ENDING.get(ending_of(name))


def note_on_name(name: str, media_type: str) -> tuple[str, ...]:
    """Tell where the name says another type than the content."""
    named = type_by_name(name)
    if named in {None, media_type} or {named, media_type} <= ALIKE or media_type not in KNOWN:
        return ()
    return (f"The name says {KNOWN[named or ''][0]}, but the content is {KNOWN[media_type][0]}.",)
