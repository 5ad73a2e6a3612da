"""A chat model writes the statement; what it says is the result, shown and cited."""

from pathlib import Path

import pytest

from ai_llm_service.domain import Method, Mode, Query, QueryOptions
from tests.table_shelf import TableShelf, Told

WELLS = "well,village,flow\nW1,Salhe,12.5\nW2,Karhi,7\nW3,Salhe,3.5\n"
PEOPLE = "village,people\nSalhe,210\nKarhi,90\n"
SUM = "```sql\nSELECT sum(flow) AS total FROM wells WHERE village = 'Salhe'\n```"
QUESTION = "What is the total flow in Salhe?"


@pytest.fixture
def shelf(tmp_path: Path) -> TableShelf:
    shelf = TableShelf(tmp_path)
    shelf.add_table("wells.csv", WELLS)
    return shelf


def test_the_answer_carries_statement_rows_and_a_citation_of_them(shelf: TableShelf) -> None:
    answer = shelf.answer(QUESTION, Told(SUM, "The wells of Salhe give 16 in all [1]."))
    assert answer.method is Method.COMPUTE
    assert answer.text == "The wells of Salhe give 16 in all [1].\n\n[1] wells.csv"
    assert answer.computation is not None
    assert answer.computation.statement.startswith("SELECT sum(flow)")
    assert (answer.computation.rows, answer.computation.row_count) == (((16,),), 1)
    (citation,) = answer.citations
    assert (citation.rows, citation.quote) == ((2, 4), "W1,Salhe,12.5")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (20, 10)


def test_the_model_is_told_schema_types_samples_and_values(shelf: TableShelf) -> None:
    model = Told(SUM, "16 [1].")
    shelf.answer(QUESTION, model)
    told = model.told(0)
    assert 'Table "wells" (3 rows, of wells.csv)' in told
    assert '- "village" text, values: Karhi | Salhe' in told
    assert '- "flow" number, such as 12.5' in told


def test_a_number_that_is_not_in_the_result_is_not_said(shelf: TableShelf) -> None:
    answer = shelf.answer(QUESTION, Told(SUM, "The wells give 17 in all [1]."))
    assert answer.text.startswith("total: 16 [1]")


@pytest.mark.parametrize(
    ("selected", "columns"),
    [
        ("village, count(*) FROM wells GROUP BY 1", ("village", "count")),
        ("* FROM (SELECT count(*) FROM wells)", ("count",)),
        ("sum(flow), count(*) FILTER (flow > 4) FROM wells", ("sum of flow", "count")),
        ("round(avg(flow), 2), max(wells.flow) FROM wells", ("average of flow", "max of flow")),
        ("count(DISTINCT village), count(*) AS n FROM wells", ("count of distinct village", "n")),
        ("CAST(min(flow) AS INTEGER) FROM wells", ("min of flow",)),
        ("flow * 2, count(*) > 1 FROM wells GROUP BY 1", ("(flow * 2)", "(count(*) > 1)")),
        ("count(*) FROM wells UNION ALL SELECT sum(flow) FROM wells", ("count",)),
    ],
)
def test_columns_have_names_that_are_read_easily(
    shelf: TableShelf, selected: str, columns: tuple[str, ...]
) -> None:
    answer = shelf.answer(QUESTION, Told(f"SELECT {selected}", "It is so [1]."))
    assert answer.computation is not None
    assert answer.computation.columns == columns


def test_an_error_is_told_to_the_model_once(shelf: TableShelf) -> None:
    model = Told("SELECT sum(flux) FROM wells", SUM, "16 [1].")
    assert shelf.answer(QUESTION, model).text.startswith("16 [1]")
    assert 'Referenced column "flux" not found' in model.told(1)
    failing = Told("SELECT sum(flux) FROM wells", "SELECT nothing FROM wells", "It is so [1].")
    assert shelf.answer(QUESTION, failing).method is Method.READ_ALL
    assert len(failing.prompts) == 3


def test_a_refused_statement_is_never_run(shelf: TableShelf) -> None:
    model = Told("COPY wells TO '/tmp/x.csv'", "NONE", "It is so [1].")
    assert shelf.answer(QUESTION, model).method is Method.READ_ALL
    assert "Only SELECT" in model.told(1)


def test_several_tables_are_joined_and_each_is_cited(shelf: TableShelf) -> None:
    shelf.add_table("people.csv", PEOPLE)
    statement = (
        "SELECT p.village, max(p.people) / sum(w.flow) AS each FROM wells w"
        " JOIN people p ON p.village = w.village GROUP BY p.village ORDER BY each"
    )
    answer = shelf.answer("How many people per flow?", Told(statement, "Karhi first [1][2]."))
    assert answer.computation is not None
    assert answer.computation.tables == ("wells", "people")
    assert [citation.document for citation in answer.citations] == ["wells.csv", "people.csv"]


def test_what_rests_on_no_row_is_cited_without_a_quote_and_not_as_verified(
    shelf: TableShelf,
) -> None:
    shelf.add_table("people.csv", PEOPLE)
    none = "SELECT count(*) AS wells FROM wells WHERE flow > 100"
    [citation] = shelf.answer(QUESTION, Told(none, "0 wells [1].")).citations
    assert (citation.document, citation.quote, citation.rows) == ("wells.csv", "", None)
    assert (citation.verified, citation.support) == (False, 0.0)
    some = "SELECT count(*) AS wells FROM wells WHERE flow > 10"
    [citation] = shelf.answer(QUESTION, Told(some, "1 well [1].")).citations
    assert (citation.quote, citation.verified) == ("W1,Salhe,12.5", True)


def test_a_question_for_a_table_and_a_text_gets_both(shelf: TableShelf) -> None:
    shelf.add("s", "rules.md", "A well below a flow of 5 must be repaired within 14 days.")
    model = Told(
        "SELECT count(*) AS wells FROM wells WHERE flow < 5",
        "1 well is below the limit [1] and must be repaired within 14 days [2].",
    )
    answer = shelf.answer("How many wells must be repaired, and within how many days?", model)
    assert "within 14 days [2]" in answer.text
    assert [citation.document for citation in answer.citations] == ["wells.csv", "rules.md"]


def test_what_asks_for_no_computation_is_read(shelf: TableShelf) -> None:
    model = Told("It lists wells [1].")
    assert shelf.answer("Describe this file.", model).method is Method.READ_ALL
    assert len(model.prompts) == 1
    forced = Query("s", "Salhe?", options=QueryOptions(mode=Mode.COMPUTE))
    assert shelf.answer(forced, Told(SUM, "16 [1].")).method is Method.COMPUTE


def test_a_table_larger_than_any_prompt_is_computed_over_all_its_rows(tmp_path: Path) -> None:
    shelf = TableShelf(tmp_path)
    shelf.add_table("big.csv", "n,what\n" + "".join(f"{n},x\n" for n in range(100_000)))
    model = Told("SELECT sum(n) AS total FROM big", "4,999,950,000 [1].")
    answer = shelf.answer("What is the total of n?", model)
    assert answer.text.startswith("4,999,950,000 [1]")
