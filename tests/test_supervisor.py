"""The tree of processes, with small parts in place of the worker and the API."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import ai_llm_service
from ai_llm_service.errors import CannotStart
from ai_llm_service.processes.supervisor import ensure_address_is_free, is_healthy

PACKAGE_PARENT = str(Path(ai_llm_service.__file__).parents[1])

# Tells its pid, and its end if it is asked politely. `deaf` does not react to SIGTERM.
PART = """
import os, signal, sys, time
from pathlib import Path
name, folder, kind = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
if kind.isdigit():
    sys.exit(int(kind))
def end(*_):
    with (folder / "ended").open("a") as file:
        file.write(name + " ")
    if kind != "deaf":
        sys.exit(0)
signal.signal(signal.SIGTERM, end)
(folder / f"{name}.draft").write_text(str(os.getpid()))
(folder / f"{name}.draft").replace(folder / f"{name}.pid")
while True:
    time.sleep(60)
"""

TREE = """
import json, sys
from pathlib import Path
from ai_llm_service.processes.broker import BrokerKeeper
from ai_llm_service.errors import ServiceError
from ai_llm_service.processes.supervisor import Part, run_tree
folder, part, kinds, grace = Path(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]), sys.argv[4]
parts = [
    Part(name, (sys.executable, "-c", part, name, str(folder), kind), float(grace))
    for name, kind in kinds.items()
]
try:
    sys.exit(run_tree(
        parts,
        data_dir=folder / "data",
        broker=BrokerKeeper(folder / "data"),
        is_ready=lambda: all((folder / f"{name}.pid").exists() for name in kinds),
        announce=lambda: print("ready", flush=True),
    ))
except ServiceError as error:
    sys.exit(error.message)
"""


@contextmanager
def tree(
    folder: Path, *, wait: bool = True, grace: float = 30, **kinds: str
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", TREE, str(folder), PART, json.dumps(kinds), str(grace)],
        env={**os.environ, "PYTHONPATH": PACKAGE_PARENT},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background ignores it, and what is ignored is inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    try:
        assert process.stdout is not None
        if wait:
            # The log goes the same way until logging is configured.
            assert any(line == "ready\n" for line in process.stdout)
        yield process
    finally:
        process.kill()
        process.communicate()


def eventually(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.05)


def pid_of(folder: Path, name: str) -> int:
    return int((folder / f"{name}.pid").read_text("ascii"))


def broker_pid(folder: Path) -> int:
    return int((folder / "data" / "broker" / "broker.pid").read_text("ascii"))


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_every_part_in_order(tmp_path: Path, asked: signal.Signals) -> None:
    with tree(tmp_path, worker="polite", api="polite") as process:
        pids = [pid_of(tmp_path, "worker"), pid_of(tmp_path, "api"), broker_pid(tmp_path)]
        process.send_signal(asked)
        assert process.wait(30) == 0
        assert (tmp_path / "ended").read_text("ascii") == "worker api "
        assert not any(is_running(pid) for pid in pids)


def test_a_part_that_dies_is_started_again(tmp_path: Path) -> None:
    with tree(tmp_path, worker="polite", api="polite"):
        worker, api = pid_of(tmp_path, "worker"), pid_of(tmp_path, "api")
        os.kill(worker, signal.SIGKILL)
        eventually(lambda: pid_of(tmp_path, "worker") != worker)
        assert pid_of(tmp_path, "api") == api


def test_a_part_that_does_not_stop_is_killed_after_its_grace(tmp_path: Path) -> None:
    with tree(tmp_path, grace=0.2, worker="deaf", api="polite") as process:
        worker = pid_of(tmp_path, "worker")
        process.terminate()
        assert process.wait(30) == 0
        assert (tmp_path / "ended").read_text("ascii") == "worker api "
        assert not is_running(worker)


def test_a_second_signal_ends_the_grace(tmp_path: Path) -> None:
    with tree(tmp_path, grace=1000, worker="deaf") as process:
        process.terminate()
        eventually((tmp_path / "ended").exists)
        process.terminate()
        assert process.wait(30) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ties no child to its parent")
def test_a_killed_supervisor_leaves_no_orphan(tmp_path: Path) -> None:
    with tree(tmp_path, worker="polite", api="polite") as process:
        pids = [pid_of(tmp_path, "worker"), pid_of(tmp_path, "api"), broker_pid(tmp_path)]
        process.kill()
        eventually(lambda: not any(is_running(pid) for pid in pids))


def test_a_second_start_on_the_same_data_folder_says_so(tmp_path: Path) -> None:
    with tree(tmp_path, worker="polite") as first:
        with tree(tmp_path, wait=False, worker="polite") as second:
            _, told = second.communicate(timeout=30)
            assert second.returncode == 1
        assert "Another ai-llm-service is running on this data folder" in told
        assert f"(pid {first.pid})" in told
        assert first.poll() is None


def test_a_start_after_a_kill_is_not_refused(tmp_path: Path) -> None:
    with tree(tmp_path, worker="polite") as process:
        process.kill()
    with tree(tmp_path, worker="polite"):
        pass


def test_a_part_with_wrong_settings_ends_the_tree(tmp_path: Path) -> None:
    with tree(tmp_path, wait=False, worker="polite", api="2") as process:
        process.communicate(timeout=30)
        assert process.returncode == 2


def test_a_part_that_dies_again_and_again_is_told_of_once(tmp_path: Path) -> None:
    with tree(tmp_path, wait=False, worker="polite", api="3") as process:
        assert process.stderr is not None
        told = next(line for line in process.stderr if line.startswith("The api "))
        assert "3 times" in told
        assert "exit code 3" in told
        pid = pid_of(tmp_path, "worker")
        process.terminate()
        out, rest = process.communicate(timeout=30)
        assert process.returncode == 0
        assert "The api " not in rest
        assert not is_running(pid)
        assert "planned=True" in out


def test_a_data_folder_that_is_a_file_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with tree(tmp_path, wait=False, worker="polite") as process:
        _, told = process.communicate(timeout=30)
        assert told.startswith("DATA_DIR can't be used: ")
        assert process.returncode == 1


def test_a_taken_port_is_told_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(CannotStart, match=f"Port {port} is in use"):
            ensure_address_is_free("127.0.0.1", port)
    ensure_address_is_free("127.0.0.1", port)


def test_an_address_of_another_machine_is_told_in_one_sentence() -> None:
    with pytest.raises(CannotStart, match="can't listen on"):
        ensure_address_is_free("192.0.2.1", 7001)


def test_nothing_that_listens_is_not_healthy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert not is_healthy("127.0.0.1", port)
