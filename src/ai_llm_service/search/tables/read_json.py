"""Rows out of JSON: a list of records, one record a line, or such a list within an object."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ai_llm_service.search.tables.raw import NotATable, RawTable, Row

MAX_COLUMNS = 2000
# Whole JSON takes about ten times its size in memory to parse.
MAX_WHOLE_BYTES = 64 * 1024 * 1024
LEAST_RECORDS = 1


def json_tables(path: Path, label: str) -> list[RawTable]:
    """Return the tables of a JSON file, or raise NotATable."""
    names = _line_names(path)
    if names is not None:
        rows = (_row(record, names) for record in _line_records(path))
        return [RawTable(label, rows, names=tuple(names))]
    if path.stat().st_size > MAX_WHOLE_BYTES:
        raise NotATable
    try:
        value = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise NotATable from error
    if _is_records(value):
        return [_table(value, label)]
    if isinstance(value, dict):
        named = [(key, part) for key, part in value.items() if _is_records(part)]
        if named:
            return [_table(part, key) for key, part in named]
    raise NotATable


def _is_records(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) >= LEAST_RECORDS
        and all(isinstance(item, dict) for item in value)
    )


def _table(records: list[dict[str, Any]], label: str) -> RawTable:
    names = _names(records)
    return RawTable(label, (_row(record, names) for record in records), names=tuple(names))


def _line_names(path: Path) -> list[str] | None:
    """All fields of a file with one record a line; None when it is something else."""
    names: dict[str, None] = {}
    count = 0
    try:
        for record in _line_records(path):
            names.update(dict.fromkeys(_flat(record)))
            count += 1
            if len(names) > MAX_COLUMNS:
                return None
    except (ValueError, RecursionError, NotATable):
        return None
    return list(names) if count > 1 else None


def _line_records(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        for line in file:
            if not line.strip():
                continue
            record = json.loads(line)
            if not isinstance(record, dict):
                raise NotATable
            yield record


def _names(records: Iterable[dict[str, Any]]) -> list[str]:
    names: dict[str, None] = {}
    for record in records:
        names.update(dict.fromkeys(_flat(record)))
        if len(names) > MAX_COLUMNS:
            raise NotATable
    return list(names)


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """Write the fields of objects within a record as `outer.inner`, one level deep."""
    flat: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, dict) and value:
            flat.update({f"{key}.{inner}": part for inner, part in value.items()})
        else:
            flat[str(key)] = value
    return flat


def _row(record: dict[str, Any], names: Iterable[str]) -> Row:
    flat = _flat(record)
    return [_cell(flat.get(name)) for name in names]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
