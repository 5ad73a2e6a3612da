"""A log of any length is told in one prompt: its errors, its ends, what repeated, by its lines."""

import pytest

from ai_llm_service.search.logs.digest import DIGEST_TOKENS, Digest, digest
from ai_llm_service.search.logs.drain import Drain
from ai_llm_service.search.logs.stats import kinds
from ai_llm_service.search.logs.table import LogTable, read_table
from ai_llm_service.search.logs.traces import root_line
from ai_llm_service.text import estimate_tokens
from tests.log_lines import JAVA_TRACE, NODE_TRACE, PYTHON_TRACE, busy_python

TIMES = "2026-03-01 08:15:02,001"


def table_of(text: str) -> LogTable:
    table = read_table(text)
    assert table is not None
    return table


def shown(table: LogTable, told: Digest) -> str:
    return "\n".join(
        f"{entry.note}\n{table.text[entry.start : entry.end]}" for entry in told.entries
    )


def many_errors(kinds_of_error: int) -> str:
    """Each kind of error three times among quiet lines; its words differ from all others'."""
    name = "".join
    letters = "abcdefghijklmnopqrstuvwxyz"
    lines = []
    for number in range(kinds_of_error):
        word = name(letters[number // 26**power % 26] for power in range(3))
        lines += [
            f"{TIMES} ERROR [main] shop.Cart: {word} {word}ing broke at {n}" for n in range(3)
        ]
        lines += [f"{TIMES} INFO [main] shop.Cart: order {n} came" for n in range(9)]
    return "\n".join(lines) + "\n"


def test_messages_of_one_kind_share_a_template() -> None:
    drain = Drain()
    numbers = [drain.add(f"Order {n} of {name} came in") for n in range(9) for name in ("Al", "Bo")]
    assert set(numbers) == {0}
    assert drain.templates == ["Order <*> of <*> came in"]
    assert drain.add("The cart is empty") == 1


def test_messages_of_two_levels_never_share_a_template() -> None:
    drain = Drain()
    assert drain.add("Order 7 came in", 0) != drain.add("Order 8 came in", 1)


@pytest.mark.parametrize(
    ("trace", "root"),
    [
        (PYTHON_TRACE, "KeyError: 'pear'"),
        (JAVA_TRACE, "Caused by: java.sql.SQLException: no table prices"),
        (NODE_TRACE, "TypeError: Cannot read properties of undefined (reading 'price')"),
    ],
)
def test_the_root_of_a_trace_is_where_it_began(trace: str, root: str) -> None:
    lines = trace.rstrip("\n").split("\n")
    found = root_line(lines)
    assert found is not None
    assert lines[found] == root


def test_counts_and_ends_of_each_kind_are_those_of_all_lines() -> None:
    table = table_of(busy_python(2000))
    usual = max(kinds(table), key=lambda kind: kind.count)
    assert (usual.count, usual.first, usual.last, usual.level) == (2000, 0, 2011, "INFO")


def test_a_digest_tells_the_failure_its_root_and_the_end() -> None:
    table = table_of(busy_python(2000))
    told = shown(table, digest(table))
    for part in (
        "log of 2,013 lines in 2,002 records",
        "first error, line 1001, 08:15:04",
        "root error in line 1005: KeyError: 'pear'",
        "INFO, 2,000 times in lines 1–2012, 08:00:00 to 08:33:19",
        "durations up to 0.049 s (line 50)",
        "the last entry, line 2013, 08:33:20",
        "Giving up",
    ):
        assert part in told


def test_a_trace_stays_whole() -> None:
    table = table_of(busy_python(2000))
    assert PYTHON_TRACE.rstrip("\n") in shown(table, digest(table))


def test_each_entry_is_a_range_of_whole_lines() -> None:
    text = busy_python(2000)
    for entry in digest(table_of(text)).entries:
        assert entry.start == 0 or text[entry.start - 1] == "\n"
        assert text[entry.end] == "\n"


@pytest.mark.parametrize("errors", [0, 1, 40])
def test_every_kind_of_error_has_its_line(errors: int) -> None:
    table = table_of(many_errors(errors) + f"{TIMES} INFO [main] shop.Cart: order 1 came\n" * 3)
    made = digest(table)
    assert made.left_out == 0
    grave = [kind for kind in kinds(table) if kind.level == "ERROR"]
    assert len(grave) == errors
    told = shown(table, made)
    assert all(table.line(kind.first) in told for kind in grave)


@pytest.mark.parametrize("budget", [600, 1500, DIGEST_TOKENS])
def test_a_digest_keeps_its_budget_and_says_what_had_no_room(budget: int) -> None:
    table = table_of(many_errors(300))
    made = digest(table, budget)
    told = "\n".join(
        f"{entry.note}\n{table.text[entry.start : entry.end]}" for entry in made.entries
    )
    assert estimate_tokens(told) <= budget
    assert made.left_out > 0


def test_failures_of_a_log_without_levels_are_known_by_their_words() -> None:
    lines = [f"Mar  1 08:15:0{n % 10} web1 cron[{n}]: job {n} done, 0 errors" for n in range(40)]
    lines[20] = "Mar  1 08:15:03 web1 cron[7]: job 20 failed: disk is full"
    table = table_of("\n".join(lines))
    assert "first error, line 21" in shown(table, digest(table))


def test_the_longest_pause_is_told() -> None:
    lines = [f"2026-03-01 08:{n:02}:00 INFO [main] shop.Cart: order {n} came" for n in range(30)]
    lines += [f"2026-03-01 09:{n:02}:00 INFO [main] shop.Cart: order {n} came" for n in range(30)]
    table = table_of("\n".join(lines))
    assert "pause of 31 min after line 30" in shown(table, digest(table))
