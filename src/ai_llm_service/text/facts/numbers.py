"""Numbers of a text as values: `1,234.50`, `two thousand`, `₹2.5 lakh`, `12 %`, `14:05`."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import regex

from ai_llm_service.text.facts.lexicon import (
    ENGLISH_SCALES,
    FRACTIONS,
    LETTER_SCALES,
    LOOSE_NUMBER_WORDS,
    NUMBER_WORDS,
    PERCENT_WORDS,
    SCALES,
    UNITS,
)
from ai_llm_service.text.patterns import Match, Pattern

PERCENT, CLOCK = "%", "clock"
NOON = 12
_DIGITS = r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![\d])|\d+(?:[.,'’٫٬]\d+)*"
_NUMBER = Pattern(rf"(?<currency>[$€£¥₹]\s?|\bRs\.?\s?)?(?<digits>{_DIGITS})")
_CLOCK = Pattern(
    r"(?<![\d:])(?<hour>\d{1,2})(?::(?<minute>[0-5]\d)(?::(?<second>[0-5]\d))?)?"
    r"\s?(?<half>[ap]\.?m\b\.?)?(?![\d:])",
    regex.IGNORECASE,
)
_AFTER = Pattern(
    r"(?<glued>[\p{L}\p{M}%٪°₹$€£¥万亿]*)(?:[\s\u00a0-]{1,2}(?<next>[\p{L}\p{M}%٪°₹$€£¥]+\.?))?"
    r"(?:\s(?<third>[\p{L}\p{M}]+))?"
)
_WORD = Pattern(r"[\p{L}\p{M}]+(?:-[\p{L}\p{M}]+)*")
_GAP = Pattern(r"[ \u00a0\u202f'’٬]")
_GROUPED = Pattern(r"\d{1,3}(?:[,.'’]\d{2,3})*[,.'’]\d{3}")
_TEN = 10
PERCENT_PHRASES = frozenset(["per cent", "pour cent", "por ciento", "por cento"])


@dataclass(frozen=True, slots=True)
class Number:
    """A number: all the values that its writing may mean, and its unit where it has a known one.

    A loose one (one, first, both) may answer for a number, but need not be found itself.
    """

    values: frozenset[float]
    unit: str | None
    start: int
    end: int
    is_loose: bool = False

    def agrees(self, other: "Number") -> bool:
        """Whether both can mean the same."""
        if self.unit and other.unit and self.unit != other.unit:
            return False
        return bool(self.values & other.values)


def numbers(text: str) -> list[Number]:
    """List the numbers in order, written in digits of any script or in words."""
    western = to_western(text)
    clocks = list(_clocks(western))
    taken = [(clock.start, clock.end) for clock in clocks]
    found = [*clocks, *_in_digits(western, taken), *_in_words(western)]
    return sorted(found, key=lambda number: number.start)


def to_western(text: str) -> str:
    """Write the digits of every script as 0 to 9; each character keeps its place."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() and not char.isascii() else char
        for char in text
    )


def _clocks(text: str) -> Iterator[Number]:
    for match in _CLOCK.finditer(text):
        if not match["minute"] and not match["half"]:
            continue
        hour = int(match["hour"])
        values = {_seconds(hour, match)}
        half = (match["half"] or "").casefold()
        if half.startswith("p") and hour < NOON:
            values = {_seconds(hour + NOON, match)}
        elif half.startswith("a") and hour == NOON:
            values = {_seconds(0, match)}
        yield Number(frozenset(values), CLOCK, *match.span())


def _seconds(hour: int, match: Match) -> float:
    return hour * 3600.0 + int(match["minute"] or 0) * 60 + int(match["second"] or 0)


def _in_digits(text: str, taken: list[tuple[int, int]]) -> Iterator[Number]:
    for match in _NUMBER.finditer(text):
        start, end = match.span("digits")
        if any(first <= start < last for first, last in taken):
            continue
        values = _values(match["digits"])
        currency = UNITS.get((match["currency"] or "").strip().casefold().rstrip("."))
        after = _AFTER.match(text, end)
        if values and after:
            yield _with_unit(values, currency, after, start, end)


def _values(written: str) -> set[float]:
    """What digits may mean: in `1.234` the dot may part thousands or a fraction."""
    bare = _GAP.sub("", written).replace("٫", ".")
    dots, commas = bare.count("."), bare.count(",")
    if dots and commas:
        decimal = max(".", ",", key=bare.rfind)
        other = "," if decimal == "." else "."
        bare = bare.replace(other, "")
        return {_rounded(bare.replace(decimal, "."))} if bare.count(decimal) == 1 else set()
    mark = "." if dots else ","
    values = set()
    if dots + commas <= 1:
        values.add(_rounded(bare.replace(",", ".")))
    if _GROUPED.fullmatch(bare) and not bare.startswith("0"):
        values.add(_rounded(bare.replace(mark, "")))
    return values


