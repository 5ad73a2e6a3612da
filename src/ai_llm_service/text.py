"""Words, sentences and lines of a text in any script."""

import math
import string
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

import regex
import Stemmer

Span = tuple[int, int]
# Start, end, and whether it is a record: a row of a log or a table.
Line = tuple[int, int, bool]

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
    if not text.isascii():
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


def line_of(text: str, offset: int) -> int:
    """Tell which line, from 1, holds this offset."""
    return text.count("\n", 0, offset) + 1


# Sentences

_ABBREVIATIONS = (
    "mr mrs ms dr prof sr jr st vs etc e.g i.e cf fig figs nos vol pp p ca approx inc ltd co "
    "corp dept est gen sen rep rev hon jan feb mar apr jun jul aug sep sept oct nov dec u.s "
    "u.k a.m p.m al eq ch eds"
)
ABBREVIATIONS = frozenset(_ABBREVIATIONS.split())
# A wrapped line is filled to about the width of its paragraph; nobody wraps wider than this.
MAX_WRAP_CHARACTERS = 200
MIN_WRAP_CHARACTERS = 45
FILLED, FILLED_BEFORE_SMALL = 0.85, 0.6

# Not after its own like: a row of a million dots is looked at once.
_END = regex.compile(
    r"""(?<![.!?…])(?P<dot>[.!?…]++)["'”’)\]]*+(?=\s) | [।॥۔؟。！？]++["'”’」』）)]*+""",
    regex.VERBOSE,
)
_NO_WRAP_AFTER = ".!?:;।॥۔؟。！？"
_BLANK = regex.compile(r"\n[^\S\n]*\n\s*|\n[^\S\n]*\Z")
_ITEM = regex.compile(r"[\-*•·–>]\s|\(?\d{1,3}[.)]\s|\(?\p{L}[.)]\s")
# A line of a log, a table, a heading or JSON, by its first characters.
_RECORD = regex.compile(
    r"""\A(?:[\[<{|\#+=]|\d[\d:/.\-]{5,}|"[^"]*"\s*[,:])
    | \d\d:\d\d:\d\d | \t | \ \|\  | \w=.*\w=
    | \b(?:INFO|WARN|WARNING|ERROR|DEBUG|TRACE|FATAL|CRITICAL)\b
    | (?:[^\s,;]*[,;][^\s,;]+){3}""",
    regex.VERBOSE,
)
RECORD_HEAD_CHARACTERS = 200
_LAST_WORD = regex.compile(r"[^\s(\[\"“‘']*\Z")


def sentences(text: str) -> list[Span]:
    """Find the sentences: their spans in order, without the blanks between them.

    A line of a log, a list or a table is one; the lines of wrapped prose are joined.
    """
    spans: list[Span] = []
    for start, end in _paragraphs(text):
        for line in _joined_lines(text, start, end):
            spans.extend(_cut(text, line))
    return spans


def _paragraphs(text: str) -> Iterator[Span]:
    start = 0
    for blank in _BLANK.finditer(text):
        yield start, blank.start()
        start = blank.end()
    yield start, len(text)


def _joined_lines(text: str, start: int, end: int) -> Iterator[Line]:
    """Take the lines of a paragraph; those that were only wrapped are one."""
    lines = [(*span, _is_record(text, *span)) for span in _lines(text, start, end)]
    width = max((last - first for first, last, is_record in lines if not is_record), default=0)
    if not lines:
        return
    previous, first = lines[0], lines[0][0]
    for line in lines[1:]:
        if not _is_wrapped(text, previous, line, width):
            yield first, previous[1], previous[2]
            first = line[0]
        previous = line
    yield first, previous[1], previous[2]


def _lines(text: str, start: int, end: int) -> Iterator[Span]:
    """Take each line that is not blank, without the blanks at its ends."""
    while start < end:
        line_end = text.find("\n", start, end)
        line_end = end if line_end < 0 else line_end
        line = text[start:line_end]
        if content := line.strip():
            first = start + len(line) - len(line.lstrip())
            yield first, first + len(content)
        start = line_end + 1


def _is_record(text: str, start: int, end: int) -> bool:
    head = text[start : min(end, start + RECORD_HEAD_CHARACTERS)]
    return _RECORD.search(head) is not None


def _is_wrapped(text: str, line: Line, following: Line, width: int) -> bool:
    """Tell whether a line goes on in the next one: its first word had no place any more."""
    length = line[1] - line[0]
    if line[2] or following[2] or length < MIN_WRAP_CHARACTERS:
        return False
    if width > MAX_WRAP_CHARACTERS or text[line[1] - 1] in _NO_WRAP_AFTER:
        return False
    after = text[following[0] : following[1]]
    if _ITEM.match(after):
        return False
    first_word = len(after.split(maxsplit=1)[0])
    filled = FILLED_BEFORE_SMALL if after[0].islower() else FILLED
    return length + 1 + first_word > width * filled


def _cut(text: str, line: Line) -> Iterator[Span]:
    """Cut at the ends of sentences; a record stays whole."""
    start, end, is_record = line
    if is_record:
        yield start, end
        return
    for match in _END.finditer(text, start, end):
        if match.start() <= start or (match["dot"] and not _ends_sentence(text, start, match)):
            continue
        yield start, match.end()
        start = match.end()
        while start < end and text[start].isspace():
            start += 1
    if start < end:
        yield start, end


def _ends_sentence(text: str, start: int, match: "regex.Match[str]") -> bool:
    following = text[match.end() : match.end() + 8].lstrip()[:1]
    if following.islower():
        return False
    if match["dot"] != ".":
        return True
    word = _LAST_WORD.search(text, max(start, match.start() - 24), match.start())
    last_word = word.group() if word else ""
    is_initial = len(last_word) == 1 and last_word.isalpha() and last_word.isupper()
    is_item = last_word.isdigit() and match.start() - len(last_word) == start
    return not (is_initial or is_item or last_word.casefold() in ABBREVIATIONS)
