"""Pages one after the other: their text, and a section for each."""

from collections.abc import Sequence

from ai_llm_service.domain import Section, SectionKind

PAGE_BREAK = "\n\n"


def join_pages(texts: Sequence[str]) -> tuple[str, tuple[Section, ...]]:
    """The canonical text of all pages and their sections; an empty page has one, too."""
    sections: list[Section] = []
    start = 0
    for number, text in enumerate(texts, 1):
        sections.append(Section(SectionKind.PAGE, str(number), start, start + len(text)))
        start += len(text) + len(PAGE_BREAK)
    return PAGE_BREAK.join(texts), tuple(sections)
