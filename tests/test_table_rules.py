"""Without any model the common questions about a table are planned by rules, or left alone."""

from pathlib import Path

import pytest

from ai_llm_service.domain import Method, Mode, Query, QueryOptions
from tests.table_shelf import TableShelf

RIDERS = """\
Pos,Rider,Country,Team,Points,Wins,Prize,Joined
1,Ann Berg,Norway,Blue,375,15,"€1,200",2001
2,Bo Dahl,Sweden,Blue,286,2,€800,1998
3,Cy Egge,Norway,Red,242,1,€350,2005
4,Di Foss,Latvia,Green,180,0,€200,2004
5,Ed Garn,Norway,Red,95,1,€150,2010
Total,,,,1178,19,"€2,700",
"""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> TableShelf:
    shelf = TableShelf(tmp_path_factory.mktemp("rules"))
    shelf.add_table("riders.csv", RIDERS)
    return shelf


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How many riders are from Norway?", "3"),
        ("How many riders have more than 200 points?", "3"),
        ("How many different teams are listed?", "3"),
        ("How many points does Bo Dahl have?", "286"),
        ("What is the total number of wins of Norway?", "17"),
        ("What is the average points of team Red?", "168.5"),
        ("Which rider has the most points?", "Ann Berg"),
        ("Which rider has the least wins?", "Di Foss"),
        ("What is the highest prize?", "€1,200"),
        ("Which country is listed the most?", "Norway"),
        ("Who came after Cy Egge?", "Di Foss"),
        ("Who is the last rider listed?", "Ed Garn"),
        ("What is the difference in points between Ann Berg and Bo Dahl?", "89"),
        ("Who has more points, Cy Egge or Di Foss?", "Cy Egge"),
        ("What is the country of Di Foss?", "Latvia"),
        ("How many riders joined after 2003?", "3"),
        ("Which riders have only 1 win?", "Cy Egge, Ed Garn"),
        ("Which team has the most points?", "Blue"),
        ("What is the total points of Norway?", "712"),
    ],
)
def test_common_questions_are_computed(shelf: TableShelf, question: str, value: str) -> None:
    answer = shelf.answer(question)
    assert answer.method is Method.COMPUTE
    told = answer.text.partition("\n")[0].removesuffix(" [1]")
    assert told.rpartition(": ")[2] == value
    assert answer.computation is not None
    assert answer.computation.statement.startswith("SELECT")


def test_a_figure_of_each_group_is_a_row_of_each(shelf: TableShelf) -> None:
    answer = shelf.answer("What is the average points per team?")
    assert answer.text.startswith("Average of Points by Team [1]:\nBlue: 330.5\nGreen: 180\n")


@pytest.mark.parametrize(
    "question",
    [
        "Why did the sponsors leave?",
        "Describe the season of the team.",
        "How many spectators came to the second race in the rain?",
    ],
)
def test_what_is_not_sure_is_left_to_the_passages(shelf: TableShelf, question: str) -> None:
    answer = shelf.answer(question)
    assert answer.method is not Method.COMPUTE
    assert answer.computation is None


def test_a_word_with_a_slip_is_still_found(shelf: TableShelf) -> None:
    assert "Latvia" in shelf.answer("What is the country of Di Fosss?").text


def test_who_forces_a_computation_takes_a_guess(shelf: TableShelf) -> None:
    options = QueryOptions(mode=Mode.COMPUTE)
    question = "How many Norwegian starters withdrew injured yesterday?"
    assert shelf.answer(question).method is not Method.COMPUTE
    assert shelf.answer(Query("s", question, options=options)).method is Method.COMPUTE


def test_of_two_parts_one_is_computed_and_one_is_read(tmp_path: Path) -> None:
    shelf = TableShelf(tmp_path)
    shelf.add_table("riders.csv", RIDERS)
    shelf.add("s", "rules.md", "The prize money is paid by the organiser in December.")
    answer = shelf.answer("Which rider has the most points, and who pays the prize money?")
    assert answer.method is Method.COMPUTE
    assert "Ann Berg [1]" in answer.text
    assert "paid by the organiser in December [2]" in answer.text
    assert [citation.document for citation in answer.citations] == ["riders.csv", "rules.md"]
