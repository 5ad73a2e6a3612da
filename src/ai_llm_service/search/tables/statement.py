"""Which statements may run: one SELECT over the tables that are there, of known functions alone.

The statement is judged as DuckDB's own parser reads it, so that what is judged is what runs.
"""

from collections.abc import Iterator
from typing import Any

from ai_llm_service.search.tables.functions import ALLOWED_FUNCTIONS

MAX_STATEMENT_CHARACTERS = 20_000
MAX_NODES = 20_000

Node = dict[str, Any]

QUERY_NODES = frozenset(("SELECT_NODE", "SET_OPERATION_NODE", "CTE_NODE"))
TABLE_REFS = frozenset(("BASE_TABLE", "SUBQUERY", "JOIN", "EMPTY", "EXPRESSION_LIST", "EMPTY_FROM"))
EXPRESSIONS = frozenset(
    (
        "BETWEEN", "CASE", "CAST", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT",
        "FUNCTION", "LAMBDA", "OPERATOR", "POSITIONAL_REFERENCE", "STAR", "SUBQUERY", "WINDOW",
        "COLLATE", "TYPE",
    )
)  # fmt: skip


class StatementRefused(Exception):
    """The statement is not allowed, and why."""


def judge(parsed: Node, tables: set[str]) -> Node:
    """Return the one statement's node, or raise StatementRefused."""
    if parsed.get("error"):
        raise StatementRefused(str(parsed.get("error_message") or "it can't be parsed"))
    statements = parsed.get("statements", [])
    if len(statements) != 1:
        raise StatementRefused("only one statement may be run")
    if statements[0].get("named_param_map"):
        raise StatementRefused("it has parameters")
    root: Node = statements[0]["node"]
    named = set(_cte_names(root))
    if odd := [name for name in named if not name.replace("_", "a").isalnum()]:
        raise StatementRefused(f"{odd[0]} is no name for a part of a query")
    known = tables | named
    for node in _walk(root):
        _judge_node(node, {name.lower() for name in known})
    return root


def _walk(root: Any) -> Iterator[Node]:
    """All objects of the tree, without recursion: a hostile one may be deep."""
    waiting, count = [root], 0
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            count += 1
            if count > MAX_NODES:
                raise StatementRefused("it is too long")
            yield value
            waiting.extend(value.values())


def _cte_names(root: Node) -> Iterator[str]:
    for node in _walk(root):
        for entry in (node.get("cte_map") or {}).get("map", ()):
            yield str(entry["key"])
        if node.get("type") == "CTE_NODE":
            yield str(node.get("cte_name", ""))


def _judge_node(node: Node, tables: set[str]) -> None:
    kind, group = node.get("type"), node.get("class")
    if group is not None:
        _judge_expression(node, str(group))
    elif "table_name" in node or kind == "BASE_TABLE":
        _judge_table(node, tables)
    elif _is_unknown_source(node):
        raise StatementRefused(f"{_said(str(kind))} is not allowed")
    if node.get("sample"):
        raise StatementRefused("samples are not allowed: figures must be exact")


def _is_unknown_source(node: Node) -> bool:
    """Tell whether it is a query or a table of a kind that is not known to be harmless."""
    kind = str(node.get("type"))
    is_table = "sample" in node and "select_list" not in node
    return (kind.endswith("_NODE") or is_table) and kind not in QUERY_NODES | TABLE_REFS


def _judge_expression(node: Node, group: str) -> None:
    if group not in EXPRESSIONS:
        raise StatementRefused(f"{_said(group)} is not allowed")
    name = node.get("function_name")
    if name is not None and str(name).lower() not in ALLOWED_FUNCTIONS:
        raise StatementRefused(f"the function {name} is not allowed")
    if name is not None and (node.get("schema") or node.get("catalog")):
        raise StatementRefused("functions of a schema are not allowed")
    qualified = (node.get("qualified_name") or {}).get("path", [])
    if name is not None and len([part for part in qualified if part]) > 1:
        raise StatementRefused("functions of a schema are not allowed")


def _judge_table(node: Node, tables: set[str]) -> None:
    name = str(node.get("table_name", ""))
    path = (node.get("qualified_name") or {}).get("path", [name])
    if node.get("schema_name") or node.get("catalog_name") or len(path) > 1:
        raise StatementRefused("tables are named without a schema")
    if node.get("at_clause"):
        raise StatementRefused("AT is not allowed")
    if not name:
        raise StatementRefused("only tables and subqueries may be read")
    if name.lower() not in tables:
        raise StatementRefused(f"there is no table {name}")


def _said(kind: str) -> str:
    return kind.removesuffix("_NODE").replace("_", " ").lower()
