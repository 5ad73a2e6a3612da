"""Transactions that share a commit are still whole, alone, and durable when they return."""

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from ai_llm_service.errors import DiskFull, StoreUnavailable
from ai_llm_service.store.database import Database

THREADS = 16


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'test.sqlite3'}")
    database.migrate()
    yield database
    database.close()


def add(database: Database, name: str) -> str:
    with database.transaction("test") as store:
        return store.keys.ensure_tenant(name, tenant_id=name)


def tenants(database: Database, names: list[str]) -> set[str]:
    with database.snapshot() as store:
        return {name for name in names if store.keys.find_tenant(name)}


def test_each_of_many_writers_sees_its_own_write_once_it_returns(database: Database) -> None:
    def write_and_read(number: int) -> set[str]:
        name = add(database, f"t{number}")
        return tenants(database, [name])

    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(write_and_read, range(200)))
    assert found == [{f"t{number}"} for number in range(200)]


def test_a_writer_that_fails_takes_only_its_own_write_with_it(database: Database) -> None:
    def write(number: int) -> bool:
        try:
            with database.transaction("test") as store:
                store.keys.ensure_tenant(f"t{number}", tenant_id=f"t{number}")
                [0, 1, 2].remove(number % 3 or 3)  # fails for each third
        except ValueError:
            return False
        return True

    with ThreadPoolExecutor(THREADS) as pool:
        kept = list(pool.map(write, range(90)))
    names = [f"t{number}" for number in range(90)]
    assert tenants(database, names) == {n for n, was in zip(names, kept, strict=True) if was}
    assert sum(kept) == 60


def test_no_writer_is_told_yes_when_there_is_no_room(tmp_path: Path) -> None:
    path = tmp_path / "small.sqlite3"
    Database(f"sqlite:///{path}").migrate()

    def stay_small(connection: sqlite3.Connection, _record: object) -> None:
        [pages] = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    event.listen(Engine, "connect", stay_small)
    database = Database(f"sqlite:///{path}")
    accepted: list[str] = []
    refused = threading.Event()

    def write(number: int) -> None:
        name = f"{number}-{'x' * 200}"
        try:
            accepted.append(add(database, name))
        except (DiskFull, StoreUnavailable):
            refused.set()

    try:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(write, range(300)))
    finally:
        event.remove(Engine, "connect", stay_small)
    assert refused.is_set()
    assert tenants(database, accepted) == set(accepted)


def test_two_processes_write_side_by_side(database: Database, tmp_path: Path) -> None:
    other = Database(f"sqlite:///{tmp_path / 'test.sqlite3'}")
    names = [f"t{number}" for number in range(120)]
    with ThreadPoolExecutor(THREADS) as pool:
        writers = [database, other] * 60
        assert list(pool.map(add, writers, names)) == names
    assert tenants(database, names) == set(names)
    other.close()
