"""Rows that have nothing in a column: `have no amount`, `without a rating`, `not shipped`."""

import re

from ai_llm_service.search.tables.rules.grid import TIMES, Column
from ai_llm_service.search.tables.rules.links import ColumnLink, Span
from ai_llm_service.search.tables.rules.plan import Filter
from ai_llm_service.search.tables.rules.wording import DENIALS, Wording

_EMPTY = re.compile(
    r"\b(?:no|without|missing|lack(?:s|ing)?|not have|n't have)(?: an?| any| the)?$"
)
_IS_EMPTY = re.compile(
    r"^(?:(?:is|are|was|were|has been) )?(?:empty|missing|blank|null|not (?:given|known))\b"
)
_FILLED = re.compile(r"\b(?:have|has|with)(?: an?| any)$")
# "Not shipped", "were shipped": a day is there when it was done.
_DONE = re.compile(r"\b(?:were|was|been|are|is|got)(?: already)?$")
_NOT_DONE = re.compile(rf"\b(?:{DENIALS})(?: yet)?(?: been)?$")
_PARTICIPLE = ("ed", "en")
LEAST_STRENGTH = 0.7


def blanks(question: Wording) -> list[tuple[Filter, Span]]:
    """Conditions on cells that are empty or filled, of columns that have some of them."""
    found = []
    for link in question.links.columns:
        asked = _asked(question, link) if link.strength >= LEAST_STRENGTH else None
        # Where there are zeros, nobody knows which of the two is meant.
        if asked is not None and link.column.info.empty and 0.0 not in link.column.numbers:
            span, is_empty = asked
            found.append((_filter(link.column, is_empty=is_empty), span))
    return found


def _filter(column: Column, *, is_empty: bool) -> Filter:
    rows = frozenset(at for at, cell in enumerate(column.cells) if is_empty is not bool(cell))
    word = "empty" if is_empty else "not empty"
    sql = f"{column.sql} IS {'' if is_empty else 'NOT '}NULL"
    return Filter(sql, f"{column.name} is {word}", rows, column)


def _asked(question: Wording, link: ColumnLink) -> tuple[Span, bool] | None:
    """Return the words that ask for a column's cells, and whether for the empty ones."""
    words = [word.text for word in question.links.words]
    start, end = link.span.start, link.span.end
    before = " ".join(words[max(0, start - 3) : start])
    after = " ".join(words[end : end + 4])
    if match := _IS_EMPTY.search(after):
        return Span(start, end + len(match[0].split())), True
    is_done = link.column.info.type in TIMES and words[start].endswith(_PARTICIPLE)
    forms = [(_EMPTY, True), (_FILLED, False)]
    forms += [(_NOT_DONE, True), (_DONE, False)] if is_done else []
    for form, is_empty in forms:
        if match := form.search(before):
            return Span(start - len(match[0].split()), end), is_empty
    return None
