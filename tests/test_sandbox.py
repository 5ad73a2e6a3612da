"""What a parser may take, and what it never reaches."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ai_llm_service.errors import InternalError
from ai_llm_service.search.extract.sandbox import ExtractLimits
from tests.reading import read, rejection


def test_a_parser_gets_only_so_much_memory(tmp_path: Path) -> None:
    limits = ExtractLimits(memory_mb=100, memory_mb_per_mb=0)
    assert "more memory" in rejection(tmp_path, "a.txt", b"x" * 60_000_000, limits)


def test_a_parser_writes_only_so_much(tmp_path: Path) -> None:
    limits = ExtractLimits(output_mb=1, output_mb_per_mb=0)
    assert "more text" in rejection(tmp_path, "a.txt", b"word " * 500_000, limits)


def test_a_parser_computes_only_so_long(tmp_path: Path) -> None:
    limits = ExtractLimits(cpu_seconds=1, cpu_seconds_per_mb=0, memory_mb=4000)
    message = rejection(tmp_path, "a.html", b"<html>" + b"<p>a</p>" * 2_000_000, limits)
    assert message == "a.html took more than 1 seconds of computing to read."


def child(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(path))


def test_a_parser_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child(tmp_path, monkeypatch, "exec /bin/sleep 60")
    limits = ExtractLimits(wall_seconds=1)
    assert rejection(tmp_path, "a.txt", b"x", limits) == "a.txt took more than 1 seconds to read."


def test_a_parser_that_crashes_is_a_rejection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child(tmp_path, monkeypatch, "kill -SEGV $$")
    assert "crash" in rejection(tmp_path, "a.txt", b"x")


def test_a_broken_installation_is_not_blamed_on_the_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child(tmp_path, monkeypatch, "exit 1")
    with pytest.raises(InternalError):
        read(tmp_path, "a.txt", b"x")


def test_a_parser_sees_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    head = json.dumps({"sections": [], "encoding": "utf-8", "notes": []})
    child(tmp_path, monkeypatch, f"printf '%s\\nkey=%s' '{head}' \"$OPENAI_API_KEY\"")
    assert read(tmp_path, "a.txt", b"x").text == "key="


def test_a_parser_stands_in_a_network_of_its_own() -> None:
    script = (
        "import os; from ai_llm_service.search.extract.__main__ import _leave_network;"
        "outside = os.readlink('/proc/self/ns/net'); _leave_network();"
        "inside = os.readlink('/proc/self/ns/net');"
        "print(outside != inside, open('/proc/net/dev').read().count(':'))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(Path(__file__).parents[1] / "src")},
    )
    is_own, devices = ended.stdout.split()
    if is_own == "False":
        pytest.skip("this system permits no network namespace; the audit hook refuses sockets")
    assert devices == "1"


def test_a_parser_writes_no_file_and_starts_no_program(tmp_path: Path) -> None:
    script = (
        "import sys, subprocess; from ai_llm_service.search.extract.__main__ import _leave_network;"
        "_leave_network({'program': '/bin/true'})\n"
        "for harm in (lambda: open(sys.argv[1], 'w'), lambda: subprocess.run(['/bin/ls'])):\n"
        "    try: harm()\n"
        "    except PermissionError as error: print(error)\n"
        "print(subprocess.run(['/bin/true']).returncode)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "harm")],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(Path(__file__).parents[1] / "src")},
    )
    assert ended.stdout.split() == ["open", "subprocess.Popen", "0"]
    assert list(tmp_path.iterdir()) == []


def test_a_parser_reaches_no_network() -> None:
    script = (
        "import socket; from ai_llm_service.search.extract.__main__ import _leave_network;"
        "_leave_network(); socket.socket()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        check=False,
        env={"PYTHONPATH": str(Path(__file__).parents[1] / "src")},
    )
    assert b"PermissionError: socket" in ended.stderr
