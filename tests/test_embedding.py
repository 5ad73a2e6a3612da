"""Vectors of documents: made behind their ingest, in batches that a crash does not undo."""

from collections.abc import Sequence
from uuid import uuid4

import numpy as np
import pytest
from numpy.typing import NDArray

from ai_llm_service.domain import Document, DocumentState, Extraction, Section, SectionKind
from ai_llm_service.providers.hashed import Hashed
from ai_llm_service.search.library import SqlLibrary
from ai_llm_service.search.split import split_text
from ai_llm_service.search.vectors import vectors_of
from ai_llm_service.store.database import Database
from ai_llm_service.text import Chunks
from ai_llm_service.usecases import embedding
from ai_llm_service.usecases.embedding import Embedder
from tests.test_store import TENANT

SENTENCES = [f"The pump with the number {n} stands in the cellar of house {n}." for n in range(80)]
TEXT = Extraction(" ".join(SENTENCES))


class Named(Hashed):
    def __init__(self, name: str = "hashed") -> None:
        self.name = name
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts += texts
        return super().embed(texts)


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "BATCH_CHUNKS", 4)


def received(database: Database) -> Document:
    """A document in a session of its own."""
    session_id, document_id = str(uuid4()), str(uuid4())
    document = Document(
        id=document_id,
        tenant_id=TENANT,
        session_id=session_id,
        name="pumps.txt",
        media_type="text/plain",
        size_bytes=1,
        sha256="0" * 64,
        state=DocumentState.RECEIVED,
        created_at=0.0,
        ingest_task_id=str(uuid4()),
    )
    with database.transaction("test") as store:
        store.keys.ensure_tenant(TENANT, tenant_id=TENANT)
        store.sessions.open(session_id, TENANT, ttl_seconds=60)
        store.documents.add(document)
    return document


@pytest.fixture
def document(database: Database) -> Document:
    document = received(database)
    with database.transaction("test") as store:
        store.documents.complete(document.id, TEXT, split_text(document.id, TEXT))
    return document


def embedder(database: Database, vectorizer: Named, batches: int = 1000) -> Embedder:
    """It may begin so many batches; the first two questions are about its start."""
    left = iter([True] * (batches + 1))
    return Embedder(database, SqlLibrary(database), vectorizer, lambda: next(left, False), 0.0)


def test_every_chunk_gets_its_vector(database: Database, document: Document) -> None:
    library = SqlLibrary(database)
    assert embedder(database, Named()).work() == 0
    chunks = library.ingested(document.id).chunks
    kept = library.vectors(document.id, 0)
    assert [first for first, _ in kept] == list(range(0, len(chunks), 4))
    wanted = vectors_of([chunk.text for chunk in chunks], Hashed())
    np.testing.assert_allclose(np.vstack([rows for _, rows in kept]), wanted, atol=1e-3)
    progress = library.embedded(document.session_id)[document.id]
    assert (progress.embedder, progress.chunks, progress.finished) == ("hashed", len(chunks), True)
    assert embedder(database, Named()).work() > 0


def test_what_was_begun_is_gone_on_with(database: Database, document: Document) -> None:
    library, first, second = SqlLibrary(database), Named(), Named()
    embedder(database, first, batches=2).work()
    assert library.embedded(document.session_id)[document.id].chunks == 8
    embedder(database, second).work()
    chunks = library.ingested(document.id).chunks
    assert [*first.texts, *second.texts] == [chunk.text for chunk in chunks]


def test_another_embedder_makes_all_anew(database: Database, document: Document) -> None:
    library, other = SqlLibrary(database), Named("other")
    embedder(database, Named()).work()
    embedder(database, other).work()
    again = embedder(database, other)
    again.work()
    assert len(other.texts) == len(library.ingested(document.id).chunks)
    assert library.embedded(document.session_id)[document.id].embedder == "other"


def test_an_enormous_document_is_left_to_its_words(
    database: Database, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "MAX_CHUNKS", 3)
    embedder(database, Named()).work()
    progress = SqlLibrary(database).embedded(document.session_id)[document.id]
    assert (progress.chunks, progress.finished) == (0, True)


def test_a_log_is_left_to_its_words(database: Database) -> None:
    log, vectorizer = received(database), Named()
    text = Extraction("".join(f"2024-05-01 10:00:{n:02} INFO job {n} ended\n" for n in range(60)))
    with database.transaction("test") as store:
        store.documents.complete(log.id, text, split_text(log.id, text))
    assert embedder(database, vectorizer).work() == 0.0
    progress = SqlLibrary(database).embedded(log.session_id)[log.id]
    assert (progress.finished, vectorizer.texts) == (True, [])


def test_an_identical_document_takes_over_the_vectors(
    database: Database, document: Document
) -> None:
    library, twin = SqlLibrary(database), received(database)
    with database.transaction("test") as store:
        assert not store.vectors.copy(document.id, twin.id)
    embedder(database, Named()).work()
    with database.transaction("test") as store:
        assert store.vectors.copy(document.id, twin.id)
    for (_, ours), (_, theirs) in zip(
        library.vectors(document.id, 0), library.vectors(twin.id, 0), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


def test_vectors_go_with_their_session(database: Database, document: Document) -> None:
    embedder(database, Named()).work()
    with database.transaction("test") as store:
        store.documents.remove_of_session(document.session_id)
    assert SqlLibrary(database).vectors(document.id, 0) == []


def test_what_is_found_by_its_words_is_not_looked_at_again(database: Database) -> None:
    log, vectorizer = received(database), Named()
    text = Extraction("pump seven failed\n" * 60)
    with database.transaction("test") as store:
        store.documents.complete(log.id, text, split_text(log.id, text), by_words_alone=True)
    assert embedder(database, vectorizer).work() > 0
    assert SqlLibrary(database).embedded(log.session_id)[log.id].finished
    assert vectorizer.texts == []


def test_rows_are_embedded_under_the_names_of_their_columns(database: Database) -> None:
    table, vectorizer = received(database), Named()
    names, rows = "well,depth", [f"W{number},{number}" for number in range(4)]
    text = "\n".join([names, *rows])
    extraction = Extraction(text, (Section(SectionKind.HEADER, "1", 0, len(names)),))
    at = text.index("W2")
    pieces = Chunks(table.id, text, [(0, at), (at, len(text))])
    with database.transaction("test") as store:
        store.documents.complete(table.id, extraction, pieces)
    embedder(database, vectorizer).work()
    assert vectorizer.texts == ["well,depth\nW0,0\nW1,1\n", "well,depth\nW2,2\nW3,3"]
