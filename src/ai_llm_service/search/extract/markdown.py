"""The parser of Markdown: the text as it is, its headings as sections."""

import re

from ai_llm_service.domain import Extraction, Section, SectionKind
from ai_llm_service.search.extract.plain import parse_plain
from ai_llm_service.search.extract.source import Source

_FENCE = re.compile(r" {0,3}(```|~~~)")
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")


def parse_markdown(source: Source) -> Extraction:
    """Read Markdown as it is, its headings as sections."""
    plain = parse_plain(source)
    starts = _headings(plain.text)
    ends = [start for _, start in starts[1:]] + [len(plain.text)]
    sections = tuple(
        Section(SectionKind.HEADING, label, start, end)
        for (label, start), end in zip(starts, ends, strict=False)
    )
    return Extraction(plain.text, sections, plain.encoding, plain.notes)


def _headings(text: str) -> list[tuple[str, int]]:
    headings: list[tuple[str, int]] = []
    fence, start = None, 0
    for line in text.split("\n"):
        if mark := _FENCE.match(line):
            fence = None if fence == mark[1] else fence or mark[1]
        elif fence is None and (heading := _HEADING.match(line)) and heading[1]:
            headings.append((heading[1], start))
        start += len(line) + 1
    return headings
