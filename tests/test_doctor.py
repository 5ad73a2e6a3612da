"""The doctor: one sentence for each part, and an exit code when something is wrong."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
import redis

from ai_llm_service.domain import Document, DocumentState, TaskKind
from ai_llm_service.processes.broker_folders import socket_path
from ai_llm_service.queue import BrokerFacts
from ai_llm_service.store.database import Database
from ai_llm_service.store.files import FileStore
from ai_llm_service.store.tasks import NewTask
from ai_llm_service.usecases.doctor import LONG_WAIT_SECONDS, ORPHAN_SECONDS, Doctor, Finding
from tests.service import KEY, clean_environment, running

TENANT = "default"
LEASE_SECONDS = 60
LONG_AGO = time.time() - 2 * ORPHAN_SECONDS


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


@pytest.fixture
def doctor(database: Database, files: FileStore) -> Doctor:
    with database.transaction("test") as store:
        store.keys.ensure_tenant(TENANT, tenant_id=TENANT)
        store.workers.see("a-worker")
    return Doctor(database, files, sound, LEASE_SECONDS, 0)


def sound() -> BrokerFacts:
    return BrokerFacts("Valkey", "9", "noeviction")


def finding(doctor: Doctor, subject: str) -> Finding:
    [found] = [each for each in doctor.examine() if each.subject == subject]
    assert found.sentence.endswith(".")
    return found


def unreachable() -> BrokerFacts:
    raise ConnectionError("redis://:a-secret@host")


def add_task(doctor: Doctor, kind: TaskKind = TaskKind.INGEST, deadline: float = 900) -> str:
    task_id, session_id = str(uuid4()), str(uuid4())
    with doctor.database.transaction("test") as store:
        store.sessions.open(session_id, TENANT, 3600)
        store.tasks.add(NewTask(task_id, TENANT, session_id, kind, {}, deadline, TENANT))
    return task_id


def add_document(doctor: Doctor, document_id: str) -> str:
    """A document of an open session; the session's id."""
    session_id = str(uuid4())
    document = Document(
        document_id, TENANT, session_id, "a.txt", "text/plain", 1, "0" * 64,
        DocumentState.RECEIVED, 0.0, str(uuid4()),
    )  # fmt: skip
    with doctor.database.transaction("test") as store:
        store.sessions.open(session_id, TENANT, 3600)
        store.documents.add(document)
    return session_id


def keep_file(files: FileStore, document_id: str, written_at: float) -> None:
    received = files.incoming / document_id
    received.write_bytes(b"x")
    os.utime(received, (written_at, written_at))
    files.keep(received, document_id)


def test_a_service_in_order_has_nothing_to_be_done(doctor: Doctor) -> None:
    found = doctor.examine()
    assert all(each.healthy for each in found)
    assert [each.subject for each in found] == [
        "broker", "database", "workers", "queue", "tasks", "files", "clock", "embedder",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("ask", "word"),
    [
        (unreachable, "CELERY_BROKER_URL"),
        (lambda: BrokerFacts("Redis", "7.0", "allkeys-lru"), "noeviction"),
    ],
)
def test_a_broker_that_is_away_or_evicts_is_wrong(
    doctor: Doctor, ask: Callable[[], BrokerFacts], word: str
) -> None:
    found = finding(Doctor(doctor.database, doctor.files, ask, LEASE_SECONDS, 0), "broker")
    assert not found.healthy
    assert word in found.sentence
    assert "a-secret" not in found.sentence


def test_a_rabbitmq_has_no_policy_to_be_wrong_about(doctor: Doctor) -> None:
    def ask() -> BrokerFacts:
        return BrokerFacts("RabbitMQ", "3.10")

    assert finding(Doctor(doctor.database, doctor.files, ask, LEASE_SECONDS, 0), "broker").healthy


def test_no_worker_is_wrong(doctor: Doctor) -> None:
    with doctor.database.transaction("test") as store:
        store.workers.forget(-60)
    found = finding(doctor, "workers")
    assert not found.healthy
    assert "ai-llm-service worker" in found.sentence


def test_a_database_of_another_version_is_wrong(database_url: str, doctor: Doctor) -> None:
    empty = Database(database_url.replace("test.sqlite3", "empty.sqlite3"))
    if not empty.is_sqlite:
        with empty._engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM alembic_version")
    found = finding(Doctor(empty, doctor.files, sound, LEASE_SECONDS, 0), "database")
    empty.close()
    assert not found.healthy
    assert "ai-llm-service migrate" in found.sentence


