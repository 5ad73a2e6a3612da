"""A large text is kept like any other, and the worker does not keep it in memory besides."""

from uuid import uuid4

import pytest

from ai_llm_service.domain import Document, DocumentState, Extraction
from ai_llm_service.store.database import Database
from ai_llm_service.store.documents import LARGE_TEXT_CHARACTERS
from ai_llm_service.text import Chunks

LARGE = Extraction("x" * (LARGE_TEXT_CHARACTERS + 1))


@pytest.fixture
def document(database: Database) -> Document:
    received = Document(
        id=str(uuid4()),
        tenant_id="t",
        session_id=str(uuid4()),
        name="large.log",
        media_type="text/plain",
        size_bytes=len(LARGE.text),
        sha256="0" * 64,
        state=DocumentState.RECEIVED,
        created_at=0,
        ingest_task_id=str(uuid4()),
    )
    with database.transaction("test") as store:
        store.keys.ensure_tenant("t", tenant_id="t")
        store.sessions.open(received.session_id, "t", ttl_seconds=60)
        store.documents.add(received)
    return received


def test_it_is_kept_with_all_its_chunks(database: Database, document: Document) -> None:
    spans = [(start, start + 10) for start in range(0, 60_000, 5)]
    chunks = Chunks(document.id, LARGE.text, spans)
    with database.transaction("test") as store:
        store.documents.complete(document.id, LARGE, chunks)
    with database.snapshot() as store:
        assert store.documents.extraction(document.id) == LARGE
        kept = store.documents.chunks_of(document.id, LARGE.text)
        assert list(kept) == list(chunks)
    assert [(chunk.number, chunk.start, chunk.end) for chunk in kept[-2:]] == [
        (11_998, 59_990, 60_000),
        (11_999, 59_995, 60_005),
    ]


def test_what_fails_after_it_takes_it_back(database: Database, document: Document) -> None:
    def keep_and_fail() -> None:
        with database.transaction("test") as store:
            store.documents.complete(document.id, LARGE, ())
            raise InterruptedError

    with pytest.raises(InterruptedError):
        keep_and_fail()
    with database.snapshot() as store:
        assert store.documents.extraction(document.id) is None
        found = store.documents.find("t", document.id)
    assert found is not None
    assert found.state is DocumentState.RECEIVED
