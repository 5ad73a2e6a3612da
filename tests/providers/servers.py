"""Servers of OpenAI's wire that others wrote, started for the tests where they are installed."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.service import ROOT, free_port

AIMOCK = ROOT / "tests" / "aimock" / "node_modules" / ".bin" / "llmock"
OGX = ROOT / "tests" / "ogx"
START_SECONDS = 90

needs_aimock = pytest.mark.skipif(
    shutil.which("node") is None or not AIMOCK.exists(),
    reason="aimock is not installed: have Node 20 and run `npm ci` in tests/aimock",
)
needs_ogx = pytest.mark.skipif(
    not (OGX / ".venv" / ".made").exists(),
    reason="OGX is not installed: have Python 3.12 or 3.13 and run tests/ogx/install",
)


@contextmanager
def aimock(folder: Path, fixtures: list[dict[str, Any]]) -> Iterator[str]:
    """The address of a running aimock that answers by these fixtures."""
    file = folder / "fixtures.json"
    file.write_text(json.dumps({"fixtures": fixtures}), "utf-8")
    port = free_port()
    command = [str(AIMOCK), "-p", str(port), "-f", str(file)]
    with _running(command, f"http://127.0.0.1:{port}", folder / "aimock.log", {}) as url:
        yield url


@contextmanager
def ogx(folder: Path, model_url: str) -> Iterator[str]:
    """The address of a running OGX whose models are at another server."""
    port = free_port()
    command = [
        *(str(OGX / ".venv" / "bin" / "ogx"), "run", str(OGX / "stack.yaml")),
        *("--port", str(port), "--insecure"),
    ]
    settings = {
        "MODEL_URL": f"{model_url}/v1",
        "OGX_DATA": str(folder),
        "HOME": str(folder),
        "TIKTOKEN_CACHE_DIR": str(OGX / ".words"),
        # In its other form one error takes it many seconds to print, in which it does nothing else.
        "OGX_LOG_FORMAT": "json",
        "OGX_DISABLE_VERSION_CHECK": "1",
    }
    with _running(command, f"http://127.0.0.1:{port}", folder / "ogx.log", settings) as url:
        yield url


@contextmanager
def _running(command: list[str], url: str, log: Path, settings: Mapping[str, str]) -> Iterator[str]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(log.parent), **settings}
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env=environment, stdout=output, stderr=output) as process,
    ):
        try:
            _wait_until_up(url, process, log)
            yield url
        finally:
            process.terminate()


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up_at = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up_at and process.poll() is None:
        try:
            httpx2.get(f"{url}/v1/models", timeout=5)
        except httpx2.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the server did not start: {log.read_text('utf-8')[-2000:]}")
