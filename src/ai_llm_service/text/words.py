"""Words of a text in any script, as an index has them, and how many tokens a text has."""

import math
import string
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

import regex
import Stemmer

# Longer runs of letters are data (base64, hashes), not words that anybody asks for.
MAX_TERM_CHARACTERS = 64
# An identifier of more pieces than this is a hash or an id: found whole or not at all.
MAX_PIECES = 6
GRAM_CHARACTERS = 4

_STOP_WORDS = (
    "a about after all also am an and any are as at be because been before being but by can could "
    "d did do does doing don down during each for from further had has have having he her here "
    "hers him his how i if in into is it its itself just ll m me more most my no nor now of off on "
    "once only or other our ours out over own re s same she should so some such t than that the "
    "their theirs them then there these they this those through to too under until up ve very was "
    "we were what when where which while who whom why will with would you your yours"
)
STOP_WORDS = frozenset(_STOP_WORDS.split())

STEMMERS = {
    "LATIN": "english",
    "DEVANAGARI": "hindi",
    "TAMIL": "tamil",
    "ARABIC": "arabic",
    "CYRILLIC": "russian",
    "GREEK": "greek",
}
# Scripts whose words carry their grammar at the end, with no or a weak stemmer.
GRAM_SCRIPTS = frozenset(
    [
        "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA",
        "TAMIL", "TELUGU", "KANNADA", "MALAYALAM",
    ]
)  # fmt: skip

# Joiners and soft hyphens stand inside of words.
_INVISIBLE = regex.compile("[\u00ad\u200c\u200d\u2060\ufeff]")
_SPACELESS = r"\p{Han}\p{Hiragana}\p{Katakana}\u30FC\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_LETTERS = rf"[[\p{{L}}\p{{M}}\p{{N}}]--[{_SPACELESS}]]"
_TOKEN = regex.compile(
    rf"""(?P<run>[{_SPACELESS}]+)
    | (?P<time>(?<![\p{{N}}.])\d{{1,2}}:\d\d(?::\d\d)?(?![\p{{N}}:]))
    | (?P<grouped>(?<![\p{{N}}.,])\d{{1,3}}(?:,\d{{2,3}}){{1,5}}(?:\.\d+)?(?![\p{{N}},]))
    | (?P<token>{_LETTERS}++(?:_?[._@\-]{_LETTERS}++)*+)""",
    regex.VERBOSE | regex.V1,
)
_CONNECTORS = regex.compile(r"[._@\-]+")
_PIECE_BORDER = regex.compile(
    r"(?<=\p{Ll})(?=\p{Lu})|(?<=\p{N})(?=\p{L})|(?<=[\p{L}\p{M}])(?=\p{N})", regex.V1
)
_CLUSTER = regex.compile(r"\X")

_local = threading.local()


def words(text: str) -> list[str]:
    """List the index terms of a text in order: normalised, stemmed, without English stop words.

    Identifiers come whole as well as in pieces; scripts without spaces come as pairs of letters.
    """
    if text.isascii():
        if text.isalnum() and len(text) <= MAX_TERM_CHARACTERS:
            return list(_token_terms(text))
    else:
        text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    terms: list[str] = []
    for match in _TOKEN.finditer(text):
        token = match.group()
        if match.lastgroup == "run":
            terms.extend(_pairs(token))
        elif match.lastgroup == "time":
            terms.extend((token, *token.split(":")))
        elif match.lastgroup == "grouped":
            terms.extend((token.replace(",", ""), *regex.split("[,.]", token)))
        elif len(token) > MAX_TERM_CHARACTERS:
            terms.extend(_long_token(token))
        else:
            terms.extend(_token_terms(token))
    return terms


def _pairs(run: str) -> list[str]:
    clusters = _CLUSTER.findall(run)
    if len(clusters) == 1:
        return clusters
    return [first + second for first, second in pairwise(clusters)]


def _long_token(token: str) -> Iterator[str]:
    """Take the parts of a long dotted name; of one endless word, its beginning."""
    for part in _CONNECTORS.split(token):
        yield from _token_terms(part[:MAX_TERM_CHARACTERS])


@lru_cache(maxsize=65_536)
def _token_terms(token: str) -> tuple[str, ...]:
    if token.isdigit() and token.isascii():
        return (token,)
    parts = [part for part in _CONNECTORS.split(token) if part]
    terms = [_plain(token)] if len(parts) > 1 else []
    for part in parts:
        pieces = _PIECE_BORDER.split(part)
        if len(pieces) > 1:
            terms.append(_plain(part))
        if len(pieces) <= MAX_PIECES:
            terms.extend(term for piece in pieces for term in _piece_terms(_plain(piece)))
    return tuple(terms)


def _plain(token: str) -> str:
    """Make letters small and the digits of every script 0 to 9."""
    token = token.casefold()
    if token.isascii():
        return token
    return "".join(str(unicodedata.decimal(char, char)) for char in token)


def _piece_terms(piece: str) -> list[str]:
    if not piece or piece in STOP_WORDS:
        return []
    script = unicodedata.name(piece[0], "").partition(" ")[0]
    terms = [_stem(STEMMERS[script], piece)] if script in STEMMERS else [piece]
    if script in GRAM_SCRIPTS:
        last = len(piece) - GRAM_CHARACTERS + 1
        grams = {piece[at : at + GRAM_CHARACTERS]: None for at in range(last)}
        terms.extend(gram for gram in grams if gram not in terms)
    return terms


def _stem(language: str, word: str) -> str:
    # A stemmer must not be shared by threads.
    stemmers: dict[str, Stemmer.Stemmer] = _local.__dict__.setdefault("stemmers", {})
    if language not in stemmers:
        stemmers[language] = Stemmer.Stemmer(language)
    return str(stemmers[language].stemWord(word)) or word


_MOST_LETTERS = (string.ascii_letters + " \n").encode()


def estimate_tokens(text: str) -> int:
    """Guess how many tokens a language model counts, rather too many than too few."""
    latin = text.encode("latin-1", "ignore")
    dense = len(latin.translate(None, _MOST_LETTERS))
    other = len(text) - len(latin)
    return math.ceil((len(latin) - dense) / 4 + dense / 2 + other / 1.5)
