"""A log is known by its lines, whatever its name, and each line is read as its program wrote it."""

import math

import pytest

from ai_llm_service.search.logs.clock import clock_text, usual
from ai_llm_service.search.logs.read import reader_of
from ai_llm_service.search.logs.table import LogTable, read_table
from tests.log_lines import JAVA_TRACE, NODE_TRACE, PYTHON_TRACE, SAMPLES, Sample, busy_python

PROSE = (
    "Apples grow in Norway at 10:30:00 or so. Pears grow in Chile.\n"
    "The error of the map was found in 2024, by an information officer.\n"
    "Nobody knows why that is so: the warning came late.\n"
) * 5
CSV = "time,item,count\n" + "".join(f"2026-03-01 08:15:{n:02},apple,{n}\n" for n in range(50))
MARKDOWN = (
    "# Notes\n\n- 2026-03-01 first release\n- 2026-03-02 second release\n\nERROR codes: see below\n"
)


def table_of(text: str) -> LogTable:
    table = read_table(text)
    assert table is not None
    return table


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.name}-{sample.text[:20]}")
def test_each_form_gives_time_level_and_source(sample: Sample) -> None:
    table = table_of(sample.text)
    assert table.reader.forms == (sample.name,)
    time, seconds, level, source, message = table.head(0)
    assert clock_text(seconds) == "08:15:02"
    assert (level, source) == (sample.level, sample.source)
    assert time in sample.text or not time
    assert "load" in message or "load" in source
    assert len(table.heads) == sample.records


@pytest.mark.parametrize("text", [PROSE, CSV, MARKDOWN, "", "\n\n", "One line only."])
def test_what_is_no_log_is_not_taken_for_one(text: str) -> None:
    assert reader_of(text) is None


@pytest.mark.parametrize(("trace", "lines"), [(PYTHON_TRACE, 12), (JAVA_TRACE, 7), (NODE_TRACE, 4)])
def test_a_trace_belongs_to_the_record_before_it(trace: str, lines: int) -> None:
    first = trace.split("\n", 1)[0]
    table = table_of("\n".join([first, first, trace.rstrip("\n"), first]))
    assert list(table.heads) == [0, 1, 2, 2 + lines]
    assert table.record_end(2) == 1 + lines
    assert table.levels[3] == -1
    assert table.times[3] == table.times[2]


def test_a_bare_trace_is_a_log_too() -> None:
    trace = PYTHON_TRACE.split("\n", 1)[1]
    table = table_of(trace)
    assert math.isnan(table.times[0])
    assert table.line_count == trace.count("\n")


def test_lines_of_compose_name_their_service() -> None:
    lines = ("web_1  | GET / 200", "db_1   | 2026-03-01 08:15:02.001 UTC [1] LOG:  ready") * 3
    table = table_of("\n".join(lines))
    assert table.source_names == ("web_1", "db_1")
    assert table.head(1)[2:4] == ("LOG", "db_1")


def test_the_rows_of_a_table_are_the_lines_of_the_text() -> None:
    text = busy_python(30_000)
    table = table_of(text)
    assert table.line_count == text.count("\n")
    for row in (0, 1, 15_003, table.line_count - 1):
        assert table.line(row) == text.split("\n")[row]
    assert table.row_at(text.index("Traceback")) == 15_001


def test_dates_of_all_writings_are_the_same_day() -> None:
    writings = (
        "2026-03-01 08:15:02", "2026-03-01T08:15:02.000Z", "01/Mar/2026:08:15:02 +0530",
        "Sun Mar 01 08:15:02 2026", "26/03/01 08:15:02", "20260301-8:15:2:000",
        "Mar 01, 2026 08:15:02 AM", "01 Mar 2026 08:15:02.000",
    )  # fmt: skip
    assert {usual(writing) for writing in writings} == {usual(writings[0])}


def test_hours_after_noon_may_be_written_with_pm() -> None:
    assert usual("Mar 01, 2026 08:15:02 PM") == usual("2026-03-01 20:15:02")
    assert usual("Mar 01, 2026 12:15:02 AM") == usual("2026-03-01 00:15:02")
