"""Which rows a result rests on: the same FROM and WHERE, asked for the numbers of the rows."""

import json
from typing import Any

from ai_llm_service.search.tables.functions import AGGREGATES

ROW = "_row"
MOST_ROWS = 200


def origin_of(parsed: dict[str, Any]) -> tuple[str, str] | None:
    """Return the table and the parsed statement for its rows; None where rows have many origins.

    Only a SELECT over one table is asked: of a join or a union the rows are not told.
    """
    node = parsed["statements"][0]["node"]
    source = node.get("from_table") or {}
    if node.get("type") != "SELECT_NODE" or source.get("type") != "BASE_TABLE":
        return None
    if (node.get("cte_map") or {}).get("map"):
        return None
    grouped = bool(node.get("group_expressions")) or node.get("having") is not None
    whole = grouped or _has_aggregate(node["select_list"])
    distinct = any(m.get("type") == "DISTINCT_MODIFIER" for m in node["modifiers"])
    asked = dict(node)
    asked["select_list"] = [_column(ROW)]
    asked["group_expressions"], asked["group_sets"], asked["having"] = [], [], None
    asked["qualify"] = None if whole else node.get("qualify")
    asked["modifiers"] = [_limit()] if whole or distinct else _bounded(node["modifiers"])
    copied = json.loads(json.dumps(parsed))
    copied["statements"][0]["node"] = asked
    return str(source["table_name"]), json.dumps(copied)


def _has_aggregate(value: Any) -> bool:
    if isinstance(value, list):
        return any(_has_aggregate(item) for item in value)
    if not isinstance(value, dict):
        return False
    # An aggregate within a subquery is none of this SELECT.
    if value.get("class") in {"SUBQUERY", "WINDOW"}:
        return False
    if value.get("function_name") in AGGREGATES:
        return True
    return any(_has_aggregate(item) for item in value.values())


def _bounded(modifiers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    has_limit = any(modifier.get("type") == "LIMIT_MODIFIER" for modifier in modifiers)
    # Positions and names of the select list mean nothing any more.
    kept = [m for m in modifiers if m.get("type") != "ORDER_MODIFIER" or _orders_by_columns(m)]
    return kept if has_limit else [*kept, _limit()]


def _orders_by_columns(modifier: dict[str, Any]) -> bool:
    return all(order["expression"].get("class") != "CONSTANT" for order in modifier["orders"])


def _column(name: str) -> dict[str, Any]:
    return {
        "class": "COLUMN_REF",
        "type": "COLUMN_REF",
        "alias": "",
        "query_location": 0,
        "column_names": [name],
    }


def _limit() -> dict[str, Any]:
    value = {"type": {"id": "INTEGER", "type_info": None}, "is_null": False, "value": MOST_ROWS + 1}
    constant = {
        "class": "CONSTANT",
        "type": "VALUE_CONSTANT",
        "alias": "",
        "query_location": 0,
        "value": value,
        "literal": {"kind": "INTEGER", "text": str(MOST_ROWS + 1)},
    }
    return {"type": "LIMIT_MODIFIER", "limit": constant, "offset": None, "limit_type": "ROW_COUNT"}