def _rounded(value: str | float) -> float:
    return float(f"{float(value):.9g}")


def _with_unit(
    values: set[float], currency: str | None, after: Match, start: int, end: int
) -> Number:
    """The number with the scale and the unit that follow it, which belong to it."""
    words = [(after[name] or "").casefold().rstrip(".") for name in ("glued", "next", "third")]
    if words[0] and words[0].isalpha() and not _is_known(words[0], currency):
        words = []
    elif not words[0]:
        words = words[1:]
    rest = [word for word in words if word]
    factor = 1.0
    if rest and _scale(rest[0], currency):
        factor = _scale(rest.pop(0), currency)
        end = after.end("glued") if after["glued"] else after.end("next")
    unit = currency
    if rest[:1] and _unit(rest[0]):
        unit = currency or _unit(rest[0])
        end = after.start() + after.group().casefold().find(rest[0]) + len(rest[0])
    elif " ".join(rest[:2]) in PERCENT_PHRASES:
        unit, end = PERCENT, after.end()
    scaled = {_rounded(value * factor) for value in values}
    if unit == PERCENT:
        scaled |= {_rounded(value / 100) for value in values}
    if words[:1] and words[0] in LETTER_SCALES and not currency:
        scaled |= {_rounded(value * LETTER_SCALES[words[0]]) for value in values}
    return Number(frozenset(scaled), unit, start, end)


def _is_known(word: str, currency: str | None) -> bool:
    return bool(_scale(word, currency) or _unit(word))


def _scale(word: str, currency: str | None) -> float:
    return SCALES.get(word, LETTER_SCALES.get(word, 0.0) if currency else 0.0)


def _unit(word: str) -> str | None:
    if word in {"%", "٪"} or word in PERCENT_WORDS:
        return PERCENT
    return UNITS.get(word)


def _in_words(text: str) -> Iterator[Number]:
    run: list[tuple[float, int, int]] = []
    for match in _WORD.finditer(text):
        word = match.group().casefold()
        if word == "and" and run and run[-1][0] in ENGLISH_SCALES.values():
            continue
        value = _word_value(word)
        if value is not None and (not run or _goes_on(text, run[-1], value, match.start())):
            run.append((value, *match.span()))
            continue
        yield from _said(run, text)
        run = [(value, *match.span())] if value is not None else []
        yield from _fractions_and_loose(word, match)
    yield from _said(run, text)


def _word_value(word: str) -> float | None:
    """The value of `two` and of `twenty-one`."""
    if word in NUMBER_WORDS:
        return NUMBER_WORDS[word]
    if word in ENGLISH_SCALES:
        return ENGLISH_SCALES[word]
    tens, _, ones = word.partition("-")
    if NUMBER_WORDS.get(tens, 0) >= 2 * _TEN and NUMBER_WORDS.get(ones, _TEN) < _TEN:
        return NUMBER_WORDS[tens] + NUMBER_WORDS[ones]
    if NUMBER_WORDS.get(tens, 0) >= 2 * _TEN and ones == "one":
        return NUMBER_WORDS[tens] + 1
    return None


def _goes_on(text: str, last: tuple[float, int, int], value: float, start: int) -> bool:
    between = text[last[2] : start].strip()
    if between not in {"", "and", "-"}:
        return False
    return value in ENGLISH_SCALES.values() or (last[0] >= 2 * _TEN and value < last[0])


def _said(run: list[tuple[float, int, int]], text: str) -> Iterator[Number]:
    if not run or (len(run) == 1 and text[: run[0][1]].rstrip()[-1:].isdigit()):
        # `2.5 million` was read with its digits.
        return
    total = current = 0.0
    for value, _, _ in run:
        if value in {1e3, 1e6, 1e9}:
            total, current = total + max(current, 1.0) * value, 0.0
        elif value == 100.0:
            current = max(current, 1.0) * value
        else:
            current += value
    after = _AFTER.match(text, run[-1][2])
    if after:
        yield _with_unit({_rounded(total + current)}, None, after, run[0][1], run[-1][2])


def _fractions_and_loose(word: str, match: Match) -> Iterator[Number]:
    if word in FRACTIONS:
        before = match.string[: match.start()].split()[-1:] or [""]
        after = match.string[match.end() :].lstrip()[:3]
        is_part = word.startswith("hal") or before[0] in {"a", "one", "two", "three"}
        values = frozenset({FRACTIONS[word]})
        is_sure = is_part or after == "of " or not word.isascii()
        yield Number(values, None, *match.span(), is_loose=not is_sure)
    if word in LOOSE_NUMBER_WORDS:
        yield Number(frozenset({LOOSE_NUMBER_WORDS[word]}), None, *match.span(), is_loose=True)
