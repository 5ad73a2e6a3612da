"""The embedded broker, with the real server."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

import ai_llm_service
from ai_llm_service.errors import InvalidConfiguration
from ai_llm_service.processes.broker import BrokerKeeper, broker_url, find_server, is_answering
from ai_llm_service.processes.broker_folders import socket_path

PACKAGE_PARENT = str(Path(ai_llm_service.__file__).parents[1])
KEEPER = """
import sys
from pathlib import Path
from ai_llm_service.processes.broker import BrokerKeeper
keeper = BrokerKeeper(Path(sys.argv[1]))
keeper.start()
keeper.wait_ready(30)
print("ready", flush=True)
sys.stdin.read()
keeper.stop()
"""


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@contextmanager
def keeper_process(data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", KEEPER, str(data_dir)],
        env={**os.environ, "PYTHONPATH": PACKAGE_PARENT},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def keeper(data_dir: Path) -> Iterator[BrokerKeeper]:
    made = BrokerKeeper(data_dir)
    made.start()
    try:
        made.wait_ready(30)
        yield made
    finally:
        made.stop()


def eventually(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.05)


def command(data_dir: Path, line: str) -> str:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(socket_path(data_dir)))
        connection.sendall(f"{line}\r\n".encode())
        return connection.recv(4096).decode()


def server_pid(data_dir: Path) -> int:
    return int((data_dir / "broker" / "broker.pid").read_text("ascii"))


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_the_broker_listens_on_a_private_socket_alone(data_dir: Path) -> None:
    with keeper(data_dir):
        path = socket_path(data_dir)
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert command(data_dir, "CONFIG GET port").split() == ["*2", "$4", "port", "$1", "0"]
        assert "noeviction" in command(data_dir, "CONFIG GET maxmemory-policy")
        assert "yes" in command(data_dir, "CONFIG GET appendonly").split()


def test_a_data_folder_with_a_long_path_has_a_short_socket(tmp_path: Path) -> None:
    data_dir = tmp_path / ("long" * 30) / "नमस्ते data"
    with keeper(data_dir):
        assert len(os.fsencode(socket_path(data_dir))) <= 107
        assert broker_url(data_dir) == f"redis+socket://{socket_path(data_dir)}"


def test_two_data_folders_have_two_brokers(tmp_path: Path) -> None:
    with keeper(tmp_path / "a"), keeper(tmp_path / "b"):
        command(tmp_path / "a", "SET who a")
        assert command(tmp_path / "b", "GET who") == "$-1\r\n"


def test_another_environment_finds_the_same_socket(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = socket_path(data_dir)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert socket_path(data_dir) == first


def test_a_folder_that_is_not_ours_is_refused(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime, elsewhere = tmp_path / "r", tmp_path / "elsewhere"
    runtime.mkdir()
    elsewhere.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    folder = socket_path(data_dir).parent
    folder.rmdir()
    (data_dir / "broker" / "runtime-folder").unlink()
    folder.symlink_to(elsewhere)
    with pytest.raises(InvalidConfiguration, match="TMPDIR"):
        socket_path(data_dir)


def test_what_was_queued_survives_a_killed_server(data_dir: Path) -> None:
    with keeper(data_dir):
        # Valkey answers a write only once it has handed it to the operating system.
        command(data_dir, "LPUSH llm one")
        killed = server_pid(data_dir)
        os.kill(killed, signal.SIGKILL)
        eventually(lambda: is_answering(socket_path(data_dir)) and server_pid(data_dir) != killed)
        assert command(data_dir, "LLEN llm") == ":1\r\n"


def test_a_server_without_its_socket_is_started_again(data_dir: Path) -> None:
    with keeper(data_dir):
        first = server_pid(data_dir)
        socket_path(data_dir).unlink()
        eventually(lambda: is_answering(socket_path(data_dir)) and server_pid(data_dir) != first)
        assert not is_running(first)


def test_a_runtime_folder_that_was_swept_away_is_made_again(data_dir: Path) -> None:
    with keeper(data_dir):
        first = server_pid(data_dir)
        socket_path(data_dir).unlink()
        socket_path(data_dir).parent.rmdir()
        os.kill(first, signal.SIGKILL)
        eventually(lambda: is_answering(socket_path(data_dir)) and server_pid(data_dir) != first)


def test_messages_that_cannot_be_read_do_not_stop_the_broker(data_dir: Path) -> None:
    with keeper(data_dir):
        command(data_dir, "LPUSH llm one")
    for file in (data_dir / "broker" / "appendonlydir").glob("*.aof"):
        file.write_bytes(b"no message\r\n" * 10)
    with keeper(data_dir):
        assert command(data_dir, "LLEN llm") == ":0\r\n"


def test_several_parts_share_one_server_and_another_takes_over(data_dir: Path) -> None:
    with ExitStack() as stack:
        holder = stack.enter_context(keeper_process(data_dir))
        stack.enter_context(keeper(data_dir))
        command(data_dir, "LPUSH llm one")
        first = server_pid(data_dir)
        holder.send_signal(signal.SIGKILL)
        eventually(lambda: is_answering(socket_path(data_dir)) and server_pid(data_dir) != first)
        assert not is_running(first)
        assert command(data_dir, "LLEN llm") == ":1\r\n"


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ties no child to its parent")
def test_a_killed_keeper_leaves_no_server(data_dir: Path) -> None:
    with keeper_process(data_dir) as holder:
        pid = server_pid(data_dir)
        holder.send_signal(signal.SIGKILL)
        eventually(lambda: not is_running(pid))


def test_a_server_left_behind_is_ended_before_the_next_starts(data_dir: Path) -> None:
    left = data_dir / "broker"
    left.mkdir(parents=True)
    stranded = subprocess.Popen(
        [find_server(), "--port", "0", "--unixsocket", socket_path(data_dir),
         "--set-proc-title", "no", "--dir", left],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    (left / "broker.pid").write_text(str(stranded.pid), "ascii")
    eventually(lambda: is_answering(socket_path(data_dir)))
    with keeper(data_dir):
        assert stranded.wait(30) == 0
        eventually(lambda: server_pid(data_dir) != stranded.pid)
        eventually(lambda: is_answering(socket_path(data_dir)))


def test_a_pid_that_belongs_to_a_stranger_is_left_alone(data_dir: Path) -> None:
    (data_dir / "broker").mkdir(parents=True)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (data_dir / "broker" / "broker.pid").write_text(str(stranger.pid), "ascii")
        with keeper(data_dir):
            assert stranger.poll() is None
        stranger.kill()


def test_stopping_ends_the_server_and_removes_its_socket(data_dir: Path) -> None:
    with keeper(data_dir):
        pid = server_pid(data_dir)
    assert not is_running(pid)
    runtime = Path((data_dir / "broker" / "runtime-folder").read_text("utf-8"))
    assert not runtime.exists()


def test_a_machine_without_a_server_is_told_what_to_do(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ai_llm_service.processes.broker.find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", "")
    lonely = BrokerKeeper(data_dir)
    lonely.start()
    with pytest.raises(InvalidConfiguration, match="CELERY_BROKER_URL"):
        lonely.wait_ready(30)
    lonely.stop()
