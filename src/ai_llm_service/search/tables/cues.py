"""Which questions ask for a computation: they count, sum, compare, rank, group or pick rows."""

import re

# A long text is a task with many parts, for which the whole is read.
MAX_QUESTION_CHARACTERS = 400

_COMPUTES = re.compile(
    r"\b(how many|how much|how often|number of|count|total|sum|add(?:ed)? up|average|mean|median|"
    r"max(?:imum)?|min(?:imum)?|highest|lowest|most|least|fewest|largest|smallest|biggest|longest|"
    r"shortest|greatest|earliest|latest|oldest|newest|best|worst|top|bottom|rank(?:ed)?|percent|"
    r"percentage|share|proportion|ratio|difference|more than|less than|fewer than|at least|"
    r"at most|greater than|above|below|over|under|between|each|per|by|group(?:ed)?|distinct|"
    r"unique|different|combined|first|last|next|previous|before|after|standard deviation|"
    r"wie ?viele?|summe|durchschnitt|anzahl|höchste[nrs]?|niedrigste[nrs]?|meisten|wenigsten|"
    r"combien|somme|moyenne|nombre|plus|moins|cuánt[oa]s?|suma|promedio|media|número|mayor|menor|"
    r"quant[oi]|médio|soma)\b|[%Σ]|कितन|कुल|औसत|सबसे|योग|संख्या|প্রতি|多少|总|平均|最",
    re.IGNORECASE,
)
_TELLS = re.compile(
    r"\b(summar\w*|overview|describe|explain|why|insights?|analy[sz]e|analysis|recommend\w*|"
    r"zusammenfass\w*|résum\w*|resum\w*)\b|सारांश|क्यों",
    re.IGNORECASE,
)


def asks_to_compute(question: str) -> bool:
    """Tell whether a computation answers better than reading does."""
    if len(question) > MAX_QUESTION_CHARACTERS or _TELLS.search(question):
        return False
    return bool(_COMPUTES.search(question))
