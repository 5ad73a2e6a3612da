"""What comes nearest to a question that the documents do not answer."""

from collections.abc import Mapping, Sequence

from ai_llm_service.domain import Extraction, NearPassage, Passage, place_of
from ai_llm_service.text import best_part, words

MAX_NEAREST = 3
MAX_CHARACTERS = 600


def nearest(
    passages: Sequence[Passage], question: str, texts: Mapping[str, Extraction]
) -> tuple[NearPassage, ...]:
    """The best passages, each cut to the part that shares most with the question."""
    weights = dict.fromkeys(words(question), 1.0)
    return tuple(_near(passage, weights, texts) for passage in passages[:MAX_NEAREST])


def _near(
    passage: Passage, weights: Mapping[str, float], texts: Mapping[str, Extraction]
) -> NearPassage:
    chunk = passage.chunk
    extraction = texts[chunk.document_id]
    first, last = best_part(chunk.text, weights, MAX_CHARACTERS)
    start, end = chunk.start + first, chunk.start + last
    place = place_of(extraction, start)
    return NearPassage(
        document_id=chunk.document_id,
        document=passage.document_name,
        page=place.page,
        line=place.line,
        start=start,
        end=end,
        text=extraction.text[start:end],
        score=round(passage.score, 3),
    )
