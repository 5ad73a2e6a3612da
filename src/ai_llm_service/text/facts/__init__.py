"""Numbers, dates and negations of a text, in normal forms that can be compared."""

from ai_llm_service.text.facts.dates import Date, dates
from ai_llm_service.text.facts.negation import Denial, denials
from ai_llm_service.text.facts.numbers import Number, numbers
from ai_llm_service.text.facts.tokens import Token, tokens

__all__ = ["Date", "Denial", "Number", "Token", "dates", "denials", "numbers", "tokens"]
