"""Gives documents their vectors, behind their ingest: first words, then meaning."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import structlog

from ai_llm_service.domain import Extraction
from ai_llm_service.errors import DocumentNotFound
from ai_llm_service.search.base import Ingested, Library
from ai_llm_service.search.headed import texts_to_embed
from ai_llm_service.search.lines import is_log
from ai_llm_service.search.vectors import Vectorizer, vectors_of
from ai_llm_service.store.database import Database
from ai_llm_service.store.vectors import Embedding
from ai_llm_service.usecases.metered_embedder import paid_by

log = structlog.get_logger(__name__)
BATCH_CHUNKS = 256
REST_SECONDS = 1.0
# Beyond that it is hours of work, for what is nearly always a log and found by its words.
MAX_CHUNKS = 50_000


class Embedder:
    """Takes one document after the other; each batch of vectors is committed alone.

    `may_work` says whether this process is the one to do it.
    """

    def __init__(
        self,
        database: Database,
        library: Library,
        vectorizer: Vectorizer,
        may_work: Callable[[], bool],
        lease_seconds: float,
    ) -> None:
        self._database = database
        self._library = library
        self._vectorizer = vectorizer
        self._may_work = may_work
        self._lease_seconds = lease_seconds
        self._has_begun = False

    def work(self) -> float:
        """Embed one document; how long to rest then."""
        if not self._may_work():
            return REST_SECONDS
        self._begin()
        with self._database.snapshot() as store:
            waiting = store.vectors.next_open()
        if waiting is None:
            return REST_SECONDS
        ingested = self._readable(waiting)
        work = self._claim(waiting, by_words_alone=ingested is None)
        if work is not None and ingested is not None:
            with self._paid_by_its_owner(work):
                self._embed(work, ingested)
        return 0.0

    def _begin(self) -> None:
        """What another vectorizer made before is made anew."""
        if self._has_begun:
            return
        with self._database.transaction("vectors.restart") as store:
            again = store.vectors.restart(self._vectorizer.name)
        self._has_begun = True
        log.info("embedder_ready", embedder=self._vectorizer.name, documents_again=again)

    def _claim(self, waiting: Embedding, *, by_words_alone: bool) -> Embedding | None:
        """The document, if it is still the next; what is found by words alone is finished here."""
        with self._database.transaction("vectors.claim") as store:
            work = store.vectors.next_open()
            if work is None or work.document_id != waiting.document_id:
                return None
            if by_words_alone:
                store.vectors.finish(work.document_id)
                return None
            taken = store.vectors.claim(work, self._vectorizer.name, self._lease_seconds)
            return work if taken else None

    def _embed(self, work: Embedding, ingested: Ingested) -> None:
        chunks = ingested.chunks
        began = time.monotonic()
        for first in range(work.done, len(chunks), BATCH_CHUNKS):
            if not self._may_work():
                return
            batch = chunks[first : first + BATCH_CHUNKS]
            texts = texts_to_embed(ingested.extraction, batch)
            vectors = vectors_of(texts, self._vectorizer)
            with self._database.transaction("vectors.keep") as store:
                reached = replace(work, done=first)
                if not store.vectors.keep(reached, vectors, self._lease_seconds):
                    return
        log.info(
            "document_embedded",
            document_id=work.document_id,
            chunks=len(chunks) - work.done,
            seconds=round(time.monotonic() - began, 2),
        )

    def _paid_by_its_owner(self, work: Embedding) -> AbstractContextManager[None]:
        with self._database.snapshot() as store:
            return paid_by(store.vectors.payer(work.document_id))

    def _readable(self, work: Embedding) -> Ingested | None:
        """What to embed: nothing where the document is gone, None where words alone find it."""
        if work.total > MAX_CHUNKS:
            return None
        try:
            ingested = self._library.ingested(work.document_id)
        except DocumentNotFound:
            return Ingested(Extraction(""), ())
        return None if is_log(ingested) else ingested
