"""The marks `[n]` in a generated text: where they stand and which passages they name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_RANGE = 50
# Two digits that name no passage are a slip of the model; more are a year, a code, a size.
MAX_SLIP = 99

_NUMBERS = r"\d{1,4}(?:\s*[-–,;]\s*\d{1,4})*"
_MARK = re.compile(
    rf"(?<!\\)\[\s*(?:passages?\s+)?({_NUMBERS})\s*\](?!\(|\w)|【\s*({_NUMBERS})[^】\n]{{0,80}}】",
    re.IGNORECASE,
)
_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]+`", re.DOTALL)
# `rows[2] = 5`, `rows[2].name` and `rows[i][2]` outside of backticks.
_INDEXED_NAME = re.compile(r"[A-Za-z_][\w.]*(?:\[[^\]\n]*\])+\s*(?:[-+*/]?=|\.\w|->)")
# A model that quotes word for word escapes the `[2]` of a document as `\[2]`.
_ESCAPED = re.compile(rf"\\(\[\s*{_NUMBERS}\s*\])")
_STOPS = ".!?,;:。।！？，；：؟۔"
_TRAILING = re.compile(rf"[{re.escape(_STOPS)}]+\s*\Z")


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the unmarked text, and the passages that were named there, in order."""

    offset: int
    passages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Marked:
    """A text without its marks, and the marks."""

    text: str
    marks: tuple[Mark, ...]


def take_marks(text: str, passage_count: int) -> Marked:
    """Part a text from its marks; one that follows a full stop moves before it."""
    plain = ""
    marks: list[Mark] = []
    read_to = 0
    for start, end, numbers in _runs(text, passage_count):
        plain += _ESCAPED.sub(r"\1", text[read_to:start])
        read_to = end
        plain, moved = _before_stops(plain, text[end:])
        if numbers:
            marks.append(Mark(len(plain), numbers))
        plain += moved
    return Marked(plain + _ESCAPED.sub(r"\1", text[read_to:]), tuple(marks))


def _runs(text: str, passage_count: int) -> Iterator[tuple[int, int, tuple[int, ...]]]:
    """Marks that stand side by side, as (start, end, passages), with the blanks before them."""
    code = [match.span() for match in (*_CODE.finditer(text), *_INDEXED_NAME.finditer(text))]
    run: tuple[int, int, tuple[int, ...]] | None = None
    for match in _MARK.finditer(text):
        if any(start <= match.start() < end for start, end in code):
            continue
        numbers = _passages_of(match[1] or match[2], passage_count)
        if numbers is None:
            continue
        if run and not text[run[1] : match.start()].strip(" \t,;"):
            run = (run[0], match.end(), (*run[2], *numbers))
            continue
        if run:
            yield run
        run = (_blanks_before(text, match.start()), match.end(), numbers)
    if run:
        yield run


def _passages_of(numbers: str, passage_count: int) -> tuple[int, ...] | None:
    """The passages that exist among the numbers; None where this is no mark at all."""
    named: list[int] = []
    for part in re.split(r"[,;]", numbers):
        first, *rest = [int(number) for number in re.split(r"[-–]", part)]
        last = rest[-1] if rest else first
        if not 1 <= first <= last <= max(MAX_SLIP, passage_count) or last - first > MAX_RANGE:
            return None
        named.extend(range(first, last + 1))
    if not passage_count:
        return None
    return tuple(number for number in named if number <= passage_count)


def _blanks_before(text: str, start: int) -> int:
    """Where the blanks before a mark begin; a mark that opens its line keeps them."""
    first_blank = len(text[:start].rstrip(" \t"))
    opens_line = not first_blank or text[first_blank - 1] == "\n"
    return start if opens_line else first_blank


def _before_stops(plain: str, rest: str) -> tuple[str, str]:
    """Split off the full stop that a mark should stand before."""
    stops = _TRAILING.search(plain)
    ends_here = not rest or rest[0].isspace()
    if not stops or not ends_here or not plain[: stops.start()].strip():
        return plain, ""
    if "\n" in stops[0]:
        return plain, ""
    return plain[: stops.start()], stops[0].rstrip()
