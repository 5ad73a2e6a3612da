"""Measuring the pipeline: on a few questions whose answers are known, and by hand."""

import json
from pathlib import Path

import pytest

from ai_llm_service.errors import InvalidRequest
from ai_llm_service.settings import Settings
from ai_llm_service.usecases.evaluation.figures import judge, summed_up
from ai_llm_service.usecases.evaluation.places import place_figures
from ai_llm_service.usecases.evaluation.questions import (
    Prediction,
    Question,
    Result,
    read_questions,
)
from ai_llm_service.wiring import evaluate

TEXT = "The pump is red.\n\nThe well is 31 metres deep.\n\nThree trees stand outside.\n"
QUESTIONS = [
    {"id": "1", "question": "Which colour has the pump?", "answers": ["red"],
     "gold": [{"doc": "a.txt", "start": 0, "end": 16}]},
    {"id": "2", "question": "How deep is the well?", "answers": ["47 metres"],
     "gold": [{"doc": "a.txt", "line": 3}]},
    {"id": "3", "question": "Who composed the ninth symphony?", "type": "unanswerable"},
]  # fmt: skip


def span(doc: str, start: int, end: int, page: int | None = None, line: int = 1) -> Result:
    return Result(doc, start, end, page, line, line)


def test_questions_of_ones_own_are_asked_and_scored(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text(TEXT)
    (tmp_path / "q.jsonl").write_text("\n".join(map(json.dumps, QUESTIONS)))
    settings = Settings(_env_file=None, data_dir=tmp_path / "data", embedder="none")
    told = "\n".join(
        evaluate(settings, tmp_path / "q.jsonl", tmp_path / "docs", [], tmp_path / "out")
    )
    assert "q (3 questions)" in told
    figures = json.loads((tmp_path / "out" / "eval.json").read_text())["q"]
    assert figures["span_recall@5"]["value"] == 1
    assert figures["line_hit@5"]["value"] == 1
    assert figures["answer_contains"]["count"] == 2
    assert figures["confidence_auroc"]["value"] == 1
    assert figures["abstained_when_unanswerable"]["value"] == 1
    report = (tmp_path / "out" / "eval.md").read_text()
    assert "How deep is the well?" in report
    assert "expected: 47 metres" in report
    assert "<svg" in (tmp_path / "out" / "eval.html").read_text()


def test_a_set_that_is_only_searched_has_no_figures_of_answers(tmp_path: Path) -> None:
    folder = tmp_path / "sets" / "chunking"
    (folder / "docs").mkdir(parents=True)
    (folder / "docs" / "a.txt").write_text(TEXT)
    (folder / "questions.jsonl").write_text(json.dumps(QUESTIONS[0]))
    settings = Settings(_env_file=None, data_dir=tmp_path / "data", embedder="none")
    told = "\n".join(evaluate(settings, tmp_path / "sets", None, [], tmp_path / "out"))
    assert "span_recall@5" in told
    assert "citation" not in told
    assert "answer" not in told


def test_a_place_counts_by_the_characters_of_the_evidence() -> None:
    gold = ({"doc": "a", "start": 100, "end": 200}, {"doc": "a", "start": 5000, "end": 5100})
    question = Question("1", "?", gold=gold)
    chunks = (span("a", 0, 150), span("b", 0, 900), span("a", 100, 5100))
    figures = place_figures(question, Prediction(chunks, chunks))
    assert figures["span_recall@1"] == 0.25
    assert figures["span_recall@5"] == 1
    assert figures["span_recall@1000ch"] == 0.25
    assert figures["span_recall@2000ch"] == 0.5


def test_pages_and_documents_count_once_each() -> None:
    pages = (span("a", 0, 9, 3), span("a", 20, 30, 3), span("a", 0, 9, 7))
    question = Question("1", "?", gold=({"doc": "a", "page": 7}, {"doc": "a", "page": 8}))
    figures = place_figures(question, Prediction(pages))
    assert (figures["page_recall@1"], figures["page_recall@5"]) == (0, 0.5)


@pytest.mark.parametrize(
    ("answer", "accepted", "right"),
    [
        (("1,577",), ("1577",), 1),
        (("Paris", "Rome"), ("rome", "Paris"), 1),
        (("Paris",), ("rome", "Paris"), 0),
        (("Zürich [1]",), ("Zurich",), 1),
        ((), ("1",), 0),
    ],
)
def test_the_answer_of_a_table_is_a_set_of_values(
    answer: tuple[str, ...], accepted: tuple[str, ...], right: int
) -> None:
    question = Question("1", "?", "table", gold=({"doc": "a"},), answers=accepted, canon=accepted)
    judged = judge(question, Prediction(answer=answer))
    assert judged.figures["denotation"] == right


def test_computed_answers_are_judged_apart_from_quotes() -> None:
    question = Question("1", "?", "table", gold=({"doc": "a"},), answers=("3",), canon=("3",))
    computed = judge(question, Prediction(answer=("3",))).figures
    quoted = judge(question, Prediction(answer="3 rows are there [1].")).figures
    assert (computed["computed"], computed["denotation_of_computed"]) == (1, 1)
    assert quoted["computed"] == 0
    assert "denotation_of_computed" not in quoted


def test_a_figure_has_its_standard_error() -> None:
    question = Question("1", "?", gold=({"doc": "a"},))
    right, wrong = Prediction((span("a", 0, 1),)), Prediction((span("b", 0, 1),))
    figures = summed_up([judge(question, each) for each in (right, right, wrong, wrong)])
    assert figures["doc_recall@1"].value == 0.5
    assert figures["doc_recall@1"].error == 0.25


def test_a_line_that_is_no_question_is_named(tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    file.write_text('{"id": "1", "question": "Why?"}\n{"id": "2"}\n')
    with pytest.raises(InvalidRequest, match=r"q\.jsonl:2"):
        read_questions(file)
