"""What kind of answer a question wants, by its words, and whether a sentence has one."""

from enum import StrEnum

import regex

from ai_llm_service.text.facts import dates, numbers, tokens
from ai_llm_service.text.facts.common import FUNCTION_WORDS
from ai_llm_service.text.patterns import Pattern

FIRST_YEAR, LAST_YEAR = 1000, 2100

_WHEN = Pattern(
    r"\b(?:when|what (?:year|date|day|month|time|century|decade)"
    r"|which (?:year|date|day|month|century|decade))\b"
    r"|\b(?:wann|quand|cuándo|quando|wanneer|когда)\b"
    r"|कब|(?:किस|कौन से|कौन-से) (?:वर्ष|साल|तारीख|दिन|महीने|सदी|दशक|समय|तिथि)|কবে|எப்போது|ఎప్పుడు|متى"
    r"|什么时候|何时|哪一?年|いつ",
    regex.IGNORECASE,
)
_HOW_MUCH = Pattern(
    r"\bhow (?:many|much|long|far|old|large|big|tall|high|deep|often|few|wide|fast)\b"
    r"|\bwhat (?:percent\w*|number|amount|fraction|proportion|price|age)\b"
    r"|\b(?:wie ?viele?|combien|cuánt[oa]s?|quant[oaie]s?|hoeveel|сколько)\b"
    r"|कितन[ेीा]|কত|எத்தனை|எவ்வளவு|ఎన్ని|ఎంత|كم|多少|几个|いくつ|いくら",
    regex.IGNORECASE,
)
_WHO_OR_WHERE = Pattern(
    r"\b(?:who|whose|whom|where|in (?:what|which) (?:city|country|state|place|town|region)"
    r"|wer|wem|wessen|wo|qui|où|quién|dónde|quem|onde|chi|dove|wie|waar|кто|где)\b",
    regex.IGNORECASE,
)


class AnswerKind(StrEnum):
    """What the answer is."""

    DATE = "date"
    NUMBER = "number"
    NAME = "name"


def wanted_kind(question: str) -> AnswerKind | None:
    """The kind of answer that the question asks for, if its words tell."""
    if _WHEN.search(question):
        return AnswerKind.DATE
    if _HOW_MUCH.search(question):
        return AnswerKind.NUMBER
    return AnswerKind.NAME if _WHO_OR_WHERE.search(question) else None


def has_answer(sentence: str, kind: AnswerKind, question: str) -> float:
    """How surely, from 0 to 1, the sentence has one that the question does not name itself."""
    if kind is AnswerKind.NAME:
        asked = {token.plain for token in tokens(question)}
        return float(
            any(
                token.is_capital and token.start and token.plain not in asked | FUNCTION_WORDS
                for token in tokens(sentence)
            )
        )
    known = {value for number in numbers(question) for value in number.values}
    new = [n for n in numbers(sentence) if not n.is_loose and not n.values & known]
    if kind is AnswerKind.NUMBER:
        return float(bool(new))
    is_year = any(FIRST_YEAR <= value <= LAST_YEAR for n in new for value in n.values)
    return 1.0 if is_year or dates(sentence) else 0.5 * bool(new)
