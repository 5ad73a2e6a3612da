"""A session's copy at a provider: made once, kept up to date, rebuilt, and removed whole."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_llm_service.errors import ProviderError, ProviderUnavailable
from ai_llm_service.providers.openai_stores import OpenAIStores, StoresOptions
from ai_llm_service.providers.openai_wire import Server
from ai_llm_service.search.hosting import Hosting
from ai_llm_service.search.unhosting import Removed
from ai_llm_service.store.database import Database
from ai_llm_service.store.files import FileStore
from tests.hosted.driver import (
    NAMES,
    SESSION,
    documents,
    file_store,
    soon,
    stores_at,
    write_files,
)
from tests.hosted.vendor import UNREADABLE, HostedVendor
from tests.hosted.wire import Json, error_body

CONTENTS = {
    "fruit.txt": b"Apples grow in Norway.\n\nPears grow in Chile.",
    "pumps.md": b"Pump seven failed at noon.\n\nThe valve held.",
    "\u0930\u093f\u092a\u094b\u0930\u094d\u091f.txt": "कुआँ इकतीस मीटर गहरा है।".encode(),
}


@pytest.fixture
def vendor() -> Iterator[HostedVendor]:
    with HostedVendor() as vendor:
        yield vendor


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return file_store(tmp_path / "files", CONTENTS)


@pytest.fixture
def stores(database: Database, vendor: HostedVendor) -> OpenAIStores:
    return stores_at(vendor.url, database)


@pytest.fixture
def hosting(database: Database, files: FileStore, stores: OpenAIStores) -> Hosting:
    return Hosting(database, files, stores, pause=lambda _seconds: None)


def test_a_session_is_uploaded_and_indexed_once(hosting: Hosting, vendor: HostedVendor) -> None:
    for _ in range(3):
        ready = hosting.ready(SESSION, documents(), soon())
    assert len(vendor.files) == len(vendor.stores[ready.store_id].files) == len(NAMES)
    assert vendor.count("POST", "/files") == len(NAMES)
    assert vendor.count("POST", "/vector_stores") == 1
    assert {ready.documents[file_id] for file_id in vendor.files} == {d.id for d in documents()}
    assert ready.failed == {}
    assert {file.content for file in vendor.files.values()} == set(CONTENTS.values())


def test_a_file_that_is_added_later_joins_the_same_store(
    hosting: Hosting, vendor: HostedVendor
) -> None:
    first = hosting.ready(SESSION, documents(NAMES[:1]), soon())
    second = hosting.ready(SESSION, documents(), soon())
    assert first.store_id == second.store_id
    assert len(vendor.stores[first.store_id].files) == len(NAMES)


def test_it_waits_until_all_that_was_attached_is_indexed(
    hosting: Hosting, vendor: HostedVendor
) -> None:
    vendor.looks_until_indexed = 4
    ready = hosting.ready(SESSION, documents(), soon())
    assert all(looks >= 4 for looks in vendor.stores[ready.store_id].looks.values())
    assert vendor.count("GET", "/vector_stores/[^/]+/files") >= 4


def test_indexing_that_takes_too_long_is_tried_again_later(
    hosting: Hosting, vendor: HostedVendor
) -> None:
    vendor.looks_until_indexed = 1_000_000
    with pytest.raises(ProviderUnavailable, match="still reading") as caught:
        hosting.ready(SESSION, documents(), time.monotonic())
    assert caught.value.retry_after_seconds
    vendor.looks_until_indexed = 1
    hosting.ready(SESSION, documents(), soon())
    assert vendor.count("POST", "/files") == len(NAMES)


def test_a_file_that_the_provider_can_not_read_is_named(hosting: Hosting, files: FileStore) -> None:
    write_files(files, {"fruit.txt": UNREADABLE})
    ready = hosting.ready(SESSION, documents(), soon())
    assert ready.failed == {documents()[0].id: "invalid_file"}


@pytest.mark.parametrize("end", ["removed", "expired"])
def test_a_store_that_is_gone_is_made_again_from_the_files_that_are_there(
    hosting: Hosting, vendor: HostedVendor, end: str
) -> None:
    first = hosting.ready(SESSION, documents(), soon())
    if end == "removed":
        del vendor.stores[first.store_id]
    else:
        vendor.stores[first.store_id].status = "expired"
    second = hosting.ready(SESSION, documents(), soon())
    assert second.store_id != first.store_id
    assert len(vendor.stores[second.store_id].files) == len(NAMES)
    assert vendor.count("POST", "/files") == len(NAMES)


def test_files_that_are_gone_are_uploaded_again_from_our_copy(
    hosting: Hosting, vendor: HostedVendor
) -> None:
    first = hosting.ready(SESSION, documents(), soon())
    vendor.files.clear()
    del vendor.stores[first.store_id]
    second = hosting.ready(SESSION, documents(), soon())
    assert len(vendor.stores[second.store_id].files) == len(vendor.files) == len(NAMES)


def test_removing_leaves_nothing_and_may_be_repeated(
    hosting: Hosting, vendor: HostedVendor
) -> None:
    hosting.ready(SESSION, documents(), soon())
    assert hosting.remove(SESSION) == Removed(files=len(NAMES), stores=1)
    assert (vendor.files, vendor.stores) == ({}, {})
    assert hosting.remove(SESSION) == Removed()


def test_removing_what_is_gone_already_is_no_error(hosting: Hosting, vendor: HostedVendor) -> None:
    hosting.ready(SESSION, documents(), soon())
    vendor.files.clear()
    vendor.stores.clear()
    hosting.remove(SESSION)
    assert vendor.count("DELETE", ".*") == len(NAMES) + 1


def test_a_removal_that_fails_in_its_middle_goes_on_where_it_stopped(
    hosting: Hosting, vendor: HostedVendor
) -> None:
    hosting.ready(SESSION, documents(), soon())
    victim = sorted(vendor.files)[1]
    vendor.fault = lambda method, path: (
        (503, error_body("down")) if method == "DELETE" and path.endswith(victim) else None
    )
    with pytest.raises(ProviderUnavailable):
        hosting.remove(SESSION)
    vendor.fault = lambda _method, _path: None
    hosting.remove(SESSION)
    assert (vendor.files, vendor.stores) == ({}, {})
    assert vendor.count("DELETE", "/vector_stores/.*") == 1


def test_orphans_are_found_by_their_mark_and_strangers_are_left_alone(
    database: Database, hosting: Hosting, stores: OpenAIStores, vendor: HostedVendor, tmp_path: Path
) -> None:
    """What a crash left between the provider's answer and our record of it."""
    path = tmp_path / "file"
    path.write_bytes(b"x")
    for number in range(25):  # more than a page
        stores.upload(f"lost-{number}", "a.txt", path, 10)
    stores.make_store("lost-session")
    stranger = OpenAIStores(StoresOptions(Server("openai", vendor.url, "sk"), "somebody-else"))
    theirs = {stranger.upload("d", "b.txt", path, 10), stranger.make_store("s")}
    removed = hosting.remove_orphans()
    assert removed == Removed(files=25, stores=1)
    assert {*vendor.files, *vendor.stores} == theirs


def test_what_a_closed_session_left_is_removed_by_the_sweep(
    hosting: Hosting, vendor: HostedVendor
) -> None:
    """The session of these documents is not in the database, as one that was purged."""
    hosting.ready(SESSION, documents(), soon())
    assert hosting.remove_orphans() == Removed(files=len(NAMES), stores=1)
    assert (vendor.files, vendor.stores) == ({}, {})


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "provider_rejected"), (429, "provider_rate_limited"), (500, "provider_unavailable")],
)
def test_a_refusal_is_told_as_ours_and_nothing_of_the_vendor(
    hosting: Hosting, vendor: HostedVendor, status: int, code: str
) -> None:
    def fault(method: str, path: str) -> tuple[int, Json] | None:
        return (status, error_body("VENDOR TEXT")) if (method, path) == ("POST", "/files") else None

    vendor.fault = fault
    with pytest.raises(ProviderError) as caught:
        hosting.ready(SESSION, documents(), soon())
    assert caught.value.code == code
    assert "VENDOR" not in str(caught.value)
    vendor.fault = lambda _method, _path: None
    hosting.ready(SESSION, documents(), soon())
    assert len(vendor.files) == len(NAMES)
