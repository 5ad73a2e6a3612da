"""Killed at each write and after each call, the hosting loses, repeats and leaves nothing."""

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ai_llm_service.store.crash_points import MARKER, POINT
from ai_llm_service.store.database import Database
from tests.hosted.driver import NAMES, file_store, hosting
from tests.hosted.test_hosting import CONTENTS
from tests.hosted.vendor import HostedVendor
from tests.service import ROOT, clean_environment

SEARCH = ROOT / "src" / "ai_llm_service" / "search"
SOURCES = [SEARCH / "hosting.py", SEARCH / "unhosting.py"]
# These need a provider that has lost something; tests/hosted/test_hosting.py makes it lose that.
AFTER_A_LOSS = {"hosted.lose_store", "hosted.lose_file"}
CALLS = {
    "host": ["make_store", "upload", "attach", "indexing"],
    "remove": ["remove_store", "remove_file"],
}


def named_writes() -> set[str]:
    trees = [ast.parse(source.read_text()) for source in SOURCES]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {
        str(call.args[0].value)  # type: ignore[attr-defined]
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "transaction"
    }


WRITES = sorted(named_writes() - AFTER_A_LOSS)
POINTS = [
    *((f"{name}:{when}") for name in WRITES for when in ("before", "after")),
    *(f"provider.{call}:after" for calls in CALLS.values() for call in calls),
]


def drive(order: str, point: str | None, tmp_path: Path, database_url: str, url: str) -> bool:
    """Run the order to its end, or to the crash; whether the crash came."""
    marker = tmp_path / "crashed"
    crash = {POINT: point, MARKER: str(marker)} if point else {}
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-m", "tests.hosted.driver", order, database_url, str(tmp_path), url],
        env={**clean_environment(**crash), "PYTHONPATH": path},
        timeout=60,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr
    return done.returncode != 0


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgres", marks=pytest.mark.campaign)], indirect=True
)
def test_after_a_crash_there_nothing_is_uploaded_twice_and_nothing_is_left(
    point: str, database: Database, database_url: str, tmp_path: Path
) -> None:
    file_store(tmp_path, CONTENTS)
    with HostedVendor() as vendor:
        crashed = drive("host", point, tmp_path, database_url, vendor.url)
        if crashed:
            assert not drive("host", None, tmp_path, database_url, vendor.url)
        assert len(vendor.files) == len(NAMES)
        assert len(vendor.stores) == 1
        assert vendor.count("POST", "/files") == len(NAMES)
        assert vendor.count("POST", "/vector_stores") == 1
        crashed_later = drive(
            "remove", None if crashed else point, tmp_path, database_url, vendor.url
        )
        assert crashed or crashed_later, f"{point} was not reached"
        if crashed_later:
            drive("remove", None, tmp_path, database_url, vendor.url)
        assert (vendor.files, vendor.stores) == ({}, {})
        own, parts = hosting(database_url, tmp_path, vendor.url)
        with own.snapshot() as store:
            assert store.hosted.known_sessions() == set()
        parts.remove_orphans()
        own.close()
