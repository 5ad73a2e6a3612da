"""Questions of counts and times, computed over all lines of a log."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ai_llm_service.search.logs.choose import Rows, rows_of
from ai_llm_service.search.logs.clock import duration_text
from ai_llm_service.search.logs.columns import values_of
from ai_llm_service.search.logs.question import MAX_GROUPS, Column, LogQuestion, Measure
from ai_llm_service.search.logs.table import LogTable

Cell = str | int | float | None
MAX_ROWS = 100
MAX_CITED, MAX_TOLD, MAX_TIES = 5, 24, 3


@dataclass(frozen=True, slots=True)
class Figures:
    """The result of a computation. `value` is what was asked; `cited` are rows of the log.

    `told` is the value as it is said, `detail` what leads over to what it is of.
    """

    value: str
    told: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    row_count: int
    cited: tuple[int, ...] = ()
    detail: str = ""


def compute(table: LogTable, question: LogQuestion) -> Figures | None:
    """What the question asks; None where the log does not have what it takes."""
    rows = rows_of(table, question)
    return _MEASURES[question.measure](table, question, rows)


def _count(_table: LogTable, _question: LogQuestion, rows: Rows) -> Figures:
    count = len(rows)
    return Figures(str(count), f"{count}", ("count",), ((count,),), 1, _ends(rows))


def _exists(table: LogTable, question: LogQuestion, rows: Rows) -> Figures:
    word = "Yes" if len(rows) else "No"
    counted = _count(table, question, rows)
    return replace(counted, value=word, told=word, detail=f"{len(rows)}")


def _share(table: LogTable, question: LogQuestion, rows: Rows) -> Figures:
    bare = LogQuestion(Measure.COUNT, window=question.window)
    total = len(rows_of(table, bare)) if not question.texts else table.line_count
    share = 100 * len(rows) / total if total else 0.0
    value = f"{share:.1f} %"
    row = (round(share, 2), len(rows), total)
    columns, detail = ("percent", "count", "total"), f"{len(rows)} of {total}:"
    return Figures(value, value, columns, (row,), 1, _ends(rows), detail)


def _distinct(table: LogTable, question: LogQuestion, rows: Rows) -> Figures | None:
    values = values_of(table, question.column, rows)
    if values is None:
        return None
    counts = Counter(value for _, value in values)
    ranked = counts.most_common(MAX_ROWS)
    return Figures(
        str(len(counts)),
        f"{len(counts)}",
        ("count",),
        ((len(counts),),),
        1,
        _first_with(values, [value for value, _ in ranked[:3]]),
    )


def _top(table: LogTable, question: LogQuestion, rows: Rows) -> Figures | None:
    values = values_of(table, question.column, rows)
    if not values:
        return None
    counts = Counter(value for _, value in values)
    ranked = counts.most_common(min(question.limit, MAX_GROUPS))
    first, count = ranked[0]
    ties = [value for value, often in counts.items() if often == count and value != first]
    told, detail = first, f"{count} of the"
    if question.limit > 1:
        told, detail = "; ".join(f"{value}: {often}" for value, often in ranked), "of the"
    elif ties:
        detail = f"as often as {', '.join(ties[:MAX_TIES])}; {detail}"
    cited = _first_with(values, [value for value, _ in ranked[:MAX_CITED]])
    columns = (question.column.value, "count")
    return Figures(first, told, columns, tuple(ranked), len(counts), cited, detail)


def _group(table: LogTable, question: LogQuestion, rows: Rows) -> Figures | None:
    values = values_of(table, question.column, rows)
    if not values:
        return None
    counts = Counter(value for _, value in values)
    is_time = question.column in {Column.HOUR, Column.MINUTE, Column.DAY}
    ranked = sorted(counts.items()) if is_time else counts.most_common()
    shown = ranked[:MAX_GROUPS]
    told = "; ".join(f"{value}: {often}" for value, often in shown[:MAX_TOLD])
    told += f"; and {len(ranked) - MAX_TOLD} more" if len(ranked) > MAX_TOLD else ""
    cited = _first_with(values, [value for value, _ in shown[:MAX_CITED]])
    columns = (question.column.value, "count")
    return Figures(told, told, columns, tuple(shown), len(ranked), cited)


def _at_end(place: int) -> Callable[[LogTable, LogQuestion, Rows], Figures | None]:
    def at_end(table: LogTable, question: LogQuestion, rows: Rows) -> Figures | None:
        if not len(rows):
            return None
        row = _at(table, question, rows, place)
        time, text = table.time_text(row), table.line(row).strip()
        if question.asks_time and not time:
            return None
        told = time if question.asks_time else text
        columns = ("time", "line", "text") if question.asks_time else ("text", "line", "time")
        cells = (time, row + 1, text) if question.asks_time else (text, row + 1, time)
        detail = f"line {row + 1}"
        return Figures(str(cells[0]), told, columns, (cells,), 1, (row,), detail)

    return at_end


def _at(table: LogTable, question: LogQuestion, rows: Rows, place: int) -> int:
    """The first or last line where lines are asked for, else the first or last in time."""
    times = table.times[rows]
    if question.is_of_lines or np.isnan(times).all():
        return int(rows[place])
    end = np.nanmin(times) if place == 0 else np.nanmax(times)
    return int(rows[times == end][place])


def _when(table: LogTable, question: LogQuestion, rows: Rows) -> Figures | None:
    """One time, or the first and the last of several."""
    first = _at_end(0)(table, question, rows)
    last = _at_end(-1)(table, question, rows)
    if first is None or last is None or len(rows) == 1:
        return first
    told = tuple((table.time_text(int(row)), int(row) + 1) for row in rows[:MAX_ROWS])
    ends = f"{len(rows)} times, first {first.value}, last {last.value}"
    return Figures(first.value, ends, ("time", "line"), told, len(rows), _ends(rows))


def _duration(table: LogTable, _question: LogQuestion, rows: Rows) -> Figures | None:
    timed = rows[~np.isnan(table.times[rows])]
    if len(timed) < 2:
        return None
    times = table.times[timed]
    first, last = int(timed[np.argmin(times)]), int(timed[np.argmax(times)])
    seconds = float(table.times[last] - table.times[first])
    value = duration_text(seconds)
    start, end = table.time_text(first), table.time_text(last)
    row = (round(seconds, 3), start, end)
    columns, detail = ("seconds", "first", "last"), f"from {start} to {end}:"
    return Figures(value, value, columns, (row,), 1, (first, last), detail)


def _list(table: LogTable, _question: LogQuestion, rows: Rows) -> Figures | None:
    if not len(rows):
        return None
    told = [_told(table, int(row)) for row in rows[:MAX_ROWS]]
    first = "; ".join(f"line {line[0]}: {line[4]}" for line in told[:MAX_CITED])
    more = f"; and {len(rows) - MAX_CITED} more" if len(rows) > MAX_CITED else ""
    columns = ("line", "time", "level", "component", "text")
    cited = tuple(int(row) for row in rows[:MAX_CITED])
    return Figures(f"{len(rows)}", f"{first}{more}", columns, tuple(told), len(rows), cited)


def _told(table: LogTable, row: int) -> tuple[Cell, ...]:
    """A line as a row of a result."""
    time, _, level, source, message = table.head(int(table.records[row]))
    text = message if table.records[row] == row else table.line(row)
    return row + 1, time, level, source, text


_MEASURES: dict[Measure, Callable[[LogTable, LogQuestion, Rows], Figures | None]] = {
    Measure.COUNT: _count,
    Measure.EXISTS: _exists,
    Measure.SHARE: _share,
    Measure.DISTINCT: _distinct,
    Measure.TOP: _top,
    Measure.GROUP: _group,
    Measure.FIRST: _at_end(0),
    Measure.LAST: _at_end(-1),
    Measure.WHEN: _when,
    Measure.DURATION: _duration,
    Measure.LIST: _list,
}


def _ends(rows: Rows) -> tuple[int, ...]:
    """The first and the last row."""
    return tuple(dict.fromkeys(int(rows[place]) for place in (0, -1))) if len(rows) else ()


def _first_with(values: Iterable[tuple[int, str]], wanted: Sequence[str]) -> tuple[int, ...]:
    """The first row of each of these values."""
    firsts: dict[str, int] = {}
    for row, value in values:
        firsts.setdefault(value, row)
    return tuple(firsts[value] for value in wanted)
