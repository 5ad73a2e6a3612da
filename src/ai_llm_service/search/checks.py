"""Checks the sentences of one answer against the passages that it was written from."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ai_llm_service.domain import Passage
from ai_llm_service.providers.base import Similarity
from ai_llm_service.search.noted import support_by_note
from ai_llm_service.search.verify import (
    Claim,
    PassageText,
    Support,
    find_support,
    support_together,
)

# A sentence that cites nothing is looked for in so many passages, the cited ones first.
MAX_PASSAGES_PER_SENTENCE = 16
# What says less than this claims nothing that could be checked: "Here is the list."
LEAST_ITEMS = 2


class Checks:
    """Each passage is read once, when it is first cited."""

    def __init__(self, passages: Sequence[Passage], similarity: Similarity | None = None) -> None:
        self._passages = passages
        self._similarity = similarity
        self._read: dict[int, PassageText] = {}

    def supports(self, statement: str, numbers: Sequence[int]) -> list[Support | None]:
        """The support of a sentence in each of the passages (from 1) that it cites."""
        claim = Claim(statement)
        found = [self._find(claim, number) for number in numbers]
        is_alone = any(support and support.is_verified for support in found)
        if is_alone or len(numbers) < 2 or not support_together(claim, found):
            return found
        return [
            replace(support, is_verified=True, score=round(claim.share(support.said), 3))
            if support and support.said
            else support
            for support in found
        ]

    def is_supported(self, sentence: str, cited: Iterable[int]) -> bool:
        """Whether a sentence without a mark is supported all the same, or claims nothing."""
        claim = Claim(sentence)
        if len(claim.items) < LEAST_ITEMS or sentence.rstrip().endswith(":"):
            return True
        others = range(1, len(self._passages) + 1)
        numbers = list(dict.fromkeys((*cited, *others)))[:MAX_PASSAGES_PER_SENTENCE]
        found = (self._find(claim, number) for number in numbers)
        return any(support and support.is_verified for support in found)

    def _find(self, claim: Claim, number: int) -> Support | None:
        passage = self._passages[number - 1]
        if number not in self._read:
            self._read[number] = PassageText(passage.chunk.text)
        found = find_support(claim, self._read[number], self._similarity)
        if passage.note and not (found and found.is_verified):
            return support_by_note(claim, passage, self._similarity) or found
        return found
