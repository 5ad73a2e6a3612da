"""How far an answer is the accepted one: as words within a text, as a value, as a table's cells."""

import re
import string
import unicodedata
from collections.abc import Sequence

from ai_llm_service.usecases.evaluation.questions import TIMES, VALUES, Prediction, Question

MAX_ANSWER_CHARACTERS = 600
MAX_TIME_CHARACTERS = 60
TABLE = "table"
TOLERANCE = 1e-6

_DROPPED = set(string.punctuation) | set("।॥“”‘’«»–—…")
_DASHES = "-–—/"
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NUMBER = re.compile(r"[$£€₹]?\s*(-?\d+(?:\.\d+)?)\s*(?:%|[a-z]{1,12})?")
_DATE = re.compile(r"(x{2,4}|\d+)-(x{2}|\d+)-(x{2}|\d+)")
_QUOTES = str.maketrans({**dict.fromkeys("‘’´`", "'"), **dict.fromkeys("“”", '"')})
_HYPHENS = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))

Figures = dict[str, float]


def answer_figures(question: Question, prediction: Prediction) -> Figures:
    """The figures of an answer; none where none was asked for or none is known to be right."""
    if prediction.answer is None or not question.answers or not question.gold:
        return {}
    given = prediction.answer if prediction.found else ""
    text = given if isinstance(given, str) else " ".join(given)
    if question.type == TABLE:
        is_computed = not isinstance(given, str)
        cells = (given,) if isinstance(given, str) else given
        right = float(bool(text) and _same_cells(cells, question))
        of_computed = {"denotation_of_computed": right} if is_computed else {}
        return {"denotation": right, "computed": float(is_computed), **of_computed}
    if question.type in VALUES or question.id.startswith("log-"):
        return {"value_exact": float(_is_value(given, text, question))}
    found = {"answer_contains": float(any(_contains(text, gold) for gold in question.answers))}
    if prediction.sentence is not None:
        held = any(_contains(prediction.sentence, gold) for gold in question.answers)
        found["answer_contains_sentence"] = float(held)
    return found


def _plain(text: str) -> str:
    lowered = unicodedata.normalize("NFC", text).lower()
    kept = (
        " " if char in _DASHES else char
        for char in lowered
        if char in _DASHES or char not in _DROPPED
    )
    return " ".join(_ARTICLES.sub(" ", "".join(kept)).split())


def _contains(text: str, gold: str) -> bool:
    wanted = _plain(gold)
    fits = len(text) <= MAX_ANSWER_CHARACTERS
    return bool(wanted) and fits and f" {wanted} " in f" {_plain(text)} "


def _is_value(given: str | Sequence[str], text: str, question: Question) -> bool:
    if question.type in TIMES:
        held = any(_contains(text, gold) for gold in question.answers)
        return len(text) <= MAX_TIME_CHARACTERS and held
    if not isinstance(given, str) and len(given) != 1:
        return False
    value = given if isinstance(given, str) else given[0]
    return any(_same_value(value, gold) for gold in question.answers)


def _same_value(value: str, gold: str) -> bool:
    if not value:
        return False
    same_text = _cell(value).replace(",", "") == _cell(gold).replace(",", "")
    return same_text or (_number(gold) is not None and _number(gold) == _number(value))


def _same_cells(cells: Sequence[str], question: Question) -> bool:
    """Whether they are the accepted set: each as a text, a number or a date."""
    if len({_cell(each) for each in cells}) != len({_cell(each) for each in question.answers}):
        return False
    pairs = zip(question.answers, question.canon, strict=False)
    return all(any(_is_cell(cell, gold, canon) for cell in cells) for gold, canon in pairs)


def _is_cell(cell: str, gold: str, canon: str) -> bool:
    if _cell(cell) == _cell(gold) or _same_date(cell, canon):
        return True
    number = _number(cell)
    try:
        return number is not None and abs(number - float(canon)) < TOLERANCE
    except ValueError:
        return False


def _cell(text: str) -> str:
    """A cell without accents, references, closing brackets, quotes and full stop."""
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in decomposed if unicodedata.category(char) != "Mn")
    plain = plain.translate(_QUOTES).translate(_HYPHENS)
    before = None
    while plain != before:
        before = plain
        plain = re.sub(r"((?<!^)\[[^\]]*\]|\[\d+\]|[•♦†‡*#+])*$", "", plain.strip())
        plain = re.sub(r"(?<!^)( \([^)]*\))*$", "", plain.strip())
        plain = re.sub(r'^"([^"]*)"$', r"\1", plain.strip())
    return re.sub(r"\s+", " ", plain.removesuffix(".")).lower().strip()


def _number(text: str) -> float | None:
    found = _NUMBER.fullmatch(_cell(text).replace(",", ""))
    return float(found[1]) if found else None


def _same_date(cell: str, canon: str) -> bool:
    ours, theirs = _DATE.fullmatch(cell.strip().lower()), _DATE.fullmatch(canon.strip())
    return bool(ours and theirs) and _parts(ours) == _parts(theirs)


def _parts(date: "re.Match[str] | None") -> list[int]:
    groups = date.groups() if date else ()
    return [-1 if "x" in part else int(part) for part in groups]
