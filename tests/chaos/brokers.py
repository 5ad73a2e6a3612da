"""Valkey, Redis and RabbitMQ servers that a test may kill, freeze and wipe."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ai_llm_service.processes.broker import find_server
from tests.chaos.plant import Part, eventually
from tests.service import free_port


class RedisBroker(Part):
    """A Valkey or Redis server; with `durable` its messages survive a kill."""

    def __init__(self, folder: Path, *, server: Path | None = None, durable: bool = True) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        options = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "dir": str(folder),
            "appendonly": "yes" if durable else "no",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        command = (str(server or find_server()), *words)
        super().__init__("broker", command, {"PATH": os.environ["PATH"]}, folder / "broker.log")

    def start(self) -> None:
        super().start()
        eventually(lambda: self.say("PING").startswith("+PONG"), "the broker")

    def wipe(self) -> None:
        """Lose what it kept on disk; only while it is down."""
        shutil.rmtree(self._folder / "appendonlydir", ignore_errors=True)

    def say(self, *words: str | bytes) -> str:
        """Send a command; its answer, or nothing while the broker is away."""
        raw = [word.encode() if isinstance(word, str) else word for word in words]
        body = b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in raw)
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 2) as talk:
            talk.settimeout(5)
            talk.sendall(b"*%d\r\n%s" % (len(raw), body))
            return talk.recv(65536).decode(errors="replace")
        return ""


class RabbitBroker(Part):
    """A RabbitMQ node of its own, with its files in the folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port, distribution = free_port(), free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}//"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"t{self.port}@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(distribution),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder),
            "RABBITMQ_PID_FILE": str(folder / "node.pid"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_CONFIG_FILE": str(folder / "node"),
            "ERL_EPMD_PORT": str(free_port()),
        }
        (folder / "plugins").write_text("[].\n", "ascii")
        server = _beside_wrapper("rabbitmq-server")
        super().__init__("broker", (server,), environment, folder / "broker.log")

    def start(self) -> None:
        super().start()
        eventually(self._answers, f"RabbitMQ ({self.log_file})")

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 2) as talk:
            talk.settimeout(5)
            talk.sendall(b"AMQP\x00\x00\x09\x01")
            return len(talk.recv(8)) > 0
        return False

    def crash(self) -> None:
        """Kill the whole node at once."""
        for pid in self.family():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.running.wait()


def _beside_wrapper(name: str) -> str:
    """The program itself: the command on PATH of Debian changes to a user of its own."""
    for found in sorted(Path("/usr/lib/rabbitmq").glob(f"lib/rabbitmq_server-*/sbin/{name}")):
        return str(found)
    return shutil.which(name) or name


def rabbit_is_installed() -> bool:
    return shutil.which("rabbitmq-server") is not None


@contextmanager
def started(broker: RedisBroker | RabbitBroker) -> Iterator[None]:
    """The broker runs within the block."""
    try:
        broker.start()
        yield
    finally:
        broker.end()
        _end_port_mapper(broker)


def _end_port_mapper(broker: RedisBroker | RabbitBroker) -> None:
    """RabbitMQ leaves its port mapper running; ours listens on a port of its own."""
    port = broker.environment.get("ERL_EPMD_PORT")
    if port is None:
        return
    environment = {"PATH": os.environ["PATH"], "ERL_EPMD_PORT": port}
    with suppress(OSError):
        subprocess.run(["epmd", "-kill"], env=environment, capture_output=True, check=False)
