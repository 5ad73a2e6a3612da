"""Questions of counts and times are computed over all lines of a log; doubt is no answer."""

from pathlib import Path

import pytest

from ai_llm_service.domain import (
    Answer,
    Generation,
    Method,
    Mode,
    Query,
    QueryOptions,
    Usage,
)
from ai_llm_service.providers.base import Prompt
from ai_llm_service.providers.extractive import Extractive
from ai_llm_service.search.cache import IndexCache
from ai_llm_service.search.local import LocalFileSearch, LocalLimits
from ai_llm_service.search.logs.computer import LogComputer
from ai_llm_service.search.logs.shelf import LogShelf
from tests.shelf import Shelf

LINES = [
    *[f"2026-03-01 09:{n:02}:00 INFO [main] shop.Cart: order {n} from 10.0.0.{n % 4}"
      for n in range(40)],
    *[f"2026-03-01 10:{n:02}:30 WARN [main] shop.Stock: shelf {n} is low" for n in range(8)],
    *[f"2026-03-01 10:{n:02}:40 ERROR [main] shop.Pay: card refused: code {n}" for n in range(5)],
    "2026-03-01 11:00:00 ERROR [main] shop.Pay: the bank is away",
    "java.io.IOException: no route",
    "\tat shop.Pay.ask(Pay.java:7)",
    "2026-03-02 08:00:00 INFO [main] shop.Main: bye",
]  # fmt: skip
SHOP = "\n".join(LINES) + "\n"
CRON = "".join(f"Mar  1 08:15:0{n} web1 cron[{n}]: job {n} done\n" for n in range(5))
CRON += "Mar  1 08:16:00 web1 sshd[9]: Failed password for root from 10.0.0.9\n"


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def keep(shelf: Shelf, tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / "upload"
    path.write_text(text)
    document = shelf.receive("s", name)
    shelf.keep(document, search(shelf).ingest(document, path))


def search(shelf: Shelf) -> LocalFileSearch:
    return LocalFileSearch(shelf, IndexCache(), LocalLimits(), [LogComputer(LogShelf())])


def ask(shelf: Shelf, text: str, mode: Mode = Mode.AUTO) -> Answer:
    return search(shelf).answer(Query("s", text, options=QueryOptions(mode)), Extractive(), 10.0)


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("How many log entries in shop.txt have the level INFO?", 41),
        ("How many INFO lines are there?", 41),
        ("number of entries with severity warn", 8),
        ("How many lines does the log have?", 57),
        ("How many entries are in the log?", 55),
        ('How many lines in shop.txt contain the message "card refused"?', 5),
        ("How often was `card refused` logged?", 5),
        ("how many lines contain card refused?", 5),
        ('How many times does "card refused" occur between 10:01 and 10:03?', 2),
        ('How many lines contain "card refused" from 10:01:40 to 10:03:40?', 3),
        ('How many lines contain "order" after 9:30 am?', 10),
        ('Count the lines with "card refused" or "shelf"', 13),
        ('Count the lines with "order" and "10.0.0.1"', 10),
        ('How many lines do not contain "order"?', 17),
        ("How many lines mention 10.0.0.3?", 10),
        ("How many errors are there?", 6),
        ("How many errors are there on 2026-03-02?", 0),
        ("How many warnings were logged between 10:00 and 10:05?", 5),
        ("How many entries come from shop.Pay?", 6),
        ("How many ERROR entries did Pay write after 10:30?", 1),
        ("How many different IPv4 addresses appear in shop.txt?", 4),
        ("How many distinct components are there?", 4),
        ("How many kinds of errors are there?", 2),
        ("How often did shop.Pay fail?", 6),
        ("How many components are there?", 4),
        ("How many IP addresses are in the log?", 4),
    ],
)
def test_what_is_counted_is_counted_over_all_lines(
    shelf: Shelf, tmp_path: Path, question: str, figure: int
) -> None:
    keep(shelf, tmp_path, "shop.txt", SHOP)
    answer = ask(shelf, question)
    assert answer.method is Method.COMPUTE
    assert answer.computation is not None
    assert answer.computation.rows == ((figure,),)
    assert answer.text.startswith(f"{figure} ")
    assert answer.coverage.complete


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("Which component wrote the most entries in shop.txt?", "shop.Cart"),
        ("which component logs most", "shop.Cart"),
        ("Which IPv4 address appears in the most lines of shop.txt?", "10.0.0.0"),
        ("What is the most common error?", "card refused: code <*>"),
        ("Which hour has the most errors?", "2026-03-01 10:00"),
        ('What is the time stamp of the first line of shop.txt that contains "shelf"?',
         "2026-03-01 10:00:30"),
        ('When did "card refused" last occur?', "2026-03-01 10:04:40"),
        ("When was the first error?", "2026-03-01 10:00:40"),
        ("When does the log end?", "2026-03-02 08:00:00"),
        ("What is the last error?", LINES[53]),
    ],
)  # fmt: skip
def test_firsts_lasts_and_most_are_found(
    shelf: Shelf, tmp_path: Path, question: str, value: str
) -> None:
    keep(shelf, tmp_path, "shop.txt", SHOP)
    answer = ask(shelf, question)
    assert answer.computation is not None
    assert answer.computation.rows[0][0] == value
    assert value in answer.text


def test_the_most_common_come_with_their_counts(shelf: Shelf, tmp_path: Path) -> None:
    keep(shelf, tmp_path, "shop.txt", SHOP)
    answer = ask(shelf, "top 2 components")
    assert answer.computation is not None
    assert answer.computation.rows == (("shop.Cart", 40), ("shop.Stock", 8))
    assert answer.computation.row_count == 4


