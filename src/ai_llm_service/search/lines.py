"""Which chunks of logs hold one line that says much of a question.

The lines of a log say something each, and their neighbours something else: three lines that have
two words of the question each are no answer where one line has them all.
"""

from collections.abc import Mapping

from ai_llm_service.domain import Chunk
from ai_llm_service.search.base import Ingested
from ai_llm_service.search.logs.read import reader_of
from ai_llm_service.text import words

# How much the best line of a chunk counts beside the chunk, whose own score is at most 1.
LINE_WEIGHT = 1.0
# So many of the best chunks are looked at line by line.
LOOKED_AT = 20


def is_log(ingested: Ingested) -> bool:
    """Whether most lines of a text begin as records of a log do.

    Such a text gets no vectors: an embedder of prose finds less in it than its words do.
    """
    return reader_of(ingested.extraction.text) is not None


def share_of_best_line(chunk: Chunk, rarity: Mapping[str, float]) -> float:
    """The most that one line says of the words of a question, from 0 to 1, by how rare they are."""
    most = sum(rarity.values())
    if not most:
        return 0.0
    return max(_said(line, rarity) for line in chunk.text.split("\n")) / most


def _said(line: str, rarity: Mapping[str, float]) -> float:
    return sum(rarity.get(word, 0.0) for word in set(words(line)))
