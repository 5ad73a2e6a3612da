"""Questions asked behind another: `EVAL_DATA=DIR ONLY=followups make bench`, with XQuAD in DIR.

A follow-up is made of two questions about one paragraph: what the second shares with the first
becomes "it". A short question is asked behind one about another document, once with its document in
the session and once without. Both questions are one task, answered without a model.
"""

import json
import os
import random
import time
from collections.abc import Iterable, Sequence
from itertools import groupby, permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import regex

from ai_llm_service.text.words import words
from benchmarks.figure import Figure, at_least, size
from tests.service import Service, running

Question = dict[str, Any]
Pair = tuple[str, Question]
WORD = regex.compile(r"[\w'-]+|\?")
SHORT_WORDS = 3
SECONDS = 600.0


def followups() -> list[Figure]:
    """The share of second questions that are answered, or declined, as they should be."""
    folder = os.environ.get("EVAL_DATA")
    if not folder:
        return []
    xquad = Path(folder) / "xquad"
    lines = (xquad / "questions.en.jsonl").read_text("utf-8").splitlines()
    questions = [json.loads(line) for line in lines]
    files = sorted((xquad / "docs_en").iterdir())
    number = size("FOLLOWUPS", 150)
    with TemporaryDirectory() as scratch, running(Path(scratch)) as service:
        of_all, of_half = _session(service, files), _session(service, files[::2])
        here = {file.name for file in files[::2]}
        told = _ask(service, of_all, _follow_ups(questions)[:number])
        short = _ask(service, of_all, _short(questions)[:number])
        foreign = [pair for pair in _short(questions, here) if _place(pair[1])[0] not in here]
        declined = _ask(service, of_half, foreign[:number])
    return [
        at_least("follow-ups answered from the right place", _right(told), "%", 80),
        at_least("short questions behind another answered so", _right(short), "%", 80),
        at_least("short foreign questions behind another declined", _declined(declined), "%", 85),
    ]


def _follow_ups(questions: Sequence[Question]) -> list[Pair]:
    pairs = []
    for _, group in groupby(questions, _place):
        for first, second in permutations(group, 2):
            text = _with_it(first["question"], second["question"])
            if text is not None:
                pairs.append((first["question"], {**second, "question": text}))
    return _shuffled(pairs)


def _with_it(first: str, second: str) -> str | None:
    """The second question, with "it" for what both name; None where they share nothing."""
    shared = set(words(first)) & set(words(second))
    said: list[str] = []
    for word in WORD.findall(second):
        stands_for = "it" if shared & set(words(word)) else word
        if [stands_for] != said[-1:]:
            said.append(stands_for)
    return " ".join(said) if "it" in said else None


def _short(questions: Sequence[Question], among: Iterable[str] | None = None) -> list[Pair]:
    """Short questions, each behind one about another document, of these if they are given."""
    firsts = [each for each in questions if among is None or _place(each)[0] in set(among)]
    chance = random.Random(3)
    pairs = []
    for each in questions:
        if len(words(each["question"])) <= SHORT_WORDS:
            others = [first for first in firsts if _place(first)[0] != _place(each)[0]]
            pairs.append((str(chance.choice(others)["question"]), each))
    return _shuffled(pairs)


def _place(question: Question) -> tuple[str, int]:
    """The paragraph that a question is about."""
    return question["para"]["doc"], question["para"]["start"]


def _shuffled(pairs: list[Pair]) -> list[Pair]:
    random.Random(3).shuffle(pairs)
    return pairs


def _session(service: Service, files: Sequence[Path]) -> str:
    """A session of these documents, with their vectors."""
    fields: dict[str, str] = {}
    tasks = []
    for file in files:
        sent = service.upload(file.name, file.read_bytes(), **fields)
        fields = {"session_id": sent["session_id"]}
        tasks.append(sent["task_id"])
    for task_id in tasks:
        service.finished(task_id, SECONDS)
        while service.task(task_id)["embedding"] is not None:
            time.sleep(0.1)
    return fields["session_id"]


def _ask(service: Service, session_id: str, pairs: Sequence[Pair]) -> list[tuple[Question, Any]]:
    """The second question of each pair, and its answer."""
    told = []
    for first, second in pairs:
        asked = service.ask([first, second["question"]], session_id=session_id)
        task = service.finished(asked["task_id"], SECONDS)
        told.append((second, task["result"]["answers"][1]))
    return told


def _right(told: Sequence[tuple[Question, Any]]) -> float:
    return 100 * sum(_cites(question, answer) for question, answer in told) / len(told)


def _cites(question: Question, answer: Any) -> bool:
    [gold] = question["gold"][:1]
    return any(
        each["document"] == gold["doc"]
        and each["start"] < gold["end"]
        and gold["start"] < each["end"]
        for each in answer["citations"]
    )


def _declined(told: Sequence[tuple[Question, Any]]) -> float:
    return 100 * sum(not answer["found"] for _, answer in told) / len(told)
