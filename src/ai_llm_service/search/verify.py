"""Whether a passage supports a sentence: each number, date and name, no denial, most words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ai_llm_service.providers.base import Similarity
from ai_llm_service.search.claims import Item, items_of, says
from ai_llm_service.search.facts import Sentence, read_sentence, read_sentences

MAX_QUOTE_SENTENCES = 3
# What one more sentence must add to a quote, as a share of what is claimed.
COST_OF_A_SENTENCE = 0.1
# The share of a claim that must be found; with a like meaning, a smaller share is enough.
LEAST_SAID = 0.5
LEAST_SAID_ALIKE = 0.3
LEAST_ALIKE = 0.6
# What is wrong in a fact is told by a score below this.
MOST_UNSUPPORTED = 0.4
# Nobody can tell of a longer sentence whether all of it is said.
MAX_CLAIM_CHARACTERS = 2000
# A claim needs so many items before one wrong fact of a sentence that says all the rest is seen.
LEAST_ITEMS = 3


@dataclass(frozen=True, slots=True)
class Support:
    """The range of a passage that says most of a claim. A higher score: more of it is said.

    `has_facts`: all facts are said and nothing is denied, however few of the other words are.
    """

    start: int
    end: int
    score: float
    is_verified: bool
    said: frozenset[int] = frozenset()
    has_facts: bool = False


class PassageText:
    """A passage, read once for all the claims that cite it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sentences = read_sentences(text)


