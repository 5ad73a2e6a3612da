"""What a question means after the earlier ones of its session, without asking a model."""

from collections import defaultdict
from itertools import islice

from ai_llm_service.domain import Query
from ai_llm_service.search.found import Found
from ai_llm_service.text.facts import numbers
from ai_llm_service.text.patterns import Pattern
from ai_llm_service.text.questions import leans_on_earlier, points_back

# A follow-up to a follow-up leads back to the question that named the matter.
MAX_QUESTIONS_BACK = 3
# A question before is a reminder, no second question: its end is cut off.
MAX_CHARACTERS = 300
# What is found with the earlier questions counts so much, the rest what is found without them.
JOINED_SHARE = 0.6
CANDIDATES = 60
_NUMERAL = Pattern(r"[\p{N}][\p{N}.,:/-]*")


def full_question(query: Query) -> str:
    """The question, with the earlier ones that it leans on behind it."""
    if not query.history or not leans_on_earlier(query.text):
        return query.text
    earlier: list[str] = []
    for turn in islice(reversed(query.history), MAX_QUESTIONS_BACK):
        earlier.append(_reminder(turn.question, query.text))
        if not leans_on_earlier(turn.question):
            break
    return "\n".join([query.text, *earlier])


def found_together(query: Query, alone: Found, joined: Found, limit: int) -> Found:
    """What a follow-up finds by itself and with the earlier questions, as one list.

    A question that has words of its own must find something by them: else a foreign one would be
    as sure of its passages as the question before it was.
    """
    best = joined.best if points_back(query.text) else (alone.best + joined.best) / 2
    scores: defaultdict[int, float] = defaultdict(float)
    for found, share in ((alone, 1 - JOINED_SHARE), (joined, JOINED_SHARE)):
        for position, score in found.hits:
            scores[position] += share * score
    hits = sorted(scores.items(), key=lambda hit: (-hit[1], hit[0]))[:limit]
    scale = best / hits[0][1] if hits else 0.0
    return Found(tuple((position, score * scale) for position, score in hits), best)


def _reminder(question: str, following: str) -> str:
    """An earlier question; where the new one names a year or a number, without its own."""
    names_one = any(not number.is_loose for number in numbers(following))
    kept = _NUMERAL.sub(" ", question) if names_one else question
    return " ".join(kept.split())[:MAX_CHARACTERS]
