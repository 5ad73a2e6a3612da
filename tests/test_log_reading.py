"""A log that is asked about as a whole is read as its digest, by a model or without one."""

from pathlib import Path

import pytest

from ai_llm_service.domain import Answer, Generation, Method, Mode, Query, QueryOptions, Usage
from ai_llm_service.providers.base import ChatModel, Prompt
from ai_llm_service.providers.extractive import Extractive
from ai_llm_service.search.cache import IndexCache
from ai_llm_service.search.local import LocalFileSearch, LocalLimits
from ai_llm_service.search.logs.asking import wants_digest
from ai_llm_service.text import estimate_tokens
from tests.log_lines import PYTHON_TRACE, busy_python
from tests.shelf import Shelf

SUMMARY = "Summarise this log."
LARGE = busy_python(3000)


class Recorder:
    """A chat model that says what it is told to and keeps its prompts."""

    name = "recorder:1"

    def __init__(self, text: str = "So it is [1].", context_tokens: int = 8000) -> None:
        self.context_tokens = context_tokens
        self.text = text
        self.prompts: list[Prompt] = []

    def generate(self, prompt: Prompt, timeout_seconds: float) -> Generation:
        assert timeout_seconds > 0
        self.prompts.append(prompt)
        return Generation(self.text, self.name, Usage(5, 3))

    @property
    def told(self) -> str:
        return self.prompts[-1].messages[-1].content


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def keep(shelf: Shelf, tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / "upload"
    path.write_text(text)
    document = shelf.receive("s", name)
    shelf.keep(document, search(shelf).ingest(document, path))


def search(shelf: Shelf) -> LocalFileSearch:
    return LocalFileSearch(shelf, IndexCache(), LocalLimits())


def ask(shelf: Shelf, text: str, model: ChatModel | None = None, mode: Mode = Mode.AUTO) -> Answer:
    query = Query("s", text, options=QueryOptions(mode))
    return search(shelf).answer(query, model or Extractive(), 10.0)


def test_a_large_log_is_summarised_in_one_small_prompt(shelf: Shelf, tmp_path: Path) -> None:
    keep(shelf, tmp_path, "shop.log", LARGE)
    model = Recorder()
    answer = ask(shelf, SUMMARY, model)
    assert len(model.prompts) == 1
    assert estimate_tokens(model.told) < 4000
    assert PYTHON_TRACE.rstrip("\n") in model.told
    assert "INFO, 3,000 times in lines 1–3012" in model.told
    assert answer.method is Method.READ_ALL
    assert answer.coverage.complete
    assert answer.coverage.chunks_read == answer.coverage.chunks_total > 100


@pytest.mark.parametrize(
    "question",
    [
        "What went wrong?",
        "Why did the shop fail?",
        "Find the root cause of the failure and suggest a fix.",
        "Analyse this pipeline log.",
        "What are the errors?",
        "Explain the error in this log in simple words.",
        "Did the run succeed?",
        "What is the root cause?",
    ],
)
def test_questions_of_failure_are_asked_of_the_digest(
    shelf: Shelf, tmp_path: Path, question: str
) -> None:
    keep(shelf, tmp_path, "shop.log", LARGE)
    model = Recorder()
    assert ask(shelf, question, model).method is Method.READ_ALL
    assert "first error, line 1501" in model.told


def test_a_lookup_in_a_large_log_reads_its_lines(shelf: Shelf, tmp_path: Path) -> None:
    keep(shelf, tmp_path, "shop.log", LARGE)
    model = Recorder()
    assert ask(shelf, "How long did order 1234 take?", model).method is Method.LOOKUP
    assert "Order 1234 of customer" in model.told


@pytest.mark.parametrize(
    "question",
    [
        "What happened to order_1234567?",
        "What is the reason for a late order?",
        'What caused "Order 7 failed"?',
        "Which customer ordered at 08:15?",
    ],
)
def test_a_question_about_one_thing_asks_for_no_digest(question: str) -> None:
    assert not wants_digest(question)


def test_a_short_log_is_read_as_it_stands(shelf: Shelf, tmp_path: Path) -> None:
    text = busy_python(20)
    keep(shelf, tmp_path, "shop.log", text)
    model = Recorder()
    ask(shelf, SUMMARY, model)
    assert text.rstrip("\n") in model.told


def test_what_a_model_says_by_a_note_is_verified(shelf: Shelf, tmp_path: Path) -> None:
    keep(shelf, tmp_path, "shop.log", LARGE)
    right = "The first error stands in line 1501, at 08:15:04, when order 7 failed [2]."
    answer = ask(shelf, SUMMARY, Recorder(right))
    assert [citation.verified for citation in answer.citations] == [True]
    assert answer.citations[0].line == 1501
    wrong = right.replace("1501", "1502")
    assert not ask(shelf, SUMMARY, Recorder(wrong)).citations[0].verified


def test_without_a_model_the_digest_is_the_summary(shelf: Shelf, tmp_path: Path) -> None:
    keep(shelf, tmp_path, "shop.log", LARGE)
    answer = ask(shelf, SUMMARY)
    for part in (
        "shop.log: log of 3,013 lines in 3,002 records",
        "- First error, line 1501, 08:15:04",
        "root error in line 1505: KeyError: 'pear'",
        "- The last entry, line 3013",
        "INFO, 3,000 times in lines 1–3012",
    ):
        assert part in answer.text
    assert answer.unsupported == ()
    assert all(citation.verified for citation in answer.citations)
    assert {citation.line for citation in answer.citations} == {1, 1501, 3013}
    for citation in answer.citations:
        assert citation.quote == LARGE[citation.start : citation.end]


def test_a_failure_is_explained_without_what_only_repeated(shelf: Shelf, tmp_path: Path) -> None:
    keep(shelf, tmp_path, "shop.log", LARGE)
    answer = ask(shelf, "What went wrong?")
    assert "First error" in answer.text
    assert "What repeated" not in answer.text


def test_other_documents_are_read_beside_the_digest(shelf: Shelf, tmp_path: Path) -> None:
    keep(shelf, tmp_path, "shop.log", LARGE)
    keep(shelf, tmp_path, "note.txt", "The shop sells pears. Its owner is Ada Lovelace.")
    model = Recorder(context_tokens=16_000)
    ask(shelf, "Summarise all documents.", model)
    assert "Ada Lovelace" in model.told
    assert "first error, line 1501" in model.told


def test_what_went_wrong_is_asked_of_the_logs_alone(shelf: Shelf, tmp_path: Path) -> None:
    keep(shelf, tmp_path, "note.txt", "The shop sells pears. Its owner is Ada Lovelace.")
    keep(shelf, tmp_path, "shop.log", LARGE)
    model = Recorder(context_tokens=16_000)
    ask(shelf, "What went wrong?", model)
    assert "Ada Lovelace" not in model.told
    assert "first error, line 1501" in model.told


def test_a_named_document_is_read_alone(shelf: Shelf, tmp_path: Path) -> None:
    keep(shelf, tmp_path, "shop.log", LARGE)
    keep(shelf, tmp_path, "till.log", LARGE.replace("shop", "till"))
    model = Recorder(context_tokens=16_000)
    ask(shelf, "Summarise till.log", model)
    assert "till.cart" in model.told
    assert "shop.cart" not in model.told


def test_a_reading_of_all_of_a_huge_log_is_its_digest(shelf: Shelf, tmp_path: Path) -> None:
    keep(shelf, tmp_path, "shop.log", busy_python(30_000))
    model = Recorder(context_tokens=6000)
    answer = ask(shelf, "Which customers ordered?", model, Mode.READ_ALL)
    assert len(model.prompts) == 1
    assert answer.method is Method.READ_ALL
