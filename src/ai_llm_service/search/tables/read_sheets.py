"""Rows out of the sheets of a workbook: xlsx, xls, xlsb and ods."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from ai_llm_service.search.tables.raw import NotATable, RawTable, Row


def sheet_tables(path: Path) -> list[RawTable]:
    """Return one table for each sheet that has cells."""
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        names = workbook.sheet_names
    except (CalamineError, OSError) as error:
        raise NotATable from error
    return [RawTable(name, _rows(workbook, name), sheet=name) for name in names]


def _rows(workbook: CalamineWorkbook, name: str) -> Iterator[Row]:
    for row in workbook.get_sheet_by_name(name).iter_rows():
        yield [_cell(value) for value in row]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
    return str(value)
