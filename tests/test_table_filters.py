"""Which rows a question is about is understood in the usual ways, or the question is left alone."""

from pathlib import Path

import pytest

from ai_llm_service.domain import Method
from tests.table_shelf import TableShelf

ORDERS = """\
order_id,order_date,state,item,quantity,amount,shipped_on,customer_code
1,05-Jan-24,Kerala,pump,2,"₹1,23,456.50",09-Jan-24,007
2,17-Feb-24,Bihar,pipe,5,"₹45,000",,008
3,31-Mar-24,Goa,pump,1,"₹2,00,000",02-Apr-24,007
4,01-Apr-24,Kerala,valve,7,,05-Apr-24,009
5,20-Nov-23,Bihar,pump,4,"₹12,500",,011
6,30-Jun-24,Punjab,pipe,3,"₹1,00,000",03-Jul-24,008
"""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> TableShelf:
    shelf = TableShelf(tmp_path_factory.mktemp("filters"))
    shelf.add_table("orders.csv", ORDERS)
    return shelf


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How many orders are there?", 6),
        ("How many orders from Kerala?", 2),
        ("How many orders from Kerala or Goa?", 3),
        ("What is the total quantity of orders from Kerala and Bihar?", 18),
        ("How many pump orders were not from Kerala?", 2),
        ("How many orders in 2024?", 5),
        ("How many orders between 1 January 2024 and 31 March 2024?", 3),
        ("How many orders between 2024-01-01 and 2024-03-31?", 3),
        ("How many orders from January 2024 to April 2024?", 4),
        ("How many orders after 31/03/2024?", 2),
        ("How many orders on 01/04/2024?", 1),
        ("How many orders were shipped in April 2024?", 2),
        ("How many orders were shipped?", 4),
        ("How many orders were not shipped?", 2),
        ("How many orders have no amount?", 1),
        ("How many orders have an amount?", 5),
        ("How many orders with an amount above 1,00,000?", 2),
        ("How many orders with an amount of at least ₹1,00,000?", 3),
        ("How many orders have an amount between 10,000 and 1,00,000?", 3),
        ("Which item has the most orders?", "pump"),
    ],
)
def test_rows_are_chosen_as_people_say_it(shelf: TableShelf, question: str, value: object) -> None:
    answer = shelf.answer(question)
    assert answer.computation is not None, answer.text
    assert answer.computation.rows[0][0] == value


@pytest.mark.parametrize(
    "question",
    [
        "How many orders were damaged?",
        "How many pumps were sold?",
        "How many orders from Kerala or with the item pump?",
        "How many orders before 2023-12-01 or after 2024-05-01?",
        "What is the sum of the customer code?",
        "Which state has the highest order id?",
    ],
)
def test_a_condition_that_is_not_understood_is_never_left_out(
    shelf: TableShelf, question: str
) -> None:
    assert shelf.answer(question).method is not Method.COMPUTE


def test_numbers_of_different_units_are_not_compared(tmp_path: Path) -> None:
    shelf = TableShelf(tmp_path)
    shelf.add_table("wells.csv", "well,depth\nA,12 m\nB,8.5 m\nC,20 m\nD,1.5 km\n")
    assert shelf.answer("Which well has the greatest depth?").method is not Method.COMPUTE
    assert shelf.answer("What is the average depth?").method is not Method.COMPUTE


def test_numbers_too_long_for_amounts_are_not_added_up(tmp_path: Path) -> None:
    shelf = TableShelf(tmp_path)
    rows = "12345678901234567890,Asha\n12345678901234567891,Ravi\n"
    shelf.add_table("accounts.csv", f"account,name\n{rows}")
    counted = shelf.answer("How many accounts?").computation
    assert counted is not None
    assert counted.rows[0][0] == 2
