"""Sentences and lines of a text in any script."""

from collections.abc import Iterator

import regex

from ai_llm_service.text.patterns import Match, Pattern
from ai_llm_service.text.wrapping import Line, joined_lines

Span = tuple[int, int]

_ABBREVIATIONS = (
    "mr mrs ms dr prof sr jr st vs etc e.g i.e cf fig figs nos vol pp p ca approx inc ltd co "
    "corp dept est gen sen rep rev hon jan feb mar apr jun jul aug sep sept oct nov dec u.s "
    "u.k a.m p.m al eq ch eds"
)
ABBREVIATIONS = frozenset(_ABBREVIATIONS.split())

# Not after its own like: a row of a million dots is looked at once.
_END = Pattern(
    r"""(?<![.!?…])(?P<dot>[.!?…]++)["'”’)\]]*+(?=\s) | [।॥۔؟。！？]++["'”’」』）)]*+""",
    regex.VERBOSE,
)
_BLANK = Pattern(r"\n[^\S\n]*\n\s*|\n[^\S\n]*\Z")
# `3. Oktober`: the languages that write a day so.
_MONTH = Pattern(
    r"\s+(?:Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez|okt|jan|feb|mar|apr|maj|jun|jul|aug|sep)"
)
_LAST_WORD = Pattern(r"[^\s(\[\"“‘']*\Z")


def line_of(text: str, offset: int) -> int:
    """Tell which line, from 1, holds this offset."""
    return text.count("\n", 0, offset) + 1


def sentences(text: str) -> list[Span]:
    """Find the sentences: their spans in order, without the blanks between them.

    A line of a log, a list or a table is one; the lines of wrapped prose are joined.
    """
    return list(each_sentence(text))


def each_sentence(text: str) -> Iterator[Span]:
    """Take the sentences one by one: a list of those of a large text is larger than the text."""
    for start, end in _paragraphs(text):
        for line in joined_lines(text, start, end):
            yield from _cut(text, line)


def _paragraphs(text: str) -> Iterator[Span]:
    start = 0
    for blank in _BLANK.finditer(text):
        yield start, blank.start()
        start = blank.end()
    yield start, len(text)


def _cut(text: str, line: Line) -> Iterator[Span]:
    """Cut at the ends of sentences; a record stays whole."""
    start, end, is_record = line
    if is_record:
        yield start, end
        return
    for match in _END.finditer(text, start, end):
        if match.start() <= start or (match["dot"] and not _ends_sentence(text, start, match)):
            continue
        yield start, match.end()
        start = match.end()
        while start < end and text[start].isspace():
            start += 1
    if start < end:
        yield start, end


def _ends_sentence(text: str, start: int, match: Match) -> bool:
    following = text[match.end() : match.end() + 8].lstrip()[:1]
    if following.islower():
        return False
    if match["dot"] != ".":
        return True
    word = _LAST_WORD.search(text, max(start, match.start() - 24), match.start())
    last_word = word.group() if word else ""
    is_initial = len(last_word) == 1 and last_word.isalpha() and last_word.isupper()
    is_day = last_word.isdigit() and _MONTH.match(text, match.end()) is not None
    is_item = last_word.isdigit() and match.start() - len(last_word) == start
    return not (is_initial or is_item or is_day or last_word.casefold() in ABBREVIATIONS)
