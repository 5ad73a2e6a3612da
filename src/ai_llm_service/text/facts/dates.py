"""Dates of a text: `2023-11-02`, `3.10.1991`, `July 4, 1976`, `15 मार्च`, `1991年10月3日`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ai_llm_service.text.facts.lexicon import COMMON_MONTH_WORDS, MONTHS
from ai_llm_service.text.facts.numbers import to_western
from ai_llm_service.text.patterns import Match, Pattern

Parts = tuple[int | None, int | None, int | None]

_YEAR = r"(?<year>[12]\d{3})"
_DAY = r"(?<day>[0-3]?\d)(?:st|nd|rd|th|\.|º|er|-?го)?"
_MONTH = r"(?<![\p{L}\p{M}])(?<month>[\p{L}\p{M}]{3,12}+|मई|मे|মে|மே)\.?"
_OF = r"\s(?:of\s|de\s|d'|di\s)?"
_PATTERNS = tuple(
    Pattern(pattern)
    for pattern in (
        rf"(?<!\d){_YEAR}[-/.](?<number>[01]?\d)[-/.]{_DAY}(?!\d)",
        rf"(?<!\d){_YEAR}\s?年(?:(?<number>[01]?\d)\s?月)?(?:{_DAY}\s?日)?",
        rf"(?<!\d)(?<number>[01]?\d)\s?月(?:{_DAY}\s?日)?",
        rf"(?<!\d){_DAY}{_OF}{_MONTH}(?:{_OF}?,?\s?{_YEAR}(?!\d))?",
        rf"{_MONTH}\s(?:the\s)?{_DAY}(?!\d)(?:,?\s{_YEAR}(?!\d))?",
        rf"{_MONTH}{_OF}{_YEAR}(?!\d)",
        rf"(?<!\p{{L}}){_MONTH}(?!\p{{L}})",
    )
)
_NUMERIC = Pattern(r"(?<![\d./-])([0-3]?\d)([./-])([0-3]?\d)\2([12]\d{3})(?!\d)")
MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Date:
    """A date with what is known of it, in all the ways that its writing may mean."""

    readings: frozenset[Parts]
    start: int
    end: int

    def is_within(self, others: Iterable["Date"], years: frozenset[float]) -> bool:
        """Whether one of the others says all that this one says; the year may stand elsewhere."""
        return any(
            _fits(own, theirs, years)
            for other in others
            for theirs in other.readings
            for own in self.readings
        )


def dates(text: str) -> list[Date]:
    """List the dates that name at least a month, in order."""
    western = to_western(text)
    taken: list[Date] = [
        Date(_both_ways(int(match[1]), int(match[3]), int(match[4])), *match.span())
        for match in _NUMERIC.finditer(western)
    ]
    for pattern in _PATTERNS:
        for date in _matches(pattern, western):
            if not any(date.start < other.end and other.start < date.end for other in taken):
                taken.append(date)
    return sorted(taken, key=lambda date: date.start)


def _matches(pattern: Pattern, text: str) -> Iterator[Date]:
    for match in pattern.finditer(text, overlapped=True):
        groups = match.groupdict()
        month = _month(groups, match)
        if month is None:
            continue
        year, day = groups.get("year"), groups.get("day")
        known = (int(year) if year else None, month, int(day) if day else None)
        yield Date(frozenset({known}), *match.span())


def _month(groups: dict[str, str | None], match: Match) -> int | None:
    number, written = groups.get("number"), groups.get("month")
    if number is not None:
        return int(number) if 1 <= int(number) <= MONTHS_A_YEAR else None
    month = MONTHS.get((written or "").casefold())
    has_number = groups.get("day") or groups.get("year")
    if month is None or has_number or not written:
        return month
    # Alone, a word in small letters is no month: may, mars, march.
    is_name = written[0].isupper() or not (written.isascii() or written[0].islower())
    return month if is_name and not _opens(match, written) else None


def _opens(match: Match, written: str) -> bool:
    before = match.string[: match.start()].rstrip()
    opens = not before or before[-1] in ".!?\n"
    return opens and written.casefold() in COMMON_MONTH_WORDS


def _both_ways(first: int, second: int, year: int) -> frozenset[Parts]:
    return frozenset(
        (year, month, day)
        for month, day in ((second, first), (first, second))
        if 1 <= month <= MONTHS_A_YEAR
    )


def _fits(own: Parts, theirs: Parts, years: frozenset[float]) -> bool:
    year, month, day = own
    same_year = year is None or theirs[0] == year or (theirs[0] is None and year in years)
    return same_year and month == theirs[1] and (day is None or day == theirs[2])
