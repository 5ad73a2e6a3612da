"""The command line: what is wrong is told in one sentence, with an exit code to act on."""

import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import ai_llm_service
from tests.service import ROOT, clean_environment, free_port

MAIN = str(ROOT / "main.py")
UP = ["-m", "ai_llm_service", "up"]
WORKER = ["-m", "ai_llm_service", "worker"]
CELERY = ["-m", "celery", "-A", "main.celery", "worker"]
NOBODY = "postgresql://user:password@127.0.0.1:1/nothing"


def run(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return start(folder, ["-m", "ai_llm_service", *words], **environment)


def start(folder: Path, command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=clean_environment(**environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_version_is_told(tmp_path: Path) -> None:
    assert run(tmp_path, "version").stdout == f"{ai_llm_service.__version__}\n"


@pytest.mark.parametrize("command", ["up", "worker"])
def test_a_wrong_setting_ends_with_2(command: str, tmp_path: Path) -> None:
    done = run(tmp_path, command, PORT="abc")
    assert done.stderr == "PORT='abc' is not accepted: give a whole number from 1 to 65535.\n"
    assert done.stdout == ""
    assert done.returncode == 2


def test_a_taken_port_ends_with_1(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        done = run(tmp_path, "up", "--port", port)
    assert done.stderr.startswith(f"Port {port} is in use: ")
    assert done.stderr.count("\n") == 1
    assert done.returncode == 1


def test_the_command_has_its_own_name(tmp_path: Path) -> None:
    assert "Usage: ai-llm-service " in run(tmp_path, "--help").stdout


def test_the_api_alone_says_that_its_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        done = start(tmp_path, [MAIN], PORT=port)
    assert done.stderr.startswith(f"Port {port} is in use: ")
    assert "PORT" in done.stderr
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


@pytest.mark.parametrize(
    ("command", "variable", "value", "code"),
    [
        (UP, "DATABASE_URL", NOBODY, 1),
        (UP, "CHAT_MODEL", "unknown:x", 2),
        (WORKER, "DATABASE_URL", NOBODY, 1),
        (CELERY, "CHAT_MODEL", "unknown:x", 2),
        ([MAIN], "DATABASE_URL", NOBODY, 1),
        ([MAIN], "CHAT_MODEL", "unknown:x", 2),
    ],
    ids=["up-1", "up-2", "worker", "celery", "api-1", "api-2"],
)
def test_what_no_part_can_work_with_is_told_once(
    tmp_path: Path, command: list[str], variable: str, value: str, code: int
) -> None:
    folder = ROOT if "celery" in command else tmp_path
    given = {"PORT": str(free_port()), "DATA_DIR": str(tmp_path / "data"), variable: value}
    done = start(folder, command, **given)
    assert variable in done.stderr
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (code, 1, "")


def test_the_api_says_where_it_is_and_leaves_when_asked(
    tmp_path: Path, runtime_folder: Path
) -> None:
    port = str(free_port())
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, MAIN],
            cwd=tmp_path,
            env=clean_environment(PORT=port),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout is not None
    told = "".join(iter(process.stdout.readline, "  stop     Ctrl-C\n"))
    assert f"http://127.0.0.1:{port}/docs" in told
    assert "key      in data/api-key" in told
    made = [path for path in (tmp_path / "data").rglob("*") if not path.is_symlink()]
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in made} == {0}
    runtime = Path((tmp_path / "data" / "broker" / "runtime-folder").read_text("utf-8"))
    assert runtime.parent == runtime_folder
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert not runtime.exists()
    assert "Traceback" not in (tmp_path / "log").read_text("utf-8")


def test_a_key_is_shown_once_and_can_be_revoked(tmp_path: Path) -> None:
    key = run(tmp_path, "keys", "create", "--tenant", "Anna", "--name", "laptop").stdout.strip()
    secret = key.rpartition("_")[2]
    listed = run(tmp_path, "keys", "list").stdout
    assert secret not in listed
    key_id = key.removeprefix("als_").partition("_")[0]
    assert listed.split("\t")[:3] == [key_id, "Anna", "laptop"]
    assert listed.count("\n") == 1
    assert run(tmp_path, "keys", "revoke", key_id).returncode == 0
    again = run(tmp_path, "keys", "revoke", key_id)
    assert again.returncode == 1
    assert again.stderr.count("\n") == 1


def test_a_webhook_secret_is_made_for_a_tenant_that_exists(tmp_path: Path) -> None:
    missing = run(tmp_path, "webhooks", "secret", "--tenant", "Anna")
    assert (missing.returncode, missing.stdout) == (1, "")
    run(tmp_path, "keys", "create", "--tenant", "Anna")
    first = run(tmp_path, "webhooks", "secret", "--tenant", "Anna")
    assert first.stdout.startswith("whsec_")
    second = run(tmp_path, "webhooks", "secret", "--tenant", "Anna")
    assert second.stdout != first.stdout
    assert "old one signs too" in second.stderr
