"""The words of a question, linked with the columns and cells of a grid."""

import re
from dataclasses import dataclass, field, replace

from ai_llm_service.search.tables.rules.clocks import with_seconds
from ai_llm_service.search.tables.rules.grid import Column, Grid
from ai_llm_service.search.tables.rules.links import ColumnLink, Links, Span, link
from ai_llm_service.search.tables.rules.plan import Filter
from ai_llm_service.search.tables.rules.spelling import capitals, names, respelled
from ai_llm_service.search.tables.rules.words import fold, words_of

DENIALS = (
    r"not|other than|besides|except|excluding|aside from|apart from|didn't|don't|doesn't|wasn't|"
    r"weren't|isn't|aren't|hasn't|haven't|never"
)


@dataclass
class Wording:
    """What a question says, and which column each of its words may mean."""

    text: str
    grid: Grid
    links: Links = field(init=False)
    names: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        cells = capitals(self.text, self.grid)
        self.names = names(self.text)
        self.text = " ".join(fold(self.text).split())
        self.text = with_seconds(self.text, self.grid)
        words = respelled(words_of(self.text), self.grid.vocabulary)
        words = tuple(replace(word, is_cell=word.text in cells) for word in words)
        self.links = link(words, self.grid)

    def span_of(self, match: re.Match[str], group: int | str = 0) -> Span:
        """Return the words that a match in the text covers."""
        start = len(words_of(self.text[: match.start(group)]))
        return Span(start, start + max(1, len(words_of(match[group]))))

    def opposite(self, found: Filter) -> Filter:
        rows = frozenset(range(self.grid.rows)) - found.rows
        return Filter(f"({found.sql}) IS NOT TRUE", f"not {found.label}", rows, found.column)

    def denies(self, span: Span, words: int) -> bool:
        """Tell whether one of so many words before these says no."""
        before = " ".join(word.text for word in self.links.words[: span.start][-words:])
        return bool(re.search(rf"\b(?:{DENIALS})\b", before))

    def time_column(self) -> Column | None:
        times = [column for column in self.grid.columns if column.is_time]
        named = [c.column for c in self.links.columns if c.column in times]
        return next(iter(named or times), None)

    def _leads(self, named: ColumnLink, span: Span) -> bool:
        """`A rating of at least 4`: the name stands before, whatever follows."""
        between = self.links.words[named.span.end : span.start]
        leads = bool(between) and all(word.text in {"of", "is", "was", "are"} for word in between)
        return named.strength >= 0.7 and leads

    def measure_near(self, span: Span, *, is_year: bool) -> Column | None:
        """Take the column of numbers that is named after the number, else before it."""
        numeric = [c for c in self.links.columns if c.column.is_numeric or c.column.is_rank]
        if told := [c for c in numeric if self._leads(c, span)]:
            return max(told, key=lambda c: c.strength).column
        after = [c for c in numeric if span.end <= c.span.start <= span.end + 2]
        before = [c for c in numeric if c.span.end <= span.start]
        if after:
            best = max(after, key=lambda c: (c.strength, -c.span.start))
            # "Won more than 6 games": the verb is the column.
            verb = next((c for c in before if c.span.end == span.start), None)
            return verb.column if verb and verb.strength >= best.strength else best.column
        if before:
            return max(before, key=lambda c: (c.strength, c.span.start)).column
        if is_year:
            return self.time_column()
        measures = [column for column in self.grid.columns if column.is_measure]
        return measures[0] if len(measures) == 1 else None
