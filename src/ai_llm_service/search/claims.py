"""What a sentence claims, item by item, and which sentence of a passage says each of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import regex

from ai_llm_service.search.facts import Sentence
from ai_llm_service.text import Span
from ai_llm_service.text.facts import Date, Number
from ai_llm_service.text.facts.common import COMMON_PAIRS, FUNCTION_WORDS, OPENERS
from ai_llm_service.text.facts.lexicon import WEEKDAYS
from ai_llm_service.text.facts.negation import is_negation
from ai_llm_service.text.facts.numbers import CLOCK, to_western
from ai_llm_service.text.facts.tokens import SPACELESS
from ai_llm_service.text.facts.word_sets import word_set
from ai_llm_service.text.patterns import Pattern

# A name may stand with another word between its parts: Ruth Anne Calloway.
MAX_WORDS_BETWEEN = 1
MAX_NAME_WORDS = 6
# Languages that end with the verb: there the last words of a sentence are told in other ways.
LAST_WORDS = 1
_VERB_LAST = Pattern(
    r"[\p{Devanagari}\p{Bengali}\p{Gurmukhi}\p{Gujarati}\p{Tamil}\p{Telugu}\p{Kannada}\p{Malayalam}]"
)
_PLAIN_ENDING = Pattern(r"(?:s|ing|ed|ly|ion|ment|ity|ness|ful|ive|able|age|ance|ence)\Z")
_GERMAN = Pattern(r"\b(?:der|die|das|und|ist|wurde|wird|nicht|eine?[rnms]?|im|mit|von)\b", regex.I)
_BEFORE_A_NAME = word_set(
    "in aus nach bei von für mit frau herr herrn dr prof und durch zwischen",
)
_BETWEEN_NAMES = frozenset([" ", ". ", "-"])
_WITHIN_NAMES = frozenset([" of ", " of the ", " de ", " von ", " van "])
_PAIR = Pattern(r"(?<![\d.,/–-])(\d+)\s?[-–/]\s?(\d+)(?![\d/–-])")
_RUN = Pattern(r"[\p{Han}\p{Katakana}\u30FC]+|[\p{Thai}\p{Lao}\p{Khmer}]+")
_SINGLE = Pattern(r"[\p{Han}\p{Katakana}]")
_CLUSTER = Pattern(r"\X")
_BORDER = Pattern(r"[.!?:]\s*\Z|\n\s*\Z|\A[\s\W]*\Z")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a sentence says: a word, a name of one or more words, a number, a date."""

    words: tuple[int, ...] = ()
    number: Number | None = None
    date: Date | None = None
    characters: str = ""
    pair: str = ""
    must: bool = False
    is_name: bool = False
    weight: float = 1.0


def items_of(claim: Sentence) -> list[Item]:
    """All that has to be found for a claim."""
    when = [Item(date=date, must=True) for date in claim.dates]
    counted = [
        Item(number=number, must=True)
        for number in claim.numbers
        if not number.is_loose and not _is_within(number, claim.dates)
    ]
    counted = [item for item in counted if not _is_repeated(item, counted)]
    taken = [(date.start, date.end) for date in claim.dates]
    taken += [(number.start, number.end) for number in claim.numbers if not number.is_loose]
    said = list(_words_of(claim, taken))
    return [*when, *counted, *_pairs_of(claim), *said, *_runs_of(claim)]


def _pairs_of(claim: Sentence) -> Iterable[Item]:
    """`7-5` and `131/82`: two numbers that belong together."""
    for match in _PAIR.finditer(to_western(claim.text)):
        if not any(date.start < match.end() and match.start() < date.end for date in claim.dates):
            first, last = match.groups()
            yield Item(pair=rf"(?<!\d){first}\D{{1,12}}{last}(?!\d)", must=True, weight=0.0)


def says(sentence: Sentence, item: Item, claim: Sentence) -> bool:
    """Whether a sentence of a passage says the item of the claim."""
    if item.date:
        return item.date.is_within(sentence.dates, sentence.years)
    if item.number:
        return any(item.number.agrees(other) for other in sentence.numbers)
    if item.pair:
        return Pattern(item.pair).search(to_western(sentence.text)) is not None
    if item.characters:
        return _has_characters(sentence.text, item.characters)
    found = [sentence.places_of(claim.words[place]) for place in item.words]
    return bool(found) and all(found) and _stand_together(found, sentence)


def _stand_together(found: Sequence[Sequence[int]], sentence: Sentence) -> bool:
    """Whether the parts of a name stand in their order, with hardly a word between them."""
    for first in found[0]:
        last = first
        for places in found[1:]:
            following = [at for at in places if last < at and _is_near(sentence, last, at)]
            if not following:
                break
            last = following[0]
        else:
            return True
    return False


