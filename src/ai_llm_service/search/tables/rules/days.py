"""Days, months and years that a question names, compared with a column of dates."""

import re
from collections.abc import Iterator, Sequence

from ai_llm_service.search.tables.rules.grid import TIMES, Column
from ai_llm_service.search.tables.rules.links import Span
from ai_llm_service.search.tables.rules.plan import Filter, both
from ai_llm_service.search.tables.rules.wording import Wording

Day = tuple[int, int, int]
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september",
           "october", "november", "december")  # fmt: skip
_SIGNS = {"before": "<", "prior to": "<", "until": "<=", "till": "<=", "up to": "<=", "after": ">",
          "later than": ">", "earlier than": "<", "since": ">=", "from": ">=",
          "by": "<="}  # fmt: skip
_WORD = (
    r"\b(before|prior to|earlier than|until|till|up to|after|later than|since|in|on|during|for|by"
    r"|from) (?:the (?:month|year) (?:of )?|the )?"
)
_MONTH = "(?:" + "|".join(rf"{name}|{name[:3]}\.?" for name in _MONTHS) + r")\b"
_DATE = (
    r"(\d{4}-\d\d-\d\d\b|\d{1,2}[/.-]\d{1,2}[/.-]\d{4}\b"
    rf"|\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH}(?:,? (?:of )?\d{{4}}\b)?"
    rf"|{_MONTH}(?: \d{{1,2}}(?:st|nd|rd|th)?\b)?(?:,? (?:of )?\d{{4}}\b)?"
    r"|(?:1[5-9]|20)\d\d\b(?![-/.,]?\d))"
)
_TO = r" ?(?:to|and|-|until|till) ?(?:the )?"
_RANGE = re.compile(rf"\b(?:from|between) (?:the )?{_DATE}{_TO}{_DATE}")
_ONE = re.compile(rf"{_WORD}{_DATE}( or later| or earlier| onwards?)?")
_BARE_YEAR = re.compile(r"\d{4}")
_PARTS = ("year", "month", "day")
# Of numbers that are compared one after the other a larger unit counts more.
_WEIGHTS = {"year": 10_000, "month": 100, "day": 1}


def dated(question: Wording) -> Iterator[tuple[Filter, re.Match[str]]]:
    """All conditions on columns of dates."""
    taken: list[range] = []
    for match in _RANGE.finditer(question.text):
        column = column_of(question, question.span_of(match))
        if column is None:
            continue
        first, last = _read(column, match[1]), _read(column, match[2])
        if first is None or last is None:
            continue
        # "Between 1 and 31 March 2024": what is left open is said once, at the end.
        first = (first[0] or last[0], first[1] or (last[1] if first[2] else 0), first[2])
        label = f"{column.name} is {match[0]}"
        made = both(_made(column, ">=", first), _made(column, "<=", last), label)
        taken.append(range(*match.span()))
        yield made, match
    for match in _ONE.finditer(question.text):
        column = column_of(question, question.span_of(match))
        day = _read(column, match[2]) if column else None
        if column is None or day is None or any(match.start() in other for other in taken):
            continue
        sign = _SIGNS.get(match[1], "=")
        if match[3] and sign == "=":
            sign = "<=" if "earlier" in match[3] else ">="
        made = _made(column, sign, day)
        yield Filter(made.sql, f"{column.name} is {match[0]}", made.rows, column), match


def column_of(question: Wording, at: Span) -> Column | None:
    """Find the column of dates: the one that is named nearest to the date, or else the first."""
    columns = [c for c in question.grid.columns if c.info.type in TIMES]
    named = [link for link in question.links.columns if link.column in columns]
    named = [link for link in named if not link.span.overlaps(at)]
    if named and len(columns) > 1:
        best = min(named, key=lambda link: (abs(link.span.start - at.start), -link.strength))
        return best.column
    return next(iter(columns), None)


def _read(column: Column, text: str) -> Day | None:
    """Read year, month and day; 0 is what the question leaves open. None: it can't be told."""
    numbers = [int(part) for part in re.findall(r"\d+", text)]
    if _BARE_YEAR.fullmatch(text):
        return numbers[0], 0, 0
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return numbers[0], numbers[1], numbers[2]
    if month := re.search(r"[a-z]{3}", re.sub(r"\d(?:st|nd|rd|th)\b", "", text).replace("of", "")):
        number = next(at for at, name in enumerate(_MONTHS, 1) if name.startswith(month[0]))
        year = next((n for n in numbers if n > 31), 0)
        return year, number, next((n for n in numbers if n <= 31), 0)
    return _by_order(column, numbers)


def _by_order(column: Column, numbers: Sequence[int]) -> Day | None:
    """`5/6/2024` is read in the order that the column has; day first where that is the only way."""
    first, second, year = numbers
    is_month_first = any(form.startswith(("%m", "%b", "%B")) for form in column.formats)
    if second > 12 or (is_month_first and first <= 12):
        first, second = second, first
    return (year, second, first) if 0 < second <= 12 and 0 < first <= 31 else None


def _made(column: Column, sign: str, day: Day) -> Filter:
    """Compare as far as the question goes: without a year within each year."""
    told = [(name, number) for name, number in zip(_PARTS, day, strict=True) if number]
    bound = tuple(number for _, number in told)
    places = [_PARTS.index(name) for name, _ in told]
    rows = frozenset(
        at for at, date in enumerate(column.dates)
        if date and _holds(tuple(date[place] for place in places), sign, bound)
    )  # fmt: skip
    sql = " + ".join(f"{_WEIGHTS[name]} * {name}({column.sql})" for name, _ in told)
    value = sum(_WEIGHTS[name] * number for name, number in told)
    return Filter(f"({sql}) {sign} {value}", "", rows, column)


def _holds(own: tuple[int, ...], sign: str, bound: tuple[int, ...]) -> bool:
    checks = {"<": own < bound, ">": own > bound, "<=": own <= bound, ">=": own >= bound}
    return checks.get(sign, own == bound)
