"""Questions for several places, for a later place, for a share, and for figures over time."""

from pathlib import Path

import pytest

from ai_llm_service.domain import Method
from tests.table_shelf import TableShelf

GIFTS = """\
id,donor,amount,paid_on,city
1,Asha,10,2024-05-05,Surat
2,Ravi,25,2024-02-01,Delhi
3,Mina,30,2024-03-12,Agra
4,John,40,2024-12-31,Pune
5,Asha,5,2024-08-20,Pune
6,Omar,25,2024-02-20,Delhi
"""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> TableShelf:
    shelf = TableShelf(tmp_path_factory.mktemp("ranks"))
    shelf.add_table("gifts.csv", GIFTS)
    return shelf


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("Top 3 donors by amount", (("John", 40), ("Mina", 30), ("Ravi", 25), ("Omar", 25))),
        ("What are the 2 largest amounts?", (("John", 40), ("Mina", 30))),
        ("Which 2 donors gave the most?", (("John", 40), ("Mina", 30))),
        ("Which 2 cities have the highest total amount?", (("Delhi", 50), ("Pune", 45))),
        ("Top 1 city by number of gifts", (("Pune", 2), ("Delhi", 2))),
        ("Who gave the second highest amount?", (("Mina", 30),)),
        ("bottom 1 by amount", (("Asha", 5),)),
    ],
)
def test_as_many_places_are_told_as_are_asked_for(
    shelf: TableShelf, question: str, rows: tuple[tuple[object, ...], ...]
) -> None:
    answer = shelf.answer(question)
    assert answer.computation is not None, answer.text
    assert set(answer.computation.rows) == set(rows)
    assert answer.citations[0].verified


@pytest.mark.parametrize(
    ("question", "percent"),
    [
        ("What percentage of gifts is from Pune?", 33.33),
        ("What share of the total amount came from Asha?", 11.11),
        ("What percentage of gifts in Pune are from Asha?", 50.0),
    ],
)
def test_a_share_is_told_in_per_cent(shelf: TableShelf, question: str, percent: float) -> None:
    answer = shelf.answer(question)
    assert answer.computation is not None, answer.text
    assert answer.computation.rows[0][0] == pytest.approx(percent, abs=0.01)


def test_the_first_and_the_last_are_so_by_their_day(shelf: TableShelf) -> None:
    assert "2024-02-01" in shelf.answer("When was the first gift?").text
    assert "2024-12-31" in shelf.answer("When was the last gift?").text
    assert "Ravi" in shelf.answer("Who paid first?").text


def test_without_days_there_is_no_earliest(tmp_path: Path) -> None:
    shelf = TableShelf(tmp_path)
    shelf.add_table("notes.csv", "id,said\n1,May or so\n2,before Easter\n3,spring\n")
    assert shelf.answer("Which id was said earliest?").method is not Method.COMPUTE


def test_figures_of_each_month_stand_in_the_order_of_time(shelf: TableShelf) -> None:
    answer = shelf.answer("How many gifts per month?")
    assert answer.computation is not None
    assert answer.computation.rows[:2] == (("2024-02", 2), ("2024-03", 1))
    answer = shelf.answer("Total amount per month")
    assert answer.computation is not None
    assert answer.computation.rows[0] == ("2024-02", 50)


def test_rows_that_are_not_written_out_are_told(tmp_path: Path) -> None:
    shelf = TableShelf(tmp_path)
    rows = "".join(f"{n},k{n % 30},{n}\n" for n in range(90))
    shelf.add_table("parts.csv", f"id,kind,weight\n{rows}")
    assert "… and 10 more rows" in shelf.answer("total weight by kind").text
