"""The headings of a result: names of columns as a reader says them, not as the library writes."""

from collections.abc import Mapping, Sequence
from typing import Any

Node = Mapping[str, Any]

COUNTED = "count_star()"
WORDS = {"avg": "average", "mean": "average"}


def headings(parsed: Node, written: Sequence[str]) -> list[str]:
    """One for each column; `written` are the library's names, `parsed` is the statement."""
    items = _items(parsed)
    if len(items) != len(written) or any(item.get("class") == "STAR" for item in items):
        items = [{}] * len(written)
    return [_heading(item, name) for item, name in zip(items, written, strict=True)]


def _items(parsed: Node) -> Sequence[Node]:
    """Return what the statement selects; nothing where it puts several selections together."""
    statements = parsed.get("statements") or [{}]
    items: Sequence[Node] = statements[0].get("node", {}).get("select_list") or ()
    return items


def _heading(item: Node, written: str) -> str:
    if item.get("alias"):
        return written
    if written == COUNTED:
        return "count"
    told = _function(_unwrapped(item))
    return told or written.replace(COUNTED, "count(*)")


def _unwrapped(item: Node) -> Node:
    """Look through roundings and casts."""
    while True:
        if item.get("class") == "CAST":
            item = item["child"]
        elif item.get("function_name") == "round":
            item = item["arguments"][0]["expression"]
        else:
            return item


def _function(item: Node) -> str | None:
    """`sum of depth` for a function of one column."""
    name = item.get("function_name")
    if name == "count_star":
        return "count"
    inner = [argument["expression"] for argument in item.get("arguments", ())]
    if not name or item.get("is_operator") or len(inner) != 1 or "column_names" not in inner[0]:
        return None
    distinct = "distinct " if item.get("distinct") else ""
    return f"{WORDS.get(name, name)} of {distinct}{inner[0]['column_names'][-1]}"
