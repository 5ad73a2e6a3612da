"""What a question says without a number: closed, not closed, came in second."""

import re
from collections.abc import Sequence

from ai_llm_service.search.tables.rules.links import Span
from ai_llm_service.search.tables.rules.plan import Filter, cells_are, compared
from ai_llm_service.search.tables.rules.wording import Wording
from ai_llm_service.search.tables.rules.words import ORDINALS

Found = list[tuple[Filter, Span]]
_ORDINAL = "|".join(ORDINALS)
_PLACED = re.compile(
    rf"\b(?:finish\w*|came|come|plac\w+|rank\w*|got|took|won)(?: in)? ({_ORDINAL})\b(?: place)?"
    rf"|\b({_ORDINAL}) place\b"
)


def placed(question: Wording, spans: Sequence[Span]) -> Found:
    """`Came in second`, `first place`: the rank is told as a place."""
    ranks = [c for c in question.grid.columns if c.is_rank and c.is_numeric]
    match = _PLACED.search(question.text)
    if match is None or not ranks:
        return []
    group = 1 if match[1] else 2
    span = question.span_of(match)
    if any(span.overlaps(other) for other in spans):
        return []
    return [(compared(ranks[0], "=", float(ORDINALS[match[group]])), span)]


def flags(question: Wording, spans: Sequence[Span]) -> Found:
    """`How many are closed`: the whole name of a column of yes and no asks for yes."""
    found = []
    for named in question.links.columns:
        yes = named.column.yes
        if yes is None or named.strength < 1 or any(named.span.overlaps(s) for s in spans):
            continue
        rows = frozenset(at for at, cell in enumerate(named.column.cells) if cell == yes)
        made = cells_are(named.column, [yes], rows)
        is_denied = question.denies(named.span, 3)
        found.append((question.opposite(made) if is_denied else made, named.span))
    return found
