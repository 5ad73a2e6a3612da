"""A log is a table of the session: a chat model's statement reaches its lines."""

from pathlib import Path

import pytest

from ai_llm_service.domain import Extraction, Method
from ai_llm_service.search.base import Ingested, Source
from ai_llm_service.search.logs.kept import LOG_FILE
from ai_llm_service.search.logs.shelf import LogShelf
from ai_llm_service.search.logs.table import read_table
from tests.table_shelf import TableShelf, Told

LOG = """\
2026-03-01 08:00:00,100 INFO  loader - Loading orders of shop 7
2026-03-01 08:00:03,500 ERROR loader - Loading orders of shop 9 failed after 3 tries
Traceback (most recent call last):
  File "load.py", line 4, in load
ValueError: no such shop
2026-03-01 09:10:00,000 INFO  loader - Loading orders of shop 12
2026-03-01 09:30:00,000 ERROR mailer - Login with password=hunter2secret refused
"""
SHOPS = "shop,town\n7,Salhe\n9,Karhi\n12,Salhe\n"
BY_TOWN = """```sql
SELECT s.town, count(*) AS loads FROM run l JOIN shops s ON s.shop = CAST(l.fields[1] AS INTEGER)
WHERE l.text LIKE '%Loading orders of shop%' GROUP BY 1 ORDER BY 2 DESC
```"""


@pytest.fixture
def shelf(tmp_path: Path) -> TableShelf:
    shelf = TableShelf(tmp_path)
    shelf.add_table("run.log", LOG, "text/plain")
    return shelf


def test_each_line_has_time_level_source_template_fields_and_text(shelf: TableShelf) -> None:
    result = shelf.run("SELECT * FROM run ORDER BY _row")
    assert result is not None
    assert result.columns == ("_row", "time", "level", "source", "template", "fields", "text")
    first, failed, goes_on = result.rows[:3]
    assert first == (
        1,
        "2026-03-01 08:00:00.100000",
        "INFO",
        "loader",
        "Loading orders of shop <*>",
        ["7"],
        "2026-03-01 08:00:00,100 INFO  loader - Loading orders of shop 7",
    )
    assert failed[5] == ["9", "3"]
    assert goes_on[:6] == (3, failed[1], None, None, None, None)


def test_a_statement_counts_records_by_time_and_level(shelf: TableShelf) -> None:
    result = shelf.run(
        "SELECT hour(time), count(*) FROM run WHERE level = 'ERROR' GROUP BY 1 ORDER BY 1"
    )
    assert result is not None
    assert result.rows == ((8, 1), (9, 1))


def test_a_log_is_joined_with_a_table_of_the_session(shelf: TableShelf) -> None:
    shelf.add_table("shops.csv", SHOPS)
    answer = shelf.answer(
        "How many loads were there per town?", Told(BY_TOWN, "Salhe had 2 loads, Karhi 1 [1][2].")
    )
    assert answer.method is Method.COMPUTE
    assert answer.computation is not None
    assert answer.computation.rows == (("Salhe", 2), ("Karhi", 1))
    assert {citation.document for citation in answer.citations} == {"run.log", "shops.csv"}


def test_the_lines_that_a_result_rests_on_are_cited(shelf: TableShelf) -> None:
    statement = "SELECT time, text FROM run WHERE level = 'ERROR' ORDER BY time LIMIT 1"
    answer = shelf.answer("When was the first error?", Told(statement, "At 08:00:03 [1]."))
    (citation,) = answer.citations
    assert (citation.rows, citation.line) == ((2, 2), 2)
    assert citation.quote == LOG.splitlines()[1]


def test_the_model_is_told_what_a_row_of_a_log_is(shelf: TableShelf) -> None:
    model = Told("NONE")
    shelf.answer("How many shops are there in total?", model)
    assert "One row for each line of the log" in model.told(0)
    assert '"level" text, 3 empty, values: ERROR | INFO' in model.told(0)


def test_what_went_wrong_in_a_log_is_told_by_its_digest(shelf: TableShelf) -> None:
    model = Told("The load of shop 9 failed [1].")
    answer = shelf.answer("What went wrong? Explain the first error.", model)
    assert answer.method is not Method.COMPUTE
    assert "SELECT" not in model.told(0)


def test_secrets_of_a_log_are_in_no_table(shelf: TableShelf) -> None:
    hidden = shelf.run("SELECT text FROM run WHERE text LIKE '%hunter2%'")
    assert hidden is not None
    assert hidden.row_count == 0


def test_rules_for_tables_leave_logs_to_rules_for_logs(shelf: TableShelf) -> None:
    assert shelf.answer("Which source has the most text?").method is not Method.COMPUTE


def test_records_of_json_lines_stay_a_table_of_their_fields(tmp_path: Path) -> None:
    shelf = TableShelf(tmp_path)
    lines = [
        f'{{"ts": "2026-03-01T08:00:0{n}Z", "level": "info", "msg": "load", "shop": {n}}}'
        for n in range(6)
    ]
    shelf.add_table("run.jsonl", "\n".join(lines), "application/x-ndjson")
    result = shelf.run("SELECT sum(shop) FROM run WHERE level = 'info'")
    assert result is not None
    assert result.rows == ((15,),)


def test_every_worker_loads_the_table_that_was_kept(shelf: TableShelf, tmp_path: Path) -> None:
    document = shelf.documents("s")[0]
    folder = tmp_path / "derived" / document.id
    text = LOG.replace("hunter2secret", "*************")
    source = Source(document, Ingested(Extraction(text), ()))
    kept = LogShelf(lambda _: folder / LOG_FILE).table(source)
    made = read_table(text)
    assert kept is not None
    assert made is not None
    assert kept.template_texts == made.template_texts
    assert kept.times.tolist() == made.times.tolist()
    assert [kept.line(row) for row in range(kept.line_count)] == text.splitlines()


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 broken", None])
def test_a_table_that_can_not_be_loaded_is_made_again(
    shelf: TableShelf, tmp_path: Path, damage: bytes | None
) -> None:
    document = shelf.documents("s")[0]
    path = tmp_path / "derived" / document.id / LOG_FILE
    path.unlink() if damage is None else path.write_bytes(damage)
    table = LogShelf(lambda _: path).table(Source(document, Ingested(Extraction(LOG), ())))
    assert table is not None
    assert table.line_count == 7


def test_a_table_of_another_text_is_not_taken(shelf: TableShelf, tmp_path: Path) -> None:
    document = shelf.documents("s")[0]
    path = tmp_path / "derived" / document.id / LOG_FILE
    longer = LOG + "2026-03-01 09:40:00,000 INFO  loader - Done\n"
    table = LogShelf(lambda _: path).table(Source(document, Ingested(Extraction(longer), ())))
    assert table is not None
    assert table.line_count == 8
