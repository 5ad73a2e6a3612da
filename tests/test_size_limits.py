"""Files, functions and nesting stay small, here as in the style guide."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 40
MAX_NESTING = 3

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)
FOLDERS = ("src", "tests", "demo")
FILES = [
    ROOT / "main.py",
    *sorted(
        file
        for folder in FOLDERS
        for file in (ROOT / folder).rglob("*.py")
        if "versions" not in file.parts  # a migration is a record, as Alembic writes it
        and not any(part.startswith(".") for part in file.relative_to(ROOT).parts)  # others' code
    ),
]


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, FUNCTIONS))


def line_count(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def nesting(node: ast.AST) -> int:
    """How many blocks stand inside each other; `elif` is no deeper than its `if`."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, FUNCTIONS):
            continue
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        own = int(isinstance(child, BLOCKS) and not is_elif)
        deepest = max(deepest, own + nesting(child))
    return deepest


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_file_is_small_inside_and_out(file: Path) -> None:
    text = file.read_text("utf-8")
    assert len(text.splitlines()) <= MAX_FILE_LINES
    for function in functions(ast.parse(text)):
        assert line_count(function) <= MAX_FUNCTION_LINES, function.name
        assert nesting(function) <= MAX_NESTING, function.name


@pytest.mark.parametrize(
    ("code", "depth"),
    [
        ("def f():\n    pass", 0),
        ("def f():\n    if a:\n        for b in c:\n            pass", 2),
        ("def f():\n    if a: pass\n    elif b: pass\n    elif c: pass\n    else: pass", 1),
        ("def f():\n    try:\n        with a:\n            while b: pass\n    finally: pass", 3),
        ("def f():\n    if a:\n        def g():\n            if b: pass\n", 1),
    ],
)  # fmt: skip
def test_nesting_is_counted_as_a_reader_sees_it(code: str, depth: int) -> None:
    assert nesting(next(functions(ast.parse(code)))) == depth
