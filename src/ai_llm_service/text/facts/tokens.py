"""Words of a text as they stand, with their places."""

import unicodedata
from dataclasses import dataclass

import regex

from ai_llm_service.text.patterns import Pattern

_TOKEN = Pattern(r"""[\p{L}\p{M}\p{N}]+(?:[-._'’\u200c\u200d][\p{L}\p{M}\p{N}]+)*""", regex.VERBOSE)
_POSSESSIVE = Pattern(r"['’]s?\Z")
# Scripts without capital letters: there a name is known by nothing but its place and rarity.
CASELESS = Pattern(
    r"[\p{Devanagari}\p{Bengali}\p{Gurmukhi}\p{Gujarati}\p{Oriya}\p{Tamil}\p{Telugu}\p{Kannada}"
    r"\p{Malayalam}\p{Sinhala}\p{Arabic}\p{Hebrew}\p{Georgian}\p{Ethiopic}]"
)
SPACELESS = Pattern(r"[\p{Han}\p{Hiragana}\p{Katakana}\u30FC\p{Thai}\p{Lao}\p{Khmer}]")


@dataclass(frozen=True, slots=True)
class Token:
    """One word. `plain` is its form for comparisons."""

    plain: str
    start: int
    end: int
    is_capital: bool
    is_caseless: bool


def tokens(text: str) -> list[Token]:
    """List the words that are written with spaces between them."""
    found = []
    for match in _TOKEN.finditer(text):
        written = _POSSESSIVE.sub("", match.group())
        if not written or SPACELESS.search(written):
            continue
        found.append(
            Token(
                plain(written),
                match.start(),
                match.start() + len(written),
                any(char.isupper() for char in written),
                CASELESS.match(written) is not None,
            )
        )
    return found


def plain(written: str) -> str:
    """Make letters small, digits 0 to 9, and drop what joins letters invisibly."""
    folded = unicodedata.normalize("NFKC", written).casefold()
    folded = folded.replace("’", "'").replace("\u200c", "").replace("\u200d", "")
    if folded.isascii():
        return folded
    return "".join(str(unicodedata.decimal(char, char)) for char in folded)
