"""The sentence of a computed answer, and the computation in words."""

from dataclasses import replace

from ai_llm_service.search.logs.compute import Figures
from ai_llm_service.search.logs.question import Column, Grave, LogQuestion, Measure

_COLUMN_NAMES = {
    Column.LINE: ("line", "lines"),
    Column.LEVEL: ("level", "levels"),
    Column.SOURCE: ("component", "components"),
    Column.ADDRESS: ("address", "addresses"),
    Column.MESSAGE: ("kind of message", "kinds of message"),
    Column.STATUS: ("status", "statuses"),
    Column.DAY: ("day", "days"),
    Column.HOUR: ("hour", "hours"),
    Column.MINUTE: ("minute", "minutes"),
}


def sentence(question: LogQuestion, figures: Figures, name: str) -> str:
    """The figure first, so that it can be read alone; in brackets what it is of."""
    chosen = f"{name}{described(question)}"
    if ")" in chosen:
        # It stands in brackets itself.
        chosen = f"{name}{described(replace(question, texts=(), without=()))} as asked"
    lines = f"{_unit(question)} of {chosen}"
    one, many = _COLUMN_NAMES[question.column]
    match question.measure:
        case Measure.COUNT:
            return f"{figures.told} {_unit(question, int(figures.value))} (of {chosen})"
        case Measure.DISTINCT:
            noun = one if figures.value == "1" else many
            return f"{figures.told} {noun} (different ones in the {lines})"
        case Measure.FIRST | Measure.LAST:
            return f"{figures.told} ({figures.detail} of {name})"
        case _:
            detail = f"{figures.detail} {lines}" if figures.detail else lines
            return f"{figures.told} ({detail})"


def statement(question: LogQuestion, name: str) -> str:
    """`count of all lines of app.log that contain “x”`: what was computed."""
    of = "" if question.column is Column.LINE else f" {_COLUMN_NAMES[question.column][0]}"
    return f"{question.measure.value}{of}: {_unit(question)} of {name}{described(question)}"


def described(question: LogQuestion) -> str:
    """What the lines were chosen by."""
    parts = []
    if question.texts:
        join = " or " if question.is_any else " and "
        parts.append("that contain " + join.join(f"“{text}”" for text in question.texts))
    parts += [f"without “{text}”" for text in question.without]
    parts += [f"that mention {address}" for address in question.addresses]
    if question.level is not None:
        parts.append(f"with the level {question.level.upper()}")
    if question.grave is not None:
        parts.append(_GRAVE_WORDS[question.grave])
    if question.source is not None:
        parts.append(f"from {question.source}")
    if not question.window.is_open:
        parts.append(question.window.text)
    return "".join(f" {part}" for part in parts)


_GRAVE_WORDS = {
    Grave.ERROR: "that are errors",
    Grave.FAILURE: "that tell of a failure",
    Grave.WARNING: "that are warnings",
}


def _unit(question: LogQuestion, count: int = 2) -> str:
    is_of_all = question.is_of_lines and not question.is_filtered
    if question.is_of_records:
        return "entry" if count == 1 else "entries"
    if question.texts or question.addresses or question.without or is_of_all:
        return "line" if count == 1 else "lines"
    return "entry" if count == 1 else "entries"
