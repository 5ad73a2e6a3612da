"""Figures of many questions: means with their standard errors."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ai_llm_service.usecases.evaluation.answers import answer_figures
from ai_llm_service.usecases.evaluation.places import place_figures
from ai_llm_service.usecases.evaluation.questions import UNANSWERABLE, Prediction, Question


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over so many questions; the error is its standard error, or None where it has none."""

    value: float
    error: float | None
    count: int


@dataclass(frozen=True, slots=True)
class Judged:
    """One question, what the service said to it, and its figures."""

    question: Question
    prediction: Prediction
    figures: Mapping[str, float]


def judge(question: Question, prediction: Prediction) -> Judged:
    """Score one question; without an answer in the files there is nothing to find."""
    if question.type == UNANSWERABLE:
        return Judged(question, prediction, {})
    figures = {**place_figures(question, prediction), **answer_figures(question, prediction)}
    return Judged(question, prediction, figures)


def summed_up(judged: Sequence[Judged]) -> dict[str, Figure]:
    """All figures that any question has."""
    names = dict.fromkeys(name for each in judged for name in each.figures)
    found = {
        name: _mean([each.figures[name] for each in judged if name in each.figures])
        for name in names
    }
    inside = [each for each in judged if each.question.type != UNANSWERABLE]
    outside = [each for each in judged if each.question.type == UNANSWERABLE]
    if inside and outside:
        sure = [each.prediction.confidence for each in inside]
        unsure = [each.prediction.confidence for each in outside]
        found["confidence_auroc"] = Figure(_auroc(sure, unsure), None, len(judged))
        found["abstained_when_unanswerable"] = _mean(
            [float(not e.prediction.found) for e in outside]
        )
        found["abstained_when_answerable"] = _mean([float(not e.prediction.found) for e in inside])
    times = sorted(each.prediction.milliseconds for each in judged)
    if times:
        found["search_ms_p50"] = Figure(times[len(times) // 2], None, len(times))
    return found


def _mean(values: Sequence[float]) -> Figure:
    mean = sum(values) / len(values)
    variance = sum((value - mean) ** 2 for value in values) / len(values)
    return Figure(mean, math.sqrt(variance / len(values)), len(values))


def _auroc(sure: Sequence[float], unsure: Sequence[float]) -> float:
    """How often a question with an answer is surer than one without."""
    wins = sum((one > other) + 0.5 * (one == other) for one in sure for other in unsure)
    return wins / (len(sure) * len(unsure))
