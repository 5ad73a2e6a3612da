"""Which documents a passage leads to: those whose title it says.

What a question asks is often said in a document that it does not name, but that another one names:
the passage on a film has the name of its director, and the document of that name his birthplace.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from ai_llm_service.domain import Document
from ai_llm_service.text.patterns import Pattern

# How much it counts to be named by the best passage, beside a score that is at most 1.
LINK_WEIGHT = 0.4
# The best passages of so many documents lead on.
LEADING_DOCUMENTS = 3
MAX_TITLE_CHARACTERS = 100
MAX_TITLE_WORDS = 8
# A shorter title is found in texts that mean something else.
MIN_TITLE_LETTERS = 4

_TOKEN = Pattern(r"[\p{L}\p{M}\p{N}]+")
_BRACKETS = Pattern(r"\([^()]*\)")

Title = tuple[str, ...]


class Links:
    """The titles of all documents of a session: their names, and their first lines if short."""

    def __init__(self, documents: Sequence[tuple[Document, str]]) -> None:
        """Each document comes with its text."""
        owners: defaultdict[Title, set[int]] = defaultdict(set)
        for number, (document, text) in enumerate(documents):
            for title in _titles(document.name, text):
                owners[title].add(number)
        # What several documents begin with, such as `UNITED STATES` or a row of column names, is
        # the title of none.
        self._owners = {title: min(own) for title, own in owners.items() if len(own) == 1}

    def of(self, text: str) -> set[int]:
        """The numbers of the documents whose title a text says, written as a name is."""
        return {owner for title in _said(text) if (owner := self._owners.get(title)) is not None}


def _said(text: str) -> Iterator[Title]:
    """Take each run of words that may be a title: one that begins as a name does."""
    tokens = _TOKEN.findall(text)
    plain = [token.casefold() for token in tokens]
    for start, token in enumerate(tokens):
        last = start if token[0].islower() else min(start + MAX_TITLE_WORDS, len(tokens))
        for end in range(start + 1, last + 1):
            yield tuple(plain[start:end])


def _titles(name: str, text: str) -> Iterator[Title]:
    first_line = text[: MAX_TITLE_CHARACTERS + 1].partition("\n")[0]
    stem = name.rpartition(".")[0] or name
    lines = (first_line, _BRACKETS.sub("", first_line), stem)
    for line in lines:
        title = tuple(token.casefold() for token in _TOKEN.findall(line))
        fits = len(line) <= MAX_TITLE_CHARACTERS and len(title) <= MAX_TITLE_WORDS
        if fits and sum(map(len, title)) >= MIN_TITLE_LETTERS:
            yield title
