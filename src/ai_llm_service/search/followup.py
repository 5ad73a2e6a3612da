"""What a question means after the earlier ones of its session, without asking a model."""

from itertools import islice

from ai_llm_service.domain import Query
from ai_llm_service.text.facts import numbers
from ai_llm_service.text.patterns import Pattern
from ai_llm_service.text.questions import leans_on_earlier

# A follow-up to a follow-up leads back to the question that named the matter.
MAX_QUESTIONS_BACK = 3
# A question before is a reminder, no second question: its end is cut off.
MAX_CHARACTERS = 300
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


def _reminder(question: str, following: str) -> str:
    """An earlier question; where the new one names a year or a number, without its own."""
    names_one = any(not number.is_loose for number in numbers(following))
    kept = _NUMERAL.sub(" ", question) if names_one else question
    return " ".join(kept.split())[:MAX_CHARACTERS]
