"""Words of a question that mean a cell, a column or a figure are taken for nothing else."""

from pathlib import Path

import pytest

from ai_llm_service.domain import Method
from tests.table_shelf import TableShelf

STAFF = """\
name,department,city,salary,rating
Anita,Finance,Pune,"1,200,000.25",4.5
Bharat,IT,Delhi,"950,000.50",3.8
Chitra,IT,Kochi,"1,450,000.25",4.9
David,HR,Pune,"2,700,000.00",
Esha,Finance,Surat,"820,000.00",2.5
Farid,IT,Delhi,"1,100,000.50",4.1
Gita,HR,Pune,"200,000.00",3.0
"""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> TableShelf:
    shelf = TableShelf(tmp_path_factory.mktemp("words"))
    shelf.add_table("staff.csv", STAFF)
    return shelf


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How many employees work in the IT department?", 3),
        ("What is the total salary in IT?", 3500001.25),
        ("Which department has the highest average rating?", "IT"),
        ("Which department has the highest average salary?", "HR"),
        ("Which city has the highest total salary?", "Pune"),
        ("How many employees with a rating of at least 4 and a salary above 1,150,000?", 2),
        ("How many employees without rating?", 1),
        ("What is the median salary in Finance?", 1010000.125),
    ],
)
def test_each_word_is_taken_for_what_it_means(
    shelf: TableShelf, question: str, value: object
) -> None:
    answer = shelf.answer(question)
    assert answer.computation is not None, answer.text
    assert answer.computation.rows[0][0] == value


def test_a_total_is_not_told_as_a_number_of_rows(shelf: TableShelf) -> None:
    assert shelf.answer("Which city got the most in total?").method is not Method.COMPUTE


@pytest.mark.parametrize(
    "question",
    [
        "What is the total salary in Mumbai?",
        "What is the total salary in mumbai?",
        "What is the average rating of employees in 2019?",
        "Which department has the highest salary in Goa?",
        "Average rating by department for Chennai",
        "How many employees are there in Chennai?",
    ],
)
def test_a_place_that_the_table_does_not_have_is_no_reason_to_count_all(
    shelf: TableShelf, question: str
) -> None:
    assert shelf.answer(question).method is not Method.COMPUTE


def test_the_first_to_end_is_so_by_the_day_of_the_end(tmp_path: Path) -> None:
    shelf = TableShelf(tmp_path)
    rows = "A,2023-01-01,2025-01-01\nB,2024-01-01,2024-06-01\nC,2023-06-01,2024-12-31\n"
    shelf.add_table("programs.csv", f"program,start date,end date\n{rows}")
    assert shelf.answer("Which program ended first?").text.startswith("First program: B")
    assert shelf.answer("Which program started first?").text.startswith("First program: A")