def test_a_database_that_is_away_is_wrong(doctor: Doctor) -> None:
    away = Database("postgresql+psycopg://user:a-secret@/nobody?host=/nobody/listens/here")
    found = finding(Doctor(away, doctor.files, sound, LEASE_SECONDS, 0), "database")
    assert not found.healthy
    assert "a-secret" not in found.sentence


def test_the_oldest_task_and_why_it_waits_are_told(doctor: Doctor) -> None:
    task_id = add_task(doctor)
    found = finding(doctor, "queue")
    assert (found.healthy, task_id in found.sentence) == (True, True)
    with doctor.database.transaction("test") as store:
        claim = store.claims.claim(task_id, "w", 60)
        assert claim is not None
        store.claims.give_back(claim, 60, "the provider asked us to wait")
    assert "the provider asked us to wait" in finding(doctor, "queue").sentence


def test_a_task_that_no_worker_takes_for_long_is_wrong(doctor: Doctor) -> None:
    task_id = add_task(doctor)
    with doctor.database.transaction("test") as store:
        claim = store.claims.claim(task_id, "w", 60)
        assert claim is not None
        store.claims.give_back(claim, -2 * LONG_WAIT_SECONDS, "long ago")
    found = finding(doctor, "queue")
    assert not found.healthy
    assert "WORKER_CONCURRENCY" in found.sentence


@pytest.mark.parametrize(("lease", "deadline"), [(-60, 900), (60, -60)])
def test_a_task_past_its_lease_or_deadline_is_stuck(
    doctor: Doctor, lease: float, deadline: float
) -> None:
    task_id = add_task(doctor, deadline=deadline)
    with doctor.database.transaction("test") as store:
        assert store.claims.claim(task_id, "w", lease)
    found = finding(doctor, "tasks")
    assert not found.healthy
    assert task_id in found.sentence


def test_a_file_without_a_document_is_an_orphan_after_an_hour(
    doctor: Doctor, files: FileStore
) -> None:
    owned, fresh, orphan = (str(uuid4()) for _ in range(3))
    add_document(doctor, owned)
    keep_file(files, owned, LONG_AGO)
    keep_file(files, fresh, time.time())
    assert finding(doctor, "files").healthy
    keep_file(files, orphan, LONG_AGO)
    found = finding(doctor, "files")
    assert not found.healthy
    assert str(files.path(orphan)) in found.sentence


def test_an_upload_that_broke_off_is_an_orphan_after_an_hour(
    doctor: Doctor, files: FileStore
) -> None:
    left = files.incoming / "left"
    left.write_bytes(b"x")
    assert finding(doctor, "files").healthy
    os.utime(left, (LONG_AGO, LONG_AGO))
    assert str(left) in finding(doctor, "files").sentence


def test_a_document_without_its_file_is_wrong_while_its_session_is_open(doctor: Doctor) -> None:
    document_id = str(uuid4())
    session_id = add_document(doctor, document_id)
    found = finding(doctor, "files")
    assert not found.healthy
    assert document_id in found.sentence
    with doctor.database.transaction("test") as store:
        assert store.sessions.begin_close(TENANT, session_id, str(uuid4()))
    assert finding(doctor, "files").healthy


def test_clocks_that_differ_are_wrong(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = doctor.database.now()
    monkeypatch.setattr(Database, "now", lambda _self: theirs - 60)
    found = finding(doctor, "clock")
    assert not found.healthy
    assert "ahead" in found.sentence


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"DATA_DIR": str(tmp_path / "data"), "API_KEY": KEY}


def run_doctor(folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ai_llm_service.cli", "doctor"],
        cwd=folder,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_tells_a_sound_service_from_one_that_may_lose_messages(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    stopped = run_doctor(tmp_path, environment)
    assert stopped.returncode == 1
    assert stopped.stdout.count("WRONG") == 2
    with running(tmp_path) as service:
        service.finished(service.upload("a.txt", "text")["task_id"])
        sound = run_doctor(tmp_path, environment)
        assert (sound.returncode, "WRONG" in sound.stdout) == (0, False), sound.stdout
        broker = redis.Redis(unix_socket_path=str(socket_path(service.data_dir)))
        broker.config_set("maxmemory-policy", "allkeys-lru")
        evicting = run_doctor(tmp_path, environment)
        assert evicting.returncode == 1
        assert "set maxmemory-policy to noeviction" in evicting.stdout
        before = service.log_file.read_text().count("broker_evicts")
        killed = service.kill("api")
        while service.part("api") == killed or count_warnings(service.log_file) == before:
            time.sleep(0.05)
    assert KEY not in stopped.stdout + sound.stdout + evicting.stdout


def count_warnings(log_file: Path) -> int:
    return log_file.read_text().count("broker_evicts")
