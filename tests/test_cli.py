"""The command line: what is wrong is told in one sentence, with an exit code to act on."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import ai_llm_service

PACKAGE_PARENT = str(Path(ai_llm_service.__file__).parents[1])


def run(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ai_llm_service", *words],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": PACKAGE_PARENT, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_version_is_told(tmp_path: Path) -> None:
    assert run(tmp_path, "version").stdout == f"{ai_llm_service.__version__}\n"


@pytest.mark.parametrize("command", ["up", "api", "worker"])
def test_a_wrong_setting_ends_with_2(command: str, tmp_path: Path) -> None:
    done = run(tmp_path, command, PORT="abc")
    assert done.stderr == "PORT='abc' is not accepted: give a whole number from 1 to 65535.\n"
    assert done.stdout == ""
    assert done.returncode == 2


@pytest.mark.parametrize("command", ["up", "api"])
def test_a_taken_port_ends_with_1(command: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        done = run(tmp_path, command, "--port", port)
    assert done.stderr.startswith(f"Port {port} is in use: ")
    assert done.stderr.count("\n") == 1
    assert done.returncode == 1


def test_a_key_is_shown_once_and_can_be_revoked(tmp_path: Path) -> None:
    key = run(tmp_path, "keys", "create", "--tenant", "Anna", "--name", "laptop").stdout.strip()
    secret = key.rpartition("_")[2]
    listed = run(tmp_path, "keys", "list").stdout
    assert "Anna" in listed
    assert "laptop" in listed
    assert secret not in listed
    key_id = key.removeprefix("als_").partition("_")[0]
    assert run(tmp_path, "keys", "revoke", key_id).returncode == 0
    again = run(tmp_path, "keys", "revoke", key_id)
    assert again.returncode == 1
    assert again.stderr.count("\n") == 1
