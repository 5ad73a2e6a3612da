"""Which words of a text are denied: `not approved`, `नहीं मिला`, `没有批准`."""

from dataclasses import dataclass

from ai_llm_service.text.facts.common import FUNCTION_WORDS
from ai_llm_service.text.facts.tokens import SPACELESS, Token
from ai_llm_service.text.facts.word_sets import word_set
from ai_llm_service.text.patterns import Pattern

WORDS_AFTER, WORDS_BEFORE, WORDS_OF_OBJECT = 4, 3, 2
HAN_STRETCH, THAI_STRETCH = 2, 5
_HAN = Pattern(r"\p{Han}")

NEGATIONS = word_set(
    "not no never none neither nor without cannot can't won't don't doesn't didn't isn't",
    "aren't wasn't weren't hasn't haven't hadn't wouldn't shouldn't couldn't mustn't",
    "needn't unable nicht kein keine keinen keiner keinem keines nie niemals ohne weder ne",
    "pas jamais sans aucun aucune non nunca sin jamás ningún ninguna tampoco não sem",
    "nenhum nenhuma mai senza nessun nessuna niet geen nooit zonder tidak bukan tanpa",
    "belum değil yok hai haina hawa hakuna bila не нет без никогда ни नहीं नही न मत बिना",
    "नाही नाहीत नसते नको নয় না নেই নি নাই இல்லை இல்லாமல் அல்ல లేదు కాదు లేకుండా చేయలేదు",
    "لا لم لن ليس ليست غير بدون دون",
)
_BEFORE_ITS_OBJECT = word_set(
    "without ohne sans sin sem senza zonder tanpa без بدون دون bila",
)
# Verbs that deny what stands with them. Their opposites need no list: they are other words.
DENIALS = {
    form: forms.split()[0]
    for forms in (
        "refuse refuses refused refusing refusal",
        "deny denies denied denying denial",
        "forbid forbids forbade forbidden forbidding",
        "prohibit prohibits prohibited prohibiting prohibition",
        "reject rejects rejected rejecting rejection",
        "dismiss dismisses dismissed dismissing dismissal",
        "fail fails failed failing failure",
        "exclude excludes excluded excluding exclusion",
        "lack lacks lacked lacking",
        "withdraw withdraws withdrew withdrawn withdrawing",
        "ban bans banned banning",
        "verweigern verweigert verweigerte",
        "verbieten verboten verbietet verbot",
        "ablehnen abgelehnt lehnte",
        "refuser refusé refuse",
        "interdire interdit interdite",
        "prohibir prohibido prohíbe",
        "rechazar rechazado rechazó",
    )
    for form in forms.split()
}
_NO_NEGATION_BEFORE = word_set(
    "later less more fewer longer only earlier than",
)
_STAYS_NEGATION = frozenset(["longer"])
_BREAK = Pattern(
    r"[,;:.!?()।॥。，；、؛،…]|\b(?:but|and|while|although|though|which|who|whereas|because|so|und|aber"
    r"|mais|et|pero|y|mas|e|ma|en|maar|и|но|а)\b|(?<!\p{M})(?:और|लेकिन|परंतु|एवं)(?!\p{M})"
)
# Within texts without spaces: the denial and some characters of what it denies.
_SPACELESS_NEGATION = Pattern(
    r"(?:没有|沒有|没|沒|不|未|无|無|非|别)(?<after>\p{Han}{1,8})"
    r"|(?<before>[\p{Han}\p{Hiragana}\p{Katakana}]{1,4}?)(?:ない|ません|なかった)"
    r"|ไม่(?<after>[\p{Thai}]{1,8})"
)


@dataclass(frozen=True, slots=True)
class Denial:
    """A negation and the places of the words that it reaches, the nearest first.

    `verb` is what denies, if a verb does.
    """

    places: tuple[int, ...]
    verb: str = ""


def denials(text: str, words: list[Token]) -> list[Denial]:
    """List the negations of a text with what they reach, within their clause."""
    clauses = _clauses(text, words)
    found = []
    for place, token in enumerate(words):
        kind = _kind(words, place)
        if kind is None:
            continue
        own = [
            other
            for other, clause in enumerate(clauses)
            if clause == clauses[place] and words[other].plain not in FUNCTION_WORDS
        ]
        after = [other for other in own if other > place]
        before = [other for other in own if other < place]
        if token.plain in _BEFORE_ITS_OBJECT:
            reached = after[:WORDS_OF_OBJECT]
        else:
            reached = after[:WORDS_AFTER] + before[: -WORDS_BEFORE - 1 : -1]
        found.append(Denial(tuple(reached), kind))
    unsaid = [
        place
        for place, token in enumerate(words)
        if token.plain.startswith("un") and len(token.plain) > len("unable")
    ]
    return [*found, *(Denial((place,)) for place in unsaid)]


def spaceless_negations(text: str) -> set[str]:
    """Short stretches of what is denied where words have no spaces between them."""
    if not SPACELESS.search(text):
        return set()
    denied = (
        part
        for match in _SPACELESS_NEGATION.finditer(text)
        for part in match.captures("after") + match.captures("before")
    )
    return {
        part[at : at + length]
        for part in denied
        for length in [HAN_STRETCH if _HAN.match(part) else THAI_STRETCH]
        for at in range(max(1, len(part) - length + 1))
    }


def is_negation(token: Token) -> bool:
    """Whether the word itself denies."""
    return token.plain in NEGATIONS or token.plain.endswith("n't")


def _kind(words: list[Token], place: int) -> str | None:
    """The verb that denies; nothing for a plain negation; None where there is none."""
    plain = words[place].plain
    if plain in DENIALS:
        return DENIALS[plain]
    if not is_negation(words[place]):
        return None
    following = words[place + 1].plain if place + 1 < len(words) else ""
    is_count = plain == "no" and following[:1].isdigit()
    is_other = following in _NO_NEGATION_BEFORE and following not in _STAYS_NEGATION
    return None if is_count or is_other else ""


def _clauses(text: str, words: list[Token]) -> list[int]:
    """The number of the clause of each word."""
    numbers: list[int] = []
    clause = 0
    read_to = 0
    for token in words:
        if _BREAK.search(text, read_to, token.end):
            clause += 1
        numbers.append(clause)
        read_to = token.end
    return numbers