def test_entries_are_grouped(shelf: Shelf, tmp_path: Path) -> None:
    keep(shelf, tmp_path, "shop.txt", SHOP)
    answer = ask(shelf, "How many entries per level?")
    assert answer.computation is not None
    assert answer.computation.rows == (("INFO", 41), ("WARN", 8), ("ERROR", 6))


def test_a_figure_cites_lines_of_the_log(shelf: Shelf, tmp_path: Path) -> None:
    keep(shelf, tmp_path, "shop.txt", SHOP)
    answer = ask(shelf, 'How many lines contain "card refused"?')
    assert [citation.line for citation in answer.citations] == [49, 53]
    for citation in answer.citations:
        assert citation.quote == SHOP[citation.start : citation.end] == LINES[citation.line - 1]
        assert citation.verified
    assert answer.text == ("5 lines (of shop.txt that contain “card refused”) [1]\n\n[1] shop.txt")


@pytest.mark.parametrize(
    "question",
    [
        "What is the size of order 7?",
        "How many customers were unhappy?",
        "Which card was refused most?",
        "average number of orders per customer",
        "Summarise this log",
        "Why did the payment fail?",
        "How many pears are on shelf 3?",
        "How many entries have the level WARN or ERROR?",
        "How many tasks failed?",
        "first 3 errors",
    ],
)
def test_what_no_rule_fits_is_left_to_the_readers(
    shelf: Shelf, tmp_path: Path, question: str
) -> None:
    keep(shelf, tmp_path, "shop.txt", SHOP)
    assert ask(shelf, question).method is not Method.COMPUTE


class Scripted:
    """A chat model that says what it is told to and keeps its prompts."""

    name = "scripted:1"
    context_tokens = 16_000

    def __init__(self, text: str) -> None:
        self.text = text
        self.prompts: list[Prompt] = []

    def generate(self, prompt: Prompt, timeout_seconds: float) -> Generation:
        assert timeout_seconds > 0
        self.prompts.append(prompt)
        return Generation(self.text, self.name, Usage(5, 3))


def ask_model(shelf: Shelf, text: str, model: Scripted) -> Answer:
    return search(shelf).answer(Query("s", text), model, 10.0)


def test_a_model_may_say_a_question_in_a_form_that_is_computed(
    shelf: Shelf, tmp_path: Path
) -> None:
    keep(shelf, tmp_path, "shop.txt", SHOP)
    model = Scripted('How many lines contain "card refused" between 10:01 and 10:04?')
    answer = ask_model(shelf, "How many payments bounced in the three minutes after 10:01?", model)
    assert answer.method is Method.COMPUTE
    assert answer.computation is not None
    assert answer.computation.rows == ((3,),)
    assert "between 10:01 and 10:04" in answer.computation.statement
    assert (answer.model, answer.usage) == ("scripted:1", Usage(5, 3))
    told = model.prompts[0].messages[-1].content
    assert "5 ERROR card refused: code <*>" in told
    assert "shop.Pay" in told


@pytest.mark.parametrize("said", ["NONE", 'How many lines contain "pears"?', "Dear me."])
def test_what_a_model_can_not_say_is_left_to_the_readers(
    shelf: Shelf, tmp_path: Path, said: str
) -> None:
    keep(shelf, tmp_path, "shop.txt", SHOP)
    answer = ask_model(shelf, "How many customers were unhappy?", Scripted(said))
    assert answer.method is not Method.COMPUTE


def test_a_rule_that_fits_needs_no_model(shelf: Shelf, tmp_path: Path) -> None:
    keep(shelf, tmp_path, "shop.txt", SHOP)
    model = Scripted("NONE")
    assert ask_model(shelf, "How many errors are there?", model).method is Method.COMPUTE
    assert model.prompts == []


def test_a_lookup_stays_a_lookup(shelf: Shelf, tmp_path: Path) -> None:
    keep(shelf, tmp_path, "shop.txt", SHOP)
    assert ask(shelf, "How many errors are there?", Mode.LOOKUP).method is not Method.COMPUTE


def test_of_several_logs_the_named_one_is_counted(shelf: Shelf, tmp_path: Path) -> None:
    keep(shelf, tmp_path, "shop.txt", SHOP)
    keep(shelf, tmp_path, "cron.log", CRON)
    answer = ask(shelf, "How many lines does cron.log have?")
    assert answer.text.startswith("6 lines (of cron.log)")


def test_counts_of_several_logs_are_summed(shelf: Shelf, tmp_path: Path) -> None:
    keep(shelf, tmp_path, "shop.txt", SHOP)
    keep(shelf, tmp_path, "cron.log", CRON)
    answer = ask(shelf, "How many errors are there?")
    assert answer.computation is not None
    assert answer.computation.rows == (("shop.txt", 6), ("cron.log", 1))
    assert answer.text.startswith("7 in all; ")


def test_beside_other_documents_a_question_must_say_that_it_means_a_log(
    shelf: Shelf, tmp_path: Path
) -> None:
    keep(shelf, tmp_path, "shop.txt", SHOP)
    keep(shelf, tmp_path, "report.txt", "The shop had many errors. Nobody knows why.\n" * 9)
    assert ask(shelf, "How many errors are there?").method is not Method.COMPUTE
    assert ask(shelf, "How many errors are in the log?").method is Method.COMPUTE


def test_a_log_without_levels_has_no_answer_about_levels(shelf: Shelf, tmp_path: Path) -> None:
    keep(shelf, tmp_path, "cron.log", CRON)
    assert ask(shelf, "How many entries have the level INFO?").method is not Method.COMPUTE
