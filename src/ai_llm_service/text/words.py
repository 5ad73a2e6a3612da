"""Words of a text in any script, as an index has them, and how many tokens a text has."""

import math
import re
import string
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

import regex
import Stemmer

from ai_llm_service.text.patterns import Match, Pattern

# Longer runs of letters are data (base64, hashes), not words that anybody asks for.
MAX_TERM_CHARACTERS = 64
# An identifier of more pieces than this is a hash or an id: found whole or not at all.
MAX_PIECES = 6
GRAM_CHARACTERS = 4
# No piece of a word holds it.
WORD_END = "_"

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
_INVISIBLE = Pattern("[\u00ad\u200c\u200d\u2060\ufeff]")
_SPACELESS = r"\p{Han}\p{Hiragana}\p{Katakana}\u30FC\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_LETTERS = rf"[[\p{{L}}\p{{M}}\p{{N}}]--[{_SPACELESS}]]"
_TOKEN = Pattern(
    rf"""(?P<run>[{_SPACELESS}]+)
    | (?P<time>(?<![\p{{N}}.])\d{{1,2}}:\d\d(?::\d\d)?(?![\p{{N}}:]))
    | (?P<grouped>(?<![\p{{N}}.,])\d{{1,3}}(?:,\d{{2,3}}){{1,5}}(?:\.\d+)?(?![\p{{N}},]))
    | (?P<token>{_LETTERS}++(?:_?[._@\-]{_LETTERS}++)*+)""",
    regex.VERBOSE | regex.V1,
)
# The same of plain text, several times as fast: a large log has millions of different tokens.
_ASCII_TOKEN = re.compile(
    r"""(?P<time>(?<![0-9.])[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?![0-9:]))
    | (?P<grouped>(?<![0-9.,])[0-9]{1,3}(?:,[0-9]{2,3}){1,5}(?:\.[0-9]+)?(?![0-9,]))
    | (?P<token>[A-Za-z0-9]++(?:_?[._@\-][A-Za-z0-9]++)*+)""",
    re.VERBOSE,
)
_ASCII_PIECE = re.compile(r"[A-Z]+[a-z]*|[a-z]+|[0-9]+")
_SEPARATOR = re.compile("[,.]")
_CONNECTORS = re.compile(r"[._@\-]+")
_PIECE_BORDER = Pattern(
    r"(?<=\p{Ll})(?=\p{Lu})|(?<=\p{N})(?=\p{L})|(?<=[\p{L}\p{M}])(?=\p{N})", regex.V1
)
_CLUSTER = Pattern(r"\X")

_local = threading.local()


def words(text: str) -> list[str]:
    """List the index terms of a text in order: normalised, stemmed, without English stop words.

    Identifiers come whole as well as in pieces; scripts without spaces come as pairs of letters.
    """
    found: Iterable[re.Match[str] | Match]
    if text.isascii():
        if text.isalnum() and len(text) <= MAX_TERM_CHARACTERS:
            return list(_token_terms(text))
        found = _ASCII_TOKEN.finditer(text)
    else:
        text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
        found = _TOKEN.finditer(text)
    terms: list[str] = []
    for match in found:
        token = match.group()
        if match.lastgroup == "run":
            terms.extend(_pairs(token))
        elif match.lastgroup == "time":
            terms.extend((token, *token.split(":")))
        elif match.lastgroup == "grouped":
            terms.extend((token.replace(",", ""), *_SEPARATOR.split(token)))
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
    parts = [token] if token.isalnum() else [part for part in _CONNECTORS.split(token) if part]
    terms = [_plain(token)] if len(parts) > 1 else []
    for part in parts:
        pieces = _pieces(part)
        if len(pieces) > 1:
            terms.append(_plain(part))
        if len(pieces) <= MAX_PIECES:
            terms.extend(term for piece in pieces for term in _piece_terms(_plain(piece)))
    return tuple(terms)


def _pieces(part: str) -> list[str]:
    """Cut between letters and digits, and before a capital letter."""
    return _ASCII_PIECE.findall(part) if part.isascii() else _PIECE_BORDER.split(part)


def _plain(token: str) -> str:
    """Make letters small and the digits of every script 0 to 9."""
    token = token.casefold()
    if token.isascii():
        return token
    return "".join(str(unicodedata.decimal(char, char)) for char in token)


def _piece_terms(piece: str) -> list[str]:
    if not piece or piece in STOP_WORDS:
        return []
    if piece.isascii():
        return [piece] if piece[0].isdigit() else [_stem("english", piece)]
    script = unicodedata.name(piece[0], "").partition(" ")[0]
    terms = [_stem(STEMMERS[script], piece)] if script in STEMMERS else [piece]
    if script in GRAM_SCRIPTS:
        # The ends of a word count as letters: what begins alike is more alike than what holds it.
        bounded = f"{WORD_END}{piece}{WORD_END}"
        last = len(bounded) - GRAM_CHARACTERS + 1
        grams = {bounded[at : at + GRAM_CHARACTERS]: None for at in range(last)}
        terms.extend(gram for gram in grams if gram not in terms)
    return terms


def _stem(language: str, word: str) -> str:
    # A stemmer must not be shared by threads.
    stemmers: dict[str, Stemmer.Stemmer] = _local.__dict__.setdefault("stemmers", {})
    if language not in stemmers:
        stemmers[language] = Stemmer.Stemmer(language)
    return str(stemmers[language].stemWord(word)) or word


_SPACELESS_RUN = Pattern(rf"[{_SPACELESS}]+", regex.V1)
_MOST_LETTERS = (string.ascii_letters + " \n").encode()


def estimate_tokens(text: str) -> int:
    """Guess how many tokens a language model counts, rather too many than too few."""
    latin = text.encode("latin-1", "ignore")
    dense = len(latin.translate(None, _MOST_LETTERS))
    other = len(text) - len(latin)
    return math.ceil((len(latin) - dense) / 4 + dense / 2 + other / 1.5)


def count_tokens_alike(text: str) -> int:
    """Count as `estimate_tokens` does, but every alphabet as the Latin one.

    Models cut other scripts into more tokens; there is no more said in them.
    """
    if text.isascii():
        return estimate_tokens(text)
    latin = text.encode("latin-1", "ignore")
    dense = len(latin.translate(None, _MOST_LETTERS))
    other = len(text) - len(latin)
    spaceless = sum(map(len, _SPACELESS_RUN.findall(text))) if other else 0
    return math.ceil((len(latin) - dense + other - spaceless) / 4 + dense / 2 + spaceless / 1.5)
