"""Of a large table all cells count, not only those of its first rows."""

import pytest

from tests.table_shelf import TableShelf

HEAD = "visit_id,village,officer,flow,phone_owner,visited_on\n"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> TableShelf:
    """The first 4,000 rows know neither SALHE nor Tilda nor C. Rao, nor a flow of 50."""
    shelf = TableShelf(tmp_path_factory.mktemp("large"))
    rows = [f"{n},Salhe,A. Rao,{n % 7},owner{n},2024-01-{n % 28 + 1:02}" for n in range(1, 4001)]
    late = ["SALHE", "Tilda", "Karhi Khurd"]
    rows += [
        f"{n},{late[n % 3]},{'C. Rao' if n % 2 else 'B. Sen'},{n % 100},owner{n - 4000},"
        for n in range(4001, 5001)
    ]
    rows.append("Total,,,61497,,")
    shelf.add_table("visits.csv", HEAD + "\n".join(rows) + "\n")
    return shelf


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How many visits in Salhe?", 4333),
        ("How many visits in Tilda?", 333),
        ("How many visits by Rao?", 4500),
        ("How many visits with a flow of 50?", 10),
        ("How many visits in Tilda with flow 50?", 3),
        ("How many visits have no visited_on?", 1000),
        ("How many visits of owner4000?", 1),
        ("How many visits of owner12?", 2),
        ("How many different phone owners are there?", 4000),
        ("What is the officer of visit 4711?", "C. Rao"),
        ("When was the last visit?", "2024-01-28"),
        ("What is the total flow?", 61497),
    ],
)
def test_what_stands_in_late_rows_counts(shelf: TableShelf, question: str, value: object) -> None:
    answer = shelf.answer(question)
    assert answer.computation is not None, answer.text
    assert answer.computation.rows[0][0] == value
