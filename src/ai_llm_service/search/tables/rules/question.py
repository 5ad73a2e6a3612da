"""A question read against a grid: its links, its comparisons, what is left unexplained."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ai_llm_service.search.tables.rules.adjectives import of_word
from ai_llm_service.search.tables.rules.blanks import blanks
from ai_llm_service.search.tables.rules.days import dated
from ai_llm_service.search.tables.rules.flags import flags, placed
from ai_llm_service.search.tables.rules.grid import Column
from ai_llm_service.search.tables.rules.links import ColumnLink, Span, ValueLink
from ai_llm_service.search.tables.rules.plan import Filter, cells_are, compared
from ai_llm_service.search.tables.rules.ranges import ranges
from ai_llm_service.search.tables.rules.texts import written
from ai_llm_service.search.tables.rules.wording import Wording
from ai_llm_service.search.tables.rules.words import words_of

_GREATER = (
    "more than|greater than|over|above|higher than|exceed(?:s|ed|ing)?|larger than|better than|"
    "longer than|in excess of|bigger than|slower than|taller than|heavier than|older than"
)
_MORE = (
    (r"(?:at least|as early as|no less than|no fewer than|minimum of|not less than)", ">="),
    (r"(?:at most|as late as|no more than|up to|not more than|maximum of)", "<="),
    (rf"(?:{_GREATER})", ">"),
    (r"(?:less than|fewer than|under|below|lower than|smaller than|shorter than|faster than)", "<"),
)
_AFTER = ((r"(?:after|since|following)", ">"), (r"(?:before|prior to|until)", "<"))
# So many words does one weigh that names a place or a year which the table does not have.
CHOOSING = 3
_EXACT = r"(?:only|exactly|just|scored|had|have|has|with|won|of)"
_NUMBER = (
    r"(\d[\d,]*(?:\.\d+)?|zero|one|two|three|four|five|six|seven|eight|nine|ten)\b"
    r"(?:\s*(thousand|million|billion|k|m)\b)?"
)
_OR_MORE = re.compile(_NUMBER + r"\s*(?:\w+\s+)?or (more|less|fewer|higher|lower|above|below)")
_SCALES = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "k": 1e3, "m": 1e6}


@dataclass
class Question(Wording):
    """A question and all that is known of it; forms take spans as they explain them."""

    filters: list[Filter] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)

    @cached_property
    def comparisons(self) -> list[tuple[Filter, Span]]:
        found = [*blanks(self), *ranges(self)]
        found += self._free([*self._compared(_MORE), *self._or_more(), *self._top()], found)
        found += self._others([span for _, span in found])
        found += self._exact([span for _, span in found])
        found += placed(self, [span for _, span in found])
        found += flags(self, [span for _, span in found])
        years = self._compared(_AFTER, only_years=True)
        return [*found, *self._free(years, found)]

    def _free(
        self, pairs: list[tuple[Filter, Span]], taken: list[tuple[Filter, Span]]
    ) -> list[tuple[Filter, Span]]:
        """Return those whose words are not explained yet."""
        return [pair for pair in pairs if not any(pair[1].overlaps(span) for _, span in taken)]

    def _others(self, spans: list[Span]) -> list[tuple[Filter, Span]]:
        """Dates and parts of texts; each word is explained once."""
        asked = max(self.links.columns, key=lambda c: c.span.start, default=None)
        texts = [c.column for c in self.links.columns if not c.column.is_numeric]
        column = texts[-1] if asked and texts else self.grid.key
        found = [*dated(self), *written(self.text, column)]
        pairs = [(made, self.span_of(match)) for made, match in found]
        return [pair for pair in pairs if not any(pair[1].overlaps(span) for span in spans)]

    def has(self, pattern: str) -> bool:
        return bool(re.search(rf"\b(?:{pattern})\b", self.text))

    def leaves(self, pattern: str) -> bool:
        """Tell whether words stand outside of comparisons, and not between two cells."""
        covered = {at for _, span in self.comparisons for at in range(span.start, span.end)}
        values = self.values()
        ends = {value.span.end: value.column for value in values}
        for value in values:
            for at in range(value.span.start - 3, value.span.start):
                if ends.get(at) is value.column:
                    covered.update(range(at, value.span.start))
        left = [word.text for at, word in enumerate(self.links.words) if at not in covered]
        return bool(re.search(rf"\b(?:{pattern})\b", " ".join(left)))

    def is_of_rows(self, span: Span) -> bool:
        """Tell whether the words stand for the rows: `orders` in a table of orders."""
        words = self.links.words[span.start : span.end]
        rest = [word for word in words if word.is_telling and word.stem not in self.grid.row_stems]
        return not rest and any(word.stem in self.grid.row_stems for word in words)

    def values(self, *, but: tuple[Column, ...] = ()) -> list[ValueLink]:
        """Return the cells that are named, outside of comparisons."""
        spans = [span for _, span in self.comparisons]
        return [
            value
            for value in self.links.values
            if value.column not in but and not any(value.span.overlaps(span) for span in spans)
        ]

    def columns(self, start: int = 0, end: int = 1000) -> list[ColumnLink]:
        return [c for c in self.links.columns if start <= c.span.start < end]

    def filters_of(self, values: Sequence[ValueLink]) -> list[Filter]:
        """Cells of one column are alternatives; those of several must all be met."""
        by_column: dict[str, list[ValueLink]] = {}
        for value in values:
            by_column.setdefault(value.column.name, []).append(value)
        filters = [_either(group) for group in by_column.values()]
        return [
            self.opposite(found) if self.denies(group[0].span, 5) else found
            for found, group in zip(filters, by_column.values(), strict=True)
        ]

    @cached_property
    def is_unclear(self) -> bool:
        """Tell whether something is compared that no column of numbers was found for."""
        spans = [span for _, span in self.comparisons]
        for pattern, _ in _MORE:
            for match in re.finditer(rf"\b{pattern}\b", self.text):
                found = self.span_of(match)
                named = any(found.overlaps(value.span) for value in self.links.values)
                if not named and not any(found.overlaps(span) for span in spans):
                    return True
        return False

    def unexplained(self, spans: list[Span], extra: frozenset[str] = frozenset()) -> list[str]:
        """Return the telling words that no span covers; one that chooses rows stands thrice."""
        covered = {at for span in spans for at in range(span.start, span.end)}
        return [
            word.text
            for at, word in enumerate(self.links.words)
            for _ in range(CHOOSING if self._chooses(at) else 1)
            if at not in covered and word.is_telling and word.text not in extra
            and word.stem not in extra | self.grid.row_stems
        ]  # fmt: skip

    def _chooses(self, at: int) -> bool:
        """`In Mumbai`, `in 2019`: whoever says so wants no figure of all rows."""
        before = self.links.words[at - 1].text if at else ""
        return self.links.words[at].text in self.names or before in {"in", "from", "at"}

    def _top(self) -> list[tuple[Filter, Span]]:
        """`The top 5`, `the first three`: by rank where the table has one, else by place."""
        match = re.search(rf"\b(top|first)\s+{_NUMBER}(?!\s*(?:st|nd|rd|th)\b)", self.text)
        count = words_of(match[2])[0].value if match else None
        if match is None or count is None or count > 100:
            return []
        ranks = [c for c in self.grid.columns if c.is_rank and c.is_numeric]
        if ranks and match[1] == "top":
            return [(compared(ranks[0], "<=", count), self.span_of(match))]
        numbers = self.grid.numbers[: int(count)]
        if not numbers:
            return []
        rows = frozenset(range(len(numbers)))
        made = Filter(f"_row <= {numbers[-1]}", f"the first {int(count)} rows", rows)
        return [(made, self.span_of(match))]

    def _exact(self, spans: list[Span]) -> list[tuple[Filter, Span]]:
        """`Only one loss`: the number stands before the name of its column."""
        found = []
        for match in re.finditer(rf"\b{_EXACT}\s+{_NUMBER}\s+(?:\w+\s+)?(\w+)", self.text):
            value = words_of(match[1])[0].value
            span = Span(self.span_of(match, 1).start, self.span_of(match, 1).end + 2)
            links = [
                c for c in self.links.columns
                if c.column.is_measure and span.start < c.span.start < span.end
            ]  # fmt: skip
            if value is None or not links or any(span.overlaps(other) for other in spans):
                continue
            link = max(links, key=lambda c: c.strength)
            if link.strength >= 0.5:
                found.append((compared(link.column, "=", value), Span(span.start, link.span.end)))
        return found

    def _compared(
        self, patterns: tuple[tuple[str, str], ...], *, only_years: bool = False
    ) -> list[tuple[Filter, Span]]:
        found: list[tuple[Filter, Span]] = []
        for pattern, sign in patterns:
            regex = rf"\b{pattern}\s+(?:the year\s+|a\s+|an\s+)?[$€£₹]?{_NUMBER}"
            for match in re.finditer(regex, self.text):
                pair = self._filter(match, sign, 1, only_years=only_years)
                if pair and not any(pair[1].overlaps(span) for _, span in found):
                    found.append(pair)
        return found

    def _or_more(self) -> list[tuple[Filter, Span]]:
        found = []
        for match in _OR_MORE.finditer(self.text):
            sign = ">=" if match[3] in {"more", "higher", "above"} else "<="
            pair = self._filter(match, sign, 1)
            if pair:
                found.append(pair)
        return found

    def _filter(
        self, match: re.Match[str], sign: str, group: int, *, only_years: bool = False
    ) -> tuple[Filter, Span] | None:
        value = words_of(match[group])[0].value
        if value is None:
            return None
        value *= _SCALES.get(match[group + 1] or "", 1)
        span = self.span_of(match)
        is_year = 1500 <= value <= 2100 and len(match[group]) == 4
        if only_years and not is_year:
            return None
        own = of_word(self.grid, match[0].split()[0])
        column = self.time_column() if only_years else self.measure_near(span, is_year=is_year)
        column = own[0] if own and not only_years else column
        return None if column is None else (compared(column, sign, value), span)


def _either(values: Sequence[ValueLink]) -> Filter:
    common = set(values[0].rows).intersection(*(value.rows for value in values[1:]))
    if common and all(value.strength < 1 for value in values):
        # Parts of one cell, such as a month and a year.
        kept = [cell for cell in values[0].cells if all(cell in v.cells for v in values)]
        return cells_are(values[0].column, kept, common)
    cells = tuple(dict.fromkeys(cell for value in values for cell in value.cells))
    rows = {row for value in values for row in value.rows}
    return cells_are(values[0].column, cells, rows)
