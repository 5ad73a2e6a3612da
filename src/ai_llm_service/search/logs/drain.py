"""Templates of messages: the Drain algorithm (He, Zhu, Zheng, Lyu: ICWS 2017), in small.

A tree of fixed depth leads by the number of words and the first words to a short list of
templates; a message joins the one that it is most similar to, whose differing words become `<*>`.
"""

import re
from dataclasses import dataclass, field
from operator import eq

WILD = "<*>"
# As published: two words lead through the tree, and half of the words must be the same.
DEPTH_WORDS = 2
LEAST_SIMILAR = 0.5
MAX_CHILDREN = 100
# A message is known by its beginning.
MAX_WORDS = 60
MAX_CHARACTERS = 600
# Messages that only differ in their numbers are looked up; this many of them.
MAX_KNOWN = 100_000
# A log without any order must not take all time: then its lines are of one kind.
MAX_TEMPLATES = 5_000
MAX_LEAF = 200

# What varies by its looks: anything with a digit, within quotes or in a path too.
_VARIABLE = re.compile(r"(?<![\w.+\-])[A-Za-z_.+\-]*+\d[\w.+\-]*+")
_WILDS = re.compile(r"<\*>(?:[:/,.@\-]*<\*>)+")


def masked(message: str) -> str:
    """The message with `<*>` for everything that has a digit."""
    return _WILDS.sub(WILD, _VARIABLE.sub(WILD, message[:MAX_CHARACTERS]))


@dataclass(slots=True)
class _Template:
    number: int
    words: list[str]


@dataclass(slots=True)
class _Node:
    children: dict[str, "_Node"] = field(default_factory=dict)
    templates: list[_Template] = field(default_factory=list)


class Drain:
    """Gives each message the number of its template; templates grow more general on the way."""

    def __init__(self) -> None:
        self._roots: dict[tuple[int, int], _Node] = {}
        self._templates: list[_Template] = []
        self._known: dict[tuple[int, str], int] = {}

    def add(self, message: str, kind: int = 0) -> int:
        """The number of the template of this message; messages of two kinds never share one."""
        key = (kind, masked(message))
        number = self._known.get(key)
        if number is None:
            number = self._place(kind, key[1].split()[:MAX_WORDS])
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[key] = number
        return number

    @property
    def templates(self) -> list[str]:
        return [" ".join(template.words) for template in self._templates]

    def _place(self, kind: int, words: list[str]) -> int:
        templates = self._leaf(kind, words).templates
        best, best_share = None, -1.0
        told = [None if word == WILD else word for word in words]
        fixed = len(told) - told.count(None)
        for template in templates:
            share = _similarity(template.words, told, fixed)
            if share > best_share:
                best, best_share = template, share
        is_full = len(templates) >= MAX_LEAF or len(self._templates) >= MAX_TEMPLATES
        if best is not None and (best_share >= LEAST_SIMILAR or is_full):
            best.words = [
                ours if ours == theirs else WILD
                for ours, theirs in zip(best.words, words, strict=True)
            ]
            return best.number
        template = _Template(len(self._templates), words)
        self._templates.append(template)
        templates.append(template)
        return template.number

    def _leaf(self, kind: int, words: list[str]) -> _Node:
        node = self._roots.setdefault((kind, len(words)), _Node())
        for word in words[:DEPTH_WORDS]:
            key = WILD if WILD in word else word
            if key not in node.children and len(node.children) >= MAX_CHILDREN:
                key = WILD
            node = node.children.setdefault(key, _Node())
        return node


def _similarity(ours: list[str], told: list[str | None], fixed: int) -> float:
    """The share of the message's fixed words that the template has at the same place."""
    if not fixed:
        return float(ours.count(WILD) == len(ours))
    return float(sum(map(eq, ours, told)) / fixed)
