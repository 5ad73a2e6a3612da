"""Questions and cells as words: cut, stemmed, and the ones that tell nothing of the table."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import Stemmer

_WORD = re.compile(
    r"\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d+)?|\d+(?:\.\d+)?|[^\W\d_]+(?:['’][^\W\d_]+)?", re.UNICODE
)
_STEMMER = Stemmer.Stemmer("english")

_STOP = """
    a an the of in on at to for from by with and or is are was were be been being do does did has
    have had it its this that these those there their they them he she his her him who whom whose
    which what when where how why as than then so if not no nor but about into onto out up down
    any all each every some such only own same also can could will would shall should may might
    must s t re ve ll i you we me my your our us am please tell give list show name find
"""
STOP = frozenset(_STOP.split())
# Words of questions about any table: they stand for its rows or for the table itself.
_GENERIC = """
    table chart list listed lists listing row rows column data shown show given according many
    much number total there here above following time times overall altogether one ones
    entry entries item items record records mentioned included include including named called
    get got make made go went gone come came take took has have during while ever
"""
GENERIC = frozenset(_GENERIC.split())
NUMBER_WORDS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20,
    "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100, "thousand": 1000, "million": 1_000_000,
}  # fmt: skip
ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "ninth": 9, "tenth": 10,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a question; `value` where it is a number."""

    text: str
    stem: str
    value: float | None = None
    # It is written as a cell is, such as IT or US.
    is_cell: bool = False

    @property
    def is_telling(self) -> bool:
        return self.is_cell or (self.text not in STOP and self.text not in GENERIC)


def fold(text: str) -> str:
    """Write without accents and in small letters."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.combining(c)).lower().replace("’", "'")


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    return str(_STEMMER.stemWord(word.removesuffix("'s")))


def cut(text: str) -> list[str]:
    """Cut into words and numbers; numbers without the signs of their groups."""
    return [word.replace(",", "") for word in _WORD.findall(fold(text))]


def words_of(text: str) -> tuple[Word, ...]:
    """Cut a question into words; a possessive is a word without its ending."""
    found = []
    for word in cut(text):
        bare = word.removesuffix("'s").removesuffix("'")
        found.append(Word(bare, stem(bare), _value(bare)))
    return tuple(found)


def stems_of(text: str) -> tuple[str, ...]:
    return tuple(stem(word.removesuffix("'s").removesuffix("'")) for word in cut(text))


def _value(word: str) -> float | None:
    if word[0].isdigit():
        return float(word)
    number = NUMBER_WORDS.get(word)
    return None if number is None else float(number)