def _is_near(sentence: Sentence, last: int, place: int) -> bool:
    between = sentence.words[last + 1 : place]
    return sum(token.plain not in FUNCTION_WORDS for token in between) <= MAX_WORDS_BETWEEN


def _words_of(claim: Sentence, taken: Sequence[Span]) -> Iterable[Item]:
    """The content words; capitalised ones that stand side by side are one name."""
    free = [
        place
        for place, token in enumerate(claim.words)
        if not any(start < token.end and token.start < end for start, end in taken)
        and token.plain not in FUNCTION_WORDS
        and not is_negation(token)
        and any(char.isalpha() for char in token.plain)
    ]
    is_german = len(_GERMAN.findall(claim.text)) >= 2
    run: list[int] = []
    for place in free:
        if run and (len(run) == MAX_NAME_WORDS or not _is_one_name(claim, run[-1], place)):
            yield _name_or_word(claim, run, free, is_german=is_german)
            run = []
        run.append(place)
    if run:
        yield _name_or_word(claim, run, free, is_german=is_german)


def _is_one_name(claim: Sentence, last: int, place: int) -> bool:
    left, right = claim.words[last], claim.words[place]
    between = claim.text[left.end : right.start]
    opens = _BORDER.search(claim.text[: left.start]) is not None
    is_joined = between in _BETWEEN_NAMES or (between in _WITHIN_NAMES and not opens)
    return left.is_capital and right.is_capital and is_joined


def _name_or_word(
    claim: Sentence, run: Sequence[int], free: Sequence[int], *, is_german: bool
) -> Item:
    token = claim.words[run[0]]
    if len(run) > 1:
        return Item(tuple(run), must=not is_german, is_name=True)
    if token.is_caseless:
        return Item(tuple(run), must=_is_caseless_name(claim, run[0], free))
    opens = _BORDER.search(claim.text[: token.start]) is not None
    if token.is_capital and not opens:
        must = not is_german or _is_german_name(claim, run[0])
        return Item(tuple(run), must=must, is_name=must)
    if token.is_capital and token.plain not in OPENERS and not is_german:
        return Item(tuple(run), must=not _PLAIN_ENDING.search(token.plain), is_name=True)
    is_identifier = any(mark in token.plain for mark in "-_.") and opens
    return Item(tuple(run), must=is_identifier, is_name=is_identifier)


def _is_caseless_name(claim: Sentence, place: int, free: Sequence[int]) -> bool:
    """Where no capitals tell a name, each word counts but the verb."""
    if claim.words[place].plain in WEEKDAYS:
        return True
    if _VERB_LAST.match(claim.words[place].plain):
        return place not in free[-LAST_WORDS:] or len(free) <= LAST_WORDS
    return place != free[0]


def _is_german_name(claim: Sentence, place: int) -> bool:
    before = claim.words[place - 1].plain if place else ""
    is_acronym = claim.text[claim.words[place].start : claim.words[place].end].isupper()
    return before in _BEFORE_A_NAME or is_acronym


def _runs_of(claim: Sentence) -> Iterable[Item]:
    for match in _RUN.finditer(claim.text):
        yield Item(characters=match.group(), weight=max(1.0, len(match.group()) / 4))


def missing_characters(text: str, run: str) -> list[str]:
    """The stretches of a run, without spaces, that a text does not have."""
    if not SPACELESS.search(run):
        return []
    stretches = [""]
    for known, cluster in _known_clusters(text, run):
        if known:
            stretches.append("")
        else:
            stretches[-1] += cluster
    return [each for each in stretches if len(each) > 1 and each not in COMMON_PAIRS]


def _known_clusters(text: str, run: str) -> Iterable[tuple[bool, str]]:
    if _SINGLE.match(run):
        return [(char in text, char) for char in run]
    clusters = _CLUSTER.findall(run)
    pairs = [clusters[at] + clusters[at + 1] in text for at in range(len(clusters) - 1)]
    ahead, behind = [*pairs, False], [False, *pairs]
    return [
        (before or after, cluster)
        for before, after, cluster in zip(behind, ahead, clusters, strict=True)
    ]


def _has_characters(text: str, run: str) -> bool:
    return not missing_characters(text, run)


def _is_within(number: Number, found: Iterable[Date]) -> bool:
    return any(date.start <= number.start < date.end for date in found)


def _is_repeated(item: Item, counted: Iterable[Item]) -> bool:
    """`1.5 million` may be read twice: as the digits and as the word."""
    number = item.number
    assert number is not None  # noqa: S101 - they are all numbers
    return any(
        other.number is not None
        and other.number is not number
        and other.number.start <= number.start < other.number.end
        and (other.number.unit == CLOCK or other.number.start < number.start)
        for other in counted
    )
