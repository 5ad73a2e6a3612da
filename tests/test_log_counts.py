"""Logs as services, CI runs and dbt write them are counted as those who read them count."""

from pathlib import Path

import pytest

from ai_llm_service.domain import Method
from tests.shelf import Shelf
from tests.test_log_questions import ask, keep


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


BRACKETS = "".join(
    f"2026-05-01 {9 + n // 60:02}:{n % 60:02}:00,120 {level:8} [{source}] {text} {n}\n{trace}"
    for n in range(120)
    for level, source, text, trace in [
        ("ERROR", ("api", "worker-1")[n % 2], "Connection timeout to shard", "")
        if n % 10 < 2
        else ("ERROR", "api", "Sync failed on row", "Traceback (most recent call last):\n  Sync\n")
        if n % 10 == 2
        else ("INFO", "scheduler", "The last order of the batch is done", "")
    ]
)


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("How many errors in the last 30 minutes?", 9),
        ("How many errors in the first hour?", 19),
        ("How many connection timeouts were there?", 24),
        ("How many sync errors are there?", 12),
        ("How many tracebacks are there?", 12),
        ("How many errors did worker-1 have?", 12),
        ("How many distinct sources are there?", 3),
        ("How many errors are there?", 36),
    ],
)
def test_a_log_with_sources_in_brackets_is_counted(
    shelf: Shelf, tmp_path: Path, question: str, figure: int
) -> None:
    keep(shelf, tmp_path, "app.log", BRACKETS)
    answer = ask(shelf, question)
    assert answer.computation is not None, answer.text
    assert answer.computation.rows == ((figure,),)


def test_one_message_of_several_sources_is_one_kind(shelf: Shelf, tmp_path: Path) -> None:
    keep(shelf, tmp_path, "app.log", BRACKETS)
    answer = ask(shelf, "What is the most common error?")
    assert answer.computation is not None
    assert answer.computation.rows[0] == ("Connection timeout to shard <*>", 24)


@pytest.mark.parametrize(
    "question",
    ["How many errors on each worker?", "How many errors per shard?", "How many errors were last?"],
)
def test_a_word_of_the_question_is_not_looked_for_in_the_log(
    shelf: Shelf, tmp_path: Path, question: str
) -> None:
    keep(shelf, tmp_path, "app.log", BRACKETS)
    assert ask(shelf, question).method is not Method.COMPUTE


def test_a_share_says_of_what_it_is(shelf: Shelf, tmp_path: Path) -> None:
    keep(shelf, tmp_path, "app.log", BRACKETS)
    told = ask(shelf, "What percentage of lines are errors?").text
    assert told.startswith("30.0 % (36 of 120: entries of app.log")


def test_the_errors_of_a_ci_run_and_of_dbt_are_those_that_it_calls_so(
    shelf: Shelf, tmp_path: Path
) -> None:
    ci = "".join(
        f"2026-03-02T10:00:0{n}.0000000Z {text}\n"
        for n, text in enumerate(
            ("##[group]Run tests", "ran 8 tests without errors", "##[warning]old node",
             "##[error]Process completed with exit code 1.", "Post job cleanup.")
        )
    )  # fmt: skip
    keep(shelf, tmp_path, "ci.log", ci)
    assert ask(shelf, "How many errors are there in ci.log?").text.startswith("1 entry")
    assert ask(shelf, "How many warnings are there in ci.log?").text.startswith("1 entry")
    dbt = "".join(
        f"10:01:0{n}  {text}\n"
        for n, text in enumerate(
            ("1 of 2 START sql table model a.b ... [RUN]", "1 of 2 ERROR creating a.b ... [ERROR]",
             "2 of 2 WARN 3 not_null_a ... [WARN 3]", "Completed with 1 error and 1 warning:",
             "Done. PASS=0 WARN=1 ERROR=1 SKIP=0 TOTAL=2")
        )
    )  # fmt: skip
    keep(shelf, tmp_path, "dbt.log", dbt)
    assert ask(shelf, "How many errors are there in dbt.log?").text.startswith("1 entry")
    assert ask(shelf, "How many warnings are there in dbt.log?").text.startswith("1 entry")


ACCESS = "".join(
    f'10.0.0.{n % 3} - - [01/May/2026:1{n // 30}:{n % 30:02}:00 +0000] "GET /page/{n} HTTP/1.1"'
    f' {(200, 200, 404, 200, 503)[n % 5]} {n * 100} "-" "curl/8"\n'
    for n in range(60)
)


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("How many requests are there?", 60),
        ("How many errors are there?", 12),
        ("How many warnings are there?", 12),
        ("How many requests returned 404?", 12),
        ("How many 503 errors were there?", 12),
        ("How many requests between 10:00 and 10:10?", 10),
    ],
)
def test_requests_are_counted_by_their_status(
    shelf: Shelf, tmp_path: Path, question: str, figure: int
) -> None:
    keep(shelf, tmp_path, "access.log", ACCESS)
    answer = ask(shelf, question)
    assert answer.computation is not None, answer.text
    assert answer.computation.rows == ((figure,),)


def test_things_are_not_counted_as_the_lines_that_name_one(shelf: Shelf, tmp_path: Path) -> None:
    text = "".join(f"2026-05-01 09:00:0{n} INFO login of user u{n % 2}\n" for n in range(8))
    keep(shelf, tmp_path, "users.log", text)
    assert ask(shelf, "How many users are there?").method is not Method.COMPUTE
    assert ask(shelf, "How many logins were there?").text.startswith("8 lines")
