"""A sentence with its facts: words in their forms, numbers, dates, and what is denied."""

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache

from ai_llm_service.text import Span, sentences, words
from ai_llm_service.text.facts import Date, Denial, Number, Token, dates, denials, numbers, tokens
from ai_llm_service.text.facts.common import PRONOUNS
from ai_llm_service.text.facts.negation import DENIALS, spaceless_negations
from ai_llm_service.text.patterns import Pattern

# Two forms of one word share a beginning of this length, and of this share of the shorter one.
SHARED_LETTERS, SHARED_PART = 4, 0.7
SHARED_LETTERS_CASELESS = 3
# A word that stands more often in one sentence is no sentence's word: rows of one letter.
MAX_PLACES = 40
_JOINT = Pattern(r"[-._']")
_ARABIC_BEGINNING = Pattern(r"\A(?:وال|بال|كال|فال|ال|لل|[وفبلك](?=\p{Arabic}{4}))")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its facts. `start` and `end` are places in the text around it."""

    text: str
    start: int
    end: int
    words: tuple[Token, ...]
    numbers: tuple[Number, ...]
    dates: tuple[Date, ...]
    denials: tuple[Denial, ...]
    negated_characters: frozenset[str]
    stems: dict[str, list[int]]
    beginnings: dict[str, list[int]]

    @property
    def is_record(self) -> bool:
        """A row, an entry, a heading: nothing that goes on in the next one."""
        return self.text[-1:].isalnum() or self.text.count(",") * 6 > len(self.words) + 6

    def denials_beside(self, other: "Sentence") -> list[Denial]:
        """Its denials but for verbs that deny in both texts."""
        return [
            denial
            for denial in self.denials
            if not denial.verb
            or not any(DENIALS.get(token.plain) == denial.verb for token in other.words)
        ]

    @property
    def refers_back(self) -> bool:
        """Whether it speaks of somebody or something that a sentence before it named."""
        return any(token.plain in PRONOUNS for token in self.words[:3])

    @property
    def years(self) -> frozenset[float]:
        return frozenset(value for number in self.numbers for value in number.values)

    def places_of(self, token: Token) -> list[int]:
        """Where the word stands in any of its forms."""
        exact = self.stems.get(_stem(token.plain), [])[:MAX_PLACES]
        alike = self.beginnings.get(_bare(token.plain)[:SHARED_LETTERS_CASELESS], [])
        return exact or [place for place in alike[:MAX_PLACES] if _same(token, self.words[place])]


def read_sentences(text: str) -> list[Sentence]:
    """The sentences of a passage."""
    return [read_sentence(text, span) for span in sentences(text) if text[slice(*span)].strip()]


def read_sentence(text: str, span: Span) -> Sentence:
    """Find the facts of one sentence."""
    part = text[slice(*span)]
    found = tokens(part)
    stems: dict[str, list[int]] = defaultdict(list)
    beginnings: dict[str, list[int]] = defaultdict(list)
    for place, token in enumerate(found):
        for form in (_stem(token.plain), *_pieces(token.plain)):
            stems[form].append(place)
        beginnings[_bare(token.plain)[:SHARED_LETTERS_CASELESS]].append(place)
    return Sentence(
        text=part,
        start=span[0],
        end=span[1],
        words=tuple(found),
        numbers=tuple(numbers(part)),
        dates=tuple(dates(part)),
        denials=tuple(denials(part, found)),
        negated_characters=frozenset(spaceless_negations(part)),
        stems=dict(stems),
        beginnings=dict(beginnings),
    )


@lru_cache(maxsize=65_536)
def _stem(plain: str) -> str:
    bare = _bare(plain)
    found = words(bare)
    return found[0] if found else bare


@lru_cache(maxsize=65_536)
def _pieces(plain: str) -> tuple[str, ...]:
    """The parts of `payment-service`, each in its stem."""
    parts = _JOINT.split(plain)
    return tuple(_stem(part) for part in parts if part) if len(parts) > 1 else ()


@lru_cache(maxsize=65_536)
def _bare(plain: str) -> str:
    """Without the article and the conjunction that Arabic writes together with the word."""
    return _ARABIC_BEGINNING.sub("", plain)


def _same(one: Token, other: Token) -> bool:
    """Whether two words are forms of one, by their beginning."""
    left, right = _bare(one.plain), _bare(other.plain)
    shared = 0
    for first, second in zip(left, right, strict=False):
        if first != second:
            break
        shared += 1
    least = SHARED_LETTERS_CASELESS if one.is_caseless else SHARED_LETTERS
    shorter = min(len(left), len(right))
    return shared >= min(least, shorter) and shared >= SHARED_PART * shorter and shared >= 2
