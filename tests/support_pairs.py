"""Sentences and the passages that they cite, labelled by hand, and how well they are told apart.

`python -m tests.support_pairs` prints the figures that docs/quality.md shows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import regex

from ai_llm_service.search.verify import Claim, PassageText, find_support

DATA = Path(__file__).parent / "data"
FILES = ("support_pairs_en.txt", "support_pairs_other.txt")


@dataclass(frozen=True, slots=True)
class Pair:
    """`wrong_in`: number, name, negation, date or unit; nothing where the sentence follows."""

    language: str
    passage: str
    sentence: str
    wrong_in: str
    is_tuned_on: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """How many sentences follow from their passage, and how many were verified."""

    right: int
    wrong: int
    right_verified: int
    wrong_verified: int

    @property
    def precision(self) -> float:
        return self.right_verified / max(1, self.right_verified + self.wrong_verified)

    @property
    def recall(self) -> float:
        return self.right_verified / max(1, self.right)


def load_pairs() -> list[Pair]:
    blocks = [
        block
        for name in FILES
        for block in regex.split(r"\n\s*\n", (DATA / name).read_text("utf-8"))
        if not block.startswith("#")
    ]
    return [pair for number, block in enumerate(blocks) for pair in _pairs(block, number % 2 == 0)]


def _pairs(block: str, is_tuned_on: bool) -> Iterator[Pair]:
    lines = block.strip().splitlines()
    language = lines[0][1:3]
    passage = "\n".join(line for line in lines if line[:2] not in {"+ ", "- "})[5:]
    for line in lines:
        if line.startswith("+ "):
            yield Pair(language, passage, line[2:], "", is_tuned_on)
        elif line.startswith("- "):
            wrong_in, _, sentence = line[2:].partition(": ")
            yield Pair(language, passage, sentence, wrong_in, is_tuned_on)


def is_verified(pair: Pair) -> bool:
    support = find_support(Claim(pair.sentence), PassageText(pair.passage))
    return support is not None and support.is_verified


def measure(pairs: Iterable[Pair]) -> Figures:
    found = [(pair.wrong_in == "", is_verified(pair)) for pair in pairs]
    return Figures(
        right=sum(right for right, _ in found),
        wrong=sum(not right for right, _ in found),
        right_verified=sum(right and verified for right, verified in found),
        wrong_verified=sum(verified and not right for right, verified in found),
    )


def _print_figures() -> None:
    pairs = load_pairs()
    groups = {
        "all": pairs,
        "tuned on": [pair for pair in pairs if pair.is_tuned_on],
        "held out": [pair for pair in pairs if not pair.is_tuned_on],
        "English": [pair for pair in pairs if pair.language == "en"],
        "Hindi": [pair for pair in pairs if pair.language == "hi"],
        "other": [pair for pair in pairs if pair.language not in {"en", "hi"}],
    }
    print("| pairs | right / wrong | precision | recall |\n|---|---|---|---|")  # noqa: T201
    for name, group in groups.items():
        figures = measure(group)
        counts = f"{figures.right} / {figures.wrong}"
        print(f"| {name} | {counts} | {figures.precision:.3f} | {figures.recall:.3f} |")  # noqa: T201
    for kind in sorted({pair.wrong_in for pair in pairs} - {""}):
        figures = measure(pair for pair in pairs if pair.wrong_in == kind)
        print(f"wrong in {kind}: {figures.wrong_verified} of {figures.wrong} verified")  # noqa: T201


if __name__ == "__main__":
    _print_figures()
