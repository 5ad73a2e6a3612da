"""No statement reaches a file, the network or a setting, and none ends more than itself."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ai_llm_service.search.tables.sandbox import RunLimits, Sandbox, StatementFailed, View
from ai_llm_service.search.tables.workshop import TABLES_FILE, BuildLimits, TableWorkshop
from tests.hostile_statements import EXHAUSTING, REFUSED

ROWS = 300
UNJUDGED = (
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM glob('/etc/*')",
    "COPY wells TO '/tmp/hostile.csv'",
    "ATTACH '/tmp/hostile.db'",
    "SET enable_external_access = true",
    "LOAD httpfs",
)
# What the statements would leave in the folder for temporary files.
WRITTEN = ("hostile.csv", "hostile.db", "hostile", "h")
WITHOUT_JUDGE = """
import json, sys
from ai_llm_service.search.tables import run
run.judge = lambda parsed, tables: None
run._parsed = lambda connection, statement: {"statements": [{"node": {}}]}
print(json.dumps(run.run(run.connected(), json.loads(sys.argv[1]))))
"""
HARMLESS = "SELECT count(*) FROM wells"


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return Sandbox(RunLimits(seconds=2, memory_mb=128, processes=1))


@pytest.fixture(scope="module")
def wells(tmp_path_factory: pytest.TempPathFactory) -> View:
    folder = tmp_path_factory.mktemp("wells")
    path = folder / "file"
    path.write_text("village,flow\n" + "".join(f"V{n},{n}.5\n" for n in range(ROWS)), "utf-8")
    TableWorkshop(BuildLimits()).build(path, folder, "text/csv", "wells.csv")
    return View("wells", folder / TABLES_FILE, 1)


def test_there_are_two_hundred_of_them() -> None:
    assert len(set(REFUSED) | set(EXHAUSTING)) >= 200


def test_none_of_them_gets_through(sandbox: Sandbox, wells: View, tmp_path: Path) -> None:
    got_through = []
    for statement in REFUSED:
        try:
            result = sandbox.run(statement, [wells])
        except StatementFailed:
            continue
        got_through.append((statement[:80], result.rows[:1]))
    assert got_through == []
    assert not any(Path("/tmp", name).exists() for name in WRITTEN)  # noqa: S108
    assert sandbox.run(HARMLESS, [wells]).rows == ((ROWS,),)


@pytest.mark.parametrize("statement", EXHAUSTING, ids=range(len(EXHAUSTING)))
def test_none_of_them_takes_more_than_it_may(sandbox: Sandbox, wells: View, statement: str) -> None:
    with pytest.raises(StatementFailed, match=r"(too long|more memory|more than|too large)"):
        sandbox.run(statement, [wells])
    assert sandbox.run(HARMLESS, [wells]).rows == ((ROWS,),)


def test_no_error_tells_of_this_machine(sandbox: Sandbox, wells: View) -> None:
    for statement in REFUSED:
        with pytest.raises(StatementFailed) as failed:
            sandbox.run(statement, [wells])
        said = str(failed.value).replace(statement, "")
        assert not re.search(r"/(?:work|root|home|usr)\b|Traceback", said), statement


def test_a_second_wall_stands_behind_the_judge(wells: View) -> None:
    """What the judge let through by a mistake would still find no file and no setting."""
    order = {
        "files": [str(wells.file)],
        "views": [{"name": "wells", "file": 0, "number": 1}],
        "seconds": 5,
        "memory_mb": 128,
    }
    for statement in UNJUDGED:
        told = subprocess.run(
            [sys.executable, "-c", WITHOUT_JUDGE, json.dumps(order | {"statement": statement})],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "failed" in json.loads(told.stdout), statement
