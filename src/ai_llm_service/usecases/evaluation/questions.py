"""Questions whose evidence and answers are known, and what the service said to them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ai_llm_service.errors import InvalidRequest

UNANSWERABLE = "unanswerable"
TIMES = {"first_time", "last_time"}
# Questions on figures of logs have one exact value.
VALUES = {"count_level", "count_msg", "top_component", "distinct_ip", *TIMES}


@dataclass(frozen=True, slots=True)
class Question:
    """One line of a file of questions.

    `gold` is the evidence: each item has `doc` and a place (`start` and `end`, `page` or `line`),
    or the document alone. `scope` are the documents that a session on it would hold.
    """

    id: str
    text: str
    type: str = "lookup"
    lang: str = ""
    gold: tuple[Mapping[str, Any], ...] = ()
    answers: tuple[str, ...] = ()
    canon: tuple[str, ...] = ()
    para: Mapping[str, Any] | None = None
    scope: tuple[str, ...] = ()
    group: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """A range of a document, with its page and lines where it has them."""

    doc: str
    start: int
    end: int
    page: int | None
    first_line: int
    last_line: int


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the service found and said: chunks in their order, passages as a prompt gets them.

    `answer` is None where only the search was asked.
    """

    chunks: tuple[Result, ...] = ()
    passages: tuple[Result, ...] = ()
    answer: str | tuple[str, ...] | None = ""
    sentence: str | None = None
    citations: tuple[Result, ...] = ()
    found: bool = True
    confidence: float = 0.0
    milliseconds: float = 0.0
    error: str | None = None
    figures: Mapping[str, float] = field(default_factory=dict)


def read_questions(path: Path) -> list[Question]:
    """The questions of a JSONL file; InvalidRequest names the line that is wrong."""
    found: list[Question] = []
    for number, line in _lines(path):
        try:
            given = json.loads(line)
            found.append(_to_question(given))
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidRequest(f"{path}:{number} is no question: {error!r}") from error
    return found


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield number, line


def _to_question(given: Mapping[str, Any]) -> Question:
    return Question(
        id=str(given["id"]),
        text=str(given["question"]),
        type=str(given.get("type", "lookup")),
        lang=str(given.get("lang", "")),
        gold=tuple(given.get("gold") or ()),
        answers=tuple(map(str, given.get("answers") or ())),
        canon=tuple(map(str, given.get("canon") or given.get("answers") or ())),
        para=given.get("para"),
        scope=tuple(given.get("doc_scope") or ()),
        group=str(given.get("set", "")),
    )
