"""Which documents a question names: by words of their names, also where those are run together."""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from ai_llm_service.text import words
from ai_llm_service.text.patterns import Pattern

_TOKEN = Pattern(r"[\p{L}\p{M}\p{N}]+")


class Names:
    """The words of the names of all documents."""

    def __init__(self, names: Sequence[str]) -> None:
        self._terms = [_terms_of(name.rpartition(".")[0] or name) for name in names]
        self._spread = Counter(term for terms in self._terms for term in terms)

    def shares(self, question: str) -> list[float]:
        """How much of what names say is in the question, for each document, from 0 to 1.

        A word counts by how rare it is among the names; what all of them have tells nothing.
        """
        total = len(self._terms)
        asked = {term for term in _asked(question) if 0 < self._spread[term] < total}
        if not asked:
            return [0.0] * total
        rarity = {term: _rarity(total, self._spread[term]) for term in asked}
        said = [sum(rarity[term] for term in terms & asked) for terms in self._terms]
        most = max(*said, math.log1p(total))
        return [value / most for value in said]


def _terms_of(name: str) -> frozenset[str]:
    return frozenset((*words(name), *_tokens(name.replace("_", " "))))


def _asked(question: str) -> set[str]:
    """The words of the question, alone and two and three together: `americanexpress`."""
    tokens = _tokens(question)
    joined = {first + second for first, second in pairwise(tokens)}
    joined |= {"".join(three) for three in zip(tokens, tokens[1:], tokens[2:], strict=False)}
    return {*words(question), *joined}


def _tokens(text: str) -> list[str]:
    return [token.casefold() for token in _TOKEN.findall(text)]


def _rarity(total: int, having: int) -> float:
    return math.log1p((total - having + 0.5) / (having + 0.5))
