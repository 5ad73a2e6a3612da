"""Hosts one session, or removes it, in a process that may be killed.

python -m tests.hosted.driver (host|remove) DATABASE_URL DATA_DIR VENDOR_URL
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from ai_llm_service.domain import Document, DocumentState
from ai_llm_service.providers.openai_stores import OpenAIStores, StoresOptions
from ai_llm_service.providers.openai_wire import Server
from ai_llm_service.search.hosting import Hosting
from ai_llm_service.store.crash_points import crash_point_from
from ai_llm_service.store.database import Database
from ai_llm_service.store.files import FileStore

SPACE = UUID("22222222-2222-4333-8444-555555555555")
SESSION = str(uuid5(SPACE, "session"))
NAMES = ("fruit.txt", "pumps.md", "रिपोर्ट.txt")
PATIENCE_SECONDS = 30.0


def documents(names: tuple[str, ...] = NAMES) -> list[Document]:
    return [
        Document(
            id=str(uuid5(SPACE, name)),
            tenant_id="default",
            session_id=SESSION,
            name=name,
            media_type="text/plain",
            size_bytes=1,
            sha256="0" * 64,
            state=DocumentState.READY,
            created_at=0.0,
            ingest_task_id="task",
        )
        for name in names
    ]


def file_store(folder: Path, contents: dict[str, bytes]) -> FileStore:
    """Our copies of the documents with these names."""
    files = FileStore(folder)
    write_files(files, contents)
    return files


def stores_at(url: str, database: Database) -> OpenAIStores:
    """The vector stores of this installation."""
    with database.snapshot() as store:
        installation = store.hosted.installation()
    return OpenAIStores(StoresOptions(Server("openai", url, "sk-test"), installation))


def soon(seconds: float = 10.0) -> float:
    """When to give up, by the monotonic clock."""
    return time.monotonic() + seconds


def write_files(files: FileStore, contents: dict[str, bytes]) -> None:
    for document in documents(tuple(contents)):
        path = files.path(document.id)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents[document.name])


class CrashingStores:
    """The real stores; after each call that changes something the process may be killed."""

    def __init__(self, stores: OpenAIStores, crash: Callable[[str], None]) -> None:
        self._stores = stores
        self._crash = crash

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._stores, name)
        if not callable(method):
            return method

        def call(*args: Any, **named: Any) -> Any:
            result = method(*args, **named)
            self._crash(f"provider.{name}:after")
            return result

        return call


def hosting(database_url: str, folder: Path, vendor_url: str) -> tuple[Database, Hosting]:
    crash = crash_point_from(os.environ)
    database = Database(database_url, crash_point=crash)
    stores = CrashingStores(stores_at(vendor_url, database), crash)
    return database, Hosting(database, FileStore(folder), stores, pause=lambda _seconds: None)


def main() -> None:
    order, database_url, folder, vendor_url = sys.argv[1:]
    _, parts = hosting(database_url, Path(folder), vendor_url)
    if order == "host":
        parts.ready(SESSION, documents(), soon(PATIENCE_SECONDS))
    else:
        parts.remove(SESSION)


if __name__ == "__main__":
    main()
