"""The locks are complete, hashed and free of addresses."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.txt", "requirements-dev.txt")
PIN = re.compile(r"^([A-Za-z0-9_.-]+)==(\S+)((?: ; .+)?) \\$")


def entries(lock: str) -> dict[tuple[str, str], list[str]]:
    """Each pinned name and marker with the lines that follow it."""
    found: dict[tuple[str, str], list[str]] = {}
    current: list[str] = []
    for line in (ROOT / lock).read_text("ascii").splitlines():
        if line.lstrip().startswith("#"):
            continue
        pin = PIN.match(line)
        if pin:
            current = found.setdefault((plain(pin[1]), pin[3]), [])
            assert not current, f"{pin[1]} is pinned twice"
        current.append(line)
    return found


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9_.-]+", requirement)
    assert found is not None
    return plain(found[0])


def test_the_locks_hold_every_dependency_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    for lock, wanted in (
        ("requirements.txt", project["project"]["dependencies"]),
        ("requirements-dev.txt", project["dependency-groups"]["dev"]),
    ):
        locked = {name for name, _ in entries(lock)}
        assert {name_of(requirement) for requirement in wanted} <= locked


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_a_lock_is_a_pin_or_its_hash(lock: str) -> None:
    for (name, _), (pin, *hashes) in entries(lock).items():
        assert PIN.match(pin), name
        assert hashes, name
        for line in hashes:
            assert re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?", line), name


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_a_host_or_a_folder(lock: str) -> None:
    text = (ROOT / lock).read_text("ascii")
    assert "://" not in text
    assert not re.search(r"^\s*(-[a-z]|--(?!hash))", text, re.MULTILINE)
    assert not re.search(r"(^|\s)/", text)


def test_both_locks_pin_the_same_versions() -> None:
    runtime, tools = (entries(lock) for lock in LOCKS)
    versions = {(name, pins[0].split("==")[1].split()[0]) for (name, _), pins in runtime.items()}
    names = {name for name, _ in versions}
    for (name, _), pins in tools.items():
        version = pins[0].split("==")[1].split()[0]
        assert name not in names or (name, version) in versions