class Claim:
    """A sentence of an answer, item by item."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.is_endless = len(text) > MAX_CLAIM_CHARACTERS
        self.sentence: Sentence = read_sentence(text, (0, min(len(text), MAX_CLAIM_CHARACTERS)))
        self.items: list[Item] = items_of(self.sentence)

    @property
    def weight(self) -> float:
        return sum(item.weight for item in self.items)

    def share(self, said: Iterable[int]) -> float:
        """How much of the claim these items are, from 0 to 1."""
        return sum(self.items[number].weight for number in said) / self.weight if said else 0.0

    def has_all_facts(self, said: Iterable[int]) -> bool:
        return {number for number, item in enumerate(self.items) if item.must} <= set(said)


def find_support(
    claim: Claim, passage: PassageText, similarity: Similarity | None = None
) -> Support | None:
    """The best support of a claim in a passage; None where nothing of it is said."""
    whole = _word_for_word(claim, passage)
    if whole:
        return whole
    if not claim.items or not passage.sentences:
        return None
    said = [
        frozenset(n for n, item in enumerate(claim.items) if says(one, item, claim.sentence))
        for one in passage.sentences
    ]
    is_at_odds = _is_at_odds(claim, passage.sentences, said)
    best: tuple[bool, float, Support] | None = None
    for first in range(len(said)):
        for last in range(first, min(first + MAX_QUOTE_SENTENCES, len(said))):
            support = _support(claim, passage, said, (first, last))
            if is_at_odds or support is None:
                continue
            value = (support.is_verified, support.score - COST_OF_A_SENTENCE * (last - first))
            if best is None or value > (best[0], best[1] + 1e-9):
                best = (*value, support)
    if best is None and is_at_odds:
        return _denied(claim, passage, said)
    return _or_alike(claim, passage, best[2], similarity) if best else None


def _or_alike(
    claim: Claim, passage: PassageText, support: Support, similarity: Similarity | None
) -> Support:
    """Verified, too, where the facts are there and the rest is said in other words."""
    if claim.is_endless:
        return replace(support, is_verified=False)
    if support.is_verified or not support.has_facts or support.score < LEAST_SAID_ALIKE:
        return support
    if similarity is None:
        return support
    (near,) = similarity(claim.text, [passage.text[support.start : support.end]])
    return replace(support, is_verified=near >= LEAST_ALIKE)


def support_together(claim: Claim, supports: Sequence[Support | None]) -> bool:
    """Whether passages that a sentence cites side by side support it together."""
    said = frozenset(number for one in supports if one for number in one.said)
    return claim.has_all_facts(said) and claim.share(said) >= LEAST_SAID


def _support(
    claim: Claim,
    passage: PassageText,
    said: Sequence[frozenset[int]],
    window: tuple[int, int],
) -> Support | None:
    first, last = window
    together = _joined(claim, passage.sentences, said, window)
    share = claim.share(together)
    if not share:
        return None
    start, end = passage.sentences[first].start, passage.sentences[last].end
    quoted = passage.sentences[first : last + 1]
    is_true = claim.has_all_facts(together) and not _is_denied(claim.sentence, quoted)
    score = share if is_true else share * MOST_UNSUPPORTED
    enough = is_true and share >= LEAST_SAID
    return Support(start, end, round(score, 3), enough, together, has_facts=is_true)


def _joined(
    claim: Claim,
    all_sentences: Sequence[Sentence],
    said: Sequence[frozenset[int]],
    window: tuple[int, int],
) -> frozenset[int]:
    """What the sentences of a window say together.

    A fact counts only from a sentence that says something else of the claim, too; and of rows
    each stands for itself.
    """
    first, last = window
    if first == last:
        header = _header(all_sentences, said, first, claim)
        return said[first] | header
    facts = {number for number, item in enumerate(claim.items) if item.must}
    rows = [place for place in range(first, last + 1) if all_sentences[place].is_record]
    together: set[int] = set()
    for place in range(first, last + 1):
        own = said[place]
        following = all_sentences[place + 1] if place < last else None
        is_meant = following is not None and following.refers_back
        names = {number for number in own if claim.items[number].is_name}
        bound = own if len(own) > 1 else own - facts | (names if is_meant else frozenset())
        is_other_row = len(rows) > 1 and place in rows
        together |= bound - facts if is_other_row else bound
    if len(rows) > 1:
        together |= max((said[row] & facts for row in rows), key=len)
    return frozenset(together)


def _header(
    all_sentences: Sequence[Sentence], said: Sequence[frozenset[int]], row: int, claim: Claim
) -> frozenset[int]:
    """The words of a claim that the names of the columns say."""
    head = all_sentences[0]
    if not row or head.numbers or not (head.is_record and all_sentences[row].is_record):
        return frozenset()
    return frozenset(number for number in said[0] if not claim.items[number].must)


def _is_denied(claim: Sentence, quoted: Sequence[Sentence]) -> bool:
    """Whether one of both denies what the other one does not."""
    if _differ_without_spaces(claim, quoted):
        return True
    mirrored: set[int] = set()
    for sentence in quoted:
        ours = [
            [set(sentence.places_of(claim.words[place])) for place in denial.places]
            for denial in claim.denials_beside(sentence)
        ]
        theirs = [denial.places for denial in sentence.denials_beside(claim)]
        reached = {place for places in theirs for place in places}
        mirrored |= {n for n, places in enumerate(ours) if _first(places) & reached}
        denied = {place for places in ours for found in places for place in found}
        said = {at for token in claim.words for at in sentence.places_of(token)}
        for places in theirs:
            nearest = next((place for place in places if place in said), None)
            if nearest is not None and nearest not in denied:
                return True
    return _is_ours_alone(claim, quoted, mirrored)


def _first(places: Sequence[set[int]]) -> set[int]:
    """Where the nearest denied word stands that stands there at all."""
    return next((found for found in places if found), set())


def _is_ours_alone(claim: Sentence, quoted: Sequence[Sentence], mirrored: set[int]) -> bool:
    """Whether the claim denies a word of the passage that nothing there denies."""
    for number, denial in enumerate(claim.denials):
        is_there = any(
            sentence.places_of(claim.words[place])
            for sentence in quoted
            for place in denial.places
            if denial in claim.denials_beside(sentence)
        )
        if is_there and number not in mirrored:
            return True
    return False


def _differ_without_spaces(claim: Sentence, quoted: Sequence[Sentence]) -> bool:
    """The same for texts that write no spaces between words."""
    text = "".join(sentence.text for sentence in quoted)
    denied = {part for sentence in quoted for part in sentence.negated_characters}
    mine = {part for part in claim.negated_characters if part in text}
    others = {part for part in denied if part in claim.text}
    return bool(mine or others) and not mine & others


def _is_at_odds(
    claim: Claim, all_sentences: Sequence[Sentence], said: Sequence[frozenset[int]]
) -> bool:
    """Whether the sentence that says most of the claim denies it, or has another fact in it."""
    everything = frozenset(range(len(claim.items)))
    most = max(claim.share(own) for own in said)
    best = [
        sentence
        for sentence, own in zip(all_sentences, said, strict=True)
        if claim.share(own) >= max(most, LEAST_SAID)
    ]
    if best and all(_is_denied(claim.sentence, [sentence]) for sentence in best):
        return True
    if len(claim.items) < LEAST_ITEMS or everything in said:
        return False
    for sentence, own in zip(all_sentences, said, strict=True):
        left = everything - own
        if len(left) == 1 and _has_another(claim, sentence, claim.items[next(iter(left))]):
            return True
    return False


def _has_another(claim: Claim, sentence: Sentence, item: Item) -> bool:
    if item.date:
        return any(not date.is_within(claim.sentence.dates, frozenset()) for date in sentence.dates)
    if item.number:
        unit = item.number.unit
        return any(
            not number.is_loose
            and (unit is None or number.unit == unit)
            and not any(number.agrees(own) for own in claim.sentence.numbers)
            for number in sentence.numbers
        )
    if not item.is_name:
        return False
    return any(
        other.is_name and not says(claim.sentence, other, sentence) for other in items_of(sentence)
    )


def _denied(claim: Claim, passage: PassageText, said: Sequence[frozenset[int]]) -> Support | None:
    """The sentence that says most of a claim, and something else in one fact."""
    place = max(range(len(said)), key=lambda number: (claim.share(said[number]), -number))
    one = passage.sentences[place]
    share = claim.share(said[place])
    score = round(share * MOST_UNSUPPORTED, 3)
    return Support(one.start, one.end, score, is_verified=False) if share else None


def _word_for_word(claim: Claim, passage: PassageText) -> Support | None:
    """Whole sentences of the passage, as they stand."""
    wanted = _flat(claim.text)
    for first, one in enumerate(passage.sentences):
        if not wanted or not wanted.startswith(_flat(one.text)):
            continue
        for other in passage.sentences[first : first + MAX_QUOTE_SENTENCES]:
            if _flat(passage.text[one.start : other.end]) == wanted:
                return Support(one.start, other.end, 1.0, is_verified=True)
    return None


def _flat(text: str) -> str:
    return " ".join(text.split()).rstrip(".!?।。…")
