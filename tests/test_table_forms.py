"""Forms of questions that compare, measure by a named row, or ask for yes or no."""

from pathlib import Path

import pytest

from ai_llm_service.domain import Method, Mode, Query, QueryOptions
from tests.table_shelf import TableShelf

RACE = """\
Place,Runner,Country,Time,Points
1,Asha Rao,India,1:52.30,10
2,Lena Vogt,Germany,1:55.10,8
3,Mei Tan,Singapore,1:56.40,6
4,Ola Berg,Norway,2:01.00,4
5,Ida Lund,Norway,2:03.70,2
"""
VISITS = """\
Visit,Village,Day,Status,Flow
1,Salhe,2026-01-05,open,12
2,Karhi,2026-02-11,closed,7
3,Karhi,2026-03-02,closed,9
4,Salhe,2026-03-20,closed,3
5,Salhe,2026-04-01,open,5
"""


@pytest.fixture
def shelf(tmp_path: Path) -> TableShelf:
    return TableShelf(tmp_path)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many runners had a time of less than 1:56?", 2),
        ("How many runners had a time above 2 minutes?", 2),
        ("Who was faster, Lena Vogt or Ola Berg?", "Lena Vogt"),
        ("Did Asha Rao have more points than Mei Tan?", "yes"),
        ("Did Ida Lund have more points than Mei Tan?", "no"),
        ("Is Ola Berg above Mei Tan?", "no"),
        ("Is Lena Vogt from Germany?", "yes"),
        ("Is Lena Vogt from Norway?", "no"),
        ("How many runners have more points than Mei Tan?", 2),
        ("What was Mei Tan's time?", "1:56.40"),
        ("What is the difference in points between Asha Rao and Ola Berg?", 6),
        ("Who was the fastest runner?", "Asha Rao"),
    ],
)
def test_rows_are_compared(shelf: TableShelf, question: str, expected: object) -> None:
    shelf.add_table("race.csv", RACE)
    assert result_of(shelf, question) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many visits were there in March?", 2),
        ("How many visits were before 2 March 2026?", 2),
        ("How many visits were after March 2, 2026?", 2),
        ("How many visits were there since 2026-03-20?", 2),
        ("How many consecutive visits were closed?", 3),
        ("Which village appears more, Salhe or Karhi?", "Salhe"),
        ('How many visits have the word "Kar" in the village?', 2),
        ("How many villages begin with S?", 3),
    ],
)
def test_days_runs_and_parts_of_words_are_understood(
    shelf: TableShelf, question: str, expected: object
) -> None:
    shelf.add_table("visits.csv", VISITS)
    assert result_of(shelf, question) == expected


@pytest.mark.parametrize(
    "question",
    [
        "Wie viele Läufer kamen aus Norwegen?",
        "Combien de coureurs viennent de Norvège ?",
        "¿Quién tiene más puntos?",
        "नॉर्वे के कितने धावक हैं?",
        "挪威有多少名选手？",
    ],
)
def test_rules_abstain_in_other_languages(shelf: TableShelf, question: str) -> None:
    shelf.add_table("race.csv", RACE)
    assert shelf.answer(question).method is not Method.COMPUTE
    forced = Query("s", question, options=QueryOptions(mode=Mode.COMPUTE))
    assert shelf.answer(forced).method is not Method.COMPUTE


def result_of(shelf: TableShelf, question: str) -> object:
    answer = shelf.answer(Query("s", question, options=QueryOptions(mode=Mode.COMPUTE)))
    assert answer.computation is not None, answer.text
    return answer.computation.rows[0][0]


def test_years_below_the_names_of_groups_are_names(shelf: TableShelf) -> None:
    text = "Region,Sales,,Costs,\n,2023,2024,2023,2024\nNorth,10,20,3,4\nSouth,11,21,5,6\n"
    document = shelf.add_table("sales.csv", text)
    names = [column.name for column in document.tables[0].columns]
    assert names == ["Region", "Sales 2023", "Sales 2024", "Costs 2023", "Costs 2024"]
    assert result_of(shelf, "What is the total sales 2024?") == 41


def test_columns_of_one_name_are_told_apart(shelf: TableShelf) -> None:
    shelf.add_table("twice.csv", "name,value,value\na,1,2\nb,3,4\n")
    assert result_of(shelf, "What is the total value (2)?") == 6
    assert result_of(shelf, "What is the total value?") == 4


def test_a_first_row_of_years_stays_a_row(shelf: TableShelf) -> None:
    document = shelf.add_table("built.csv", "well,dug,mended\nW1,1998,2004\nW2,2001,2011\n")
    assert document.tables[0].rows == 2


def test_a_value_is_found_whatever_its_blanks_are(shelf: TableShelf) -> None:
    shelf.add_table("nations.csv", "nation,total\nUkraine\u00a0(UKR),84\nNorway (NOR),12\n")
    result = shelf.run("SELECT total FROM nations WHERE nation = 'Ukraine (UKR)'")
    assert result is not None
    assert result.rows == ((84,),)


def test_values_are_found_in_columns_of_every_type(shelf: TableShelf) -> None:
    lines = [
        '{"id": 1, "name": "Zoe", "ok": true, "rating": 4.5, "owner": null}',
        '{"id": 2, "name": "Wei", "ok": false, "rating": 4.25, "owner": null}',
        '{"id": 3, "name": "Ana", "ok": true, "rating": 4.5, "owner": null}',
    ]
    shelf.add_table("users.jsonl", "\n".join(lines), "application/x-ndjson")
    assert result_of(shelf, "How many users are ok?") == 2
    assert result_of(shelf, "How many users are not ok?") == 1
    assert result_of(shelf, "How many users have a rating of 4.5?") == 2
