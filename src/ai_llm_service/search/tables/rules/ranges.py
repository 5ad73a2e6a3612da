"""Ranges of years and of numbers: `from 1994 to 2008`, `between 10,000 and 1,00,000`."""

import re

from ai_llm_service.search.tables.rules.grid import NUMBERS, TIMES, Column
from ai_llm_service.search.tables.rules.links import Span
from ai_llm_service.search.tables.rules.plan import Filter, both, compared
from ai_llm_service.search.tables.rules.wording import Wording
from ai_llm_service.search.tables.rules.words import words_of

_BETWEEN_BOTH = frozenset(("of", "is", "was", "equal", "equals", "to", "exactly"))
LEAST_STRENGTH = 0.7
Found = list[tuple[Filter, Span]]
_DECADE = re.compile(r"\b(\d{3})0(?:'?s| s)\b")
_YEARS = re.compile(
    r"\b(?:from|between)\s+(?:the years\s+)?(\d{4})\s*(?:to|and|-|until)\s*(\d{4})\b(?![-/.,]\d)"
)
_SIGN = r"(?:rs\.?|inr|[$€£₹])? ?"
_AMOUNT = rf"{_SIGN}(\d[\d,]*(?:\.\d+)?)\b(?! ?(?:st|nd|rd|th)\b)(?![-/:.]\d)"
_BETWEEN = re.compile(rf"\b(?:between|from)\s+{_AMOUNT}\s*%?\s*(?:and|to)\s+{_AMOUNT}")


def ranges(question: Wording) -> Found:
    """All of them; of two whole years those of the column of times, if there is one."""
    return [*(_of_years(question) or _of_numbers(question)), *_stated(question)]


def _stated(question: Wording) -> Found:
    """`Quantity 20`, `a rating of 4.5`: the number that is told behind the name of its column."""
    words = question.links.words
    found: Found = []
    for link in question.links.columns:
        at = link.span.end
        while at < len(words) - 1 and at < link.span.end + 2 and words[at].text in _BETWEEN_BOTH:
            at += 1
        number = words[at] if at < len(words) else None
        is_named = link.strength >= LEAST_STRENGTH and link.column.info.type in NUMBERS
        if number is None or not number.text[0].isdigit() or number.value is None or not is_named:
            continue
        span = Span(link.span.start, at + 1)
        if any(c.span.start <= at < c.span.end for c in question.links.columns):
            # The number is part of a name.
            continue
        found.append((compared(link.column, "=", number.value), span))
    return found


def _of_years(question: Wording) -> Found:
    column = question.time_column()
    if column is None or column.info.type in TIMES:
        # Columns of dates have rules of their own.
        return []
    decade = _DECADE.search(question.text)
    if decade:
        first, last = float(f"{decade[1]}0"), float(f"{decade[1]}9")
        return [_range(column, first, last, question.span_of(decade))]
    match = _YEARS.search(question.text)
    if match is None:
        return []
    return [_range(column, float(match[1]), float(match[2]), question.span_of(match))]


def _of_numbers(question: Wording) -> Found:
    found: Found = []
    for match in _BETWEEN.finditer(question.text):
        first, last = (words_of(match[at])[0].value for at in (1, 2))
        span = question.span_of(match)
        column = question.measure_near(span, is_year=False)
        if column is None or first is None or last is None or column.info.type in TIMES:
            continue
        found.append(_range(column, first, last, span))
    return found


def _range(column: Column, start: float, end: float, span: Span) -> tuple[Filter, Span]:
    first, last = compared(column, ">=", start), compared(column, "<=", end)
    label = f"{column.name} from {start:.15g} to {end:.15g}"
    return both(first, last, label), span
