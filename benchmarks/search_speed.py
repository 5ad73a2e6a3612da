"""How fast a question is searched, warm and cold, and how fast documents get their vectors."""

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import accumulate
from pathlib import Path
from statistics import median
from uuid import uuid4

import numpy as np

from ai_llm_service.domain import Chunk, Document, DocumentState, Extraction, Query
from ai_llm_service.search.finding import PassageFinder
from ai_llm_service.search.library import SqlLibrary
from ai_llm_service.search.split import split_text
from ai_llm_service.search.vectors import Vectorizer, vectors_of
from ai_llm_service.settings import Settings
from ai_llm_service.store.database import Database
from ai_llm_service.text import Chunks
from ai_llm_service.usecases.embedding import BATCH_CHUNKS
from ai_llm_service.wiring.search import build_cache
from ai_llm_service.wiring.vectors import document_vectorizer, make_embedder
from benchmarks import ingest
from benchmarks.figure import Figure, at_least, at_most, percentile, size

TENANT = "default"
DIMENSIONS = 384
CHUNKS_OF_DOCUMENT = 1000
QUESTIONS = 40
WORDS_OF_SENTENCE, WORDS_OF_QUESTION = 14, 7
CHARACTERS_OF_CHUNK = 800
# What the embedder puts before and behind a text.
FRAME_TOKENS = 2
ROUNDS = 3
SEARCH_SECONDS = 600.0
WARM_GOALS = {1_000: 5.0, 10_000: 12.0, 100_000: 60.0}
COLD_GOALS = {1_000: 60.0, 10_000: 400.0}


def search() -> list[Figure]:
    """New questions each time, their vectors included, of sessions with vectors."""
    figures = []
    with _database() as (settings, database):
        for chunks, goal in WARM_GOALS.items():
            session_id = _session(database, settings, chunks)
            cold, warm = _search_times(settings, database, session_id)
            name = f"search of {chunks:,} chunks"
            figures.append(at_most(f"{name}, warm, p50", percentile(warm, 50), "ms", goal))
            if chunks in COLD_GOALS:
                figures.append(at_most(f"{name}, cold", cold, "ms", COLD_GOALS[chunks]))
    return figures


def embedding() -> list[Figure]:
    """Chunks of about 200 tokens, by the engine alone and through the pipeline, in turns."""
    number = size("EMBEDDED_CHUNKS", 512)
    alone: list[float] = []
    through: list[float] = []
    with _database() as (settings, database):
        vectorizer = document_vectorizer(settings, database)
        if vectorizer is None:
            return []
        vectors_of(["The engine is loaded before it is measured."], vectorizer)
        for each in range(ROUNDS):
            text, pieces = _chunks_of_200_tokens(random.Random(each), number)
            texts = [piece.text for piece in pieces]
            alone.append(number / _seconds(partial(_embed_alone, texts, vectorizer)))
            _keep(database, Extraction(text), pieces)
            embedder = make_embedder(settings, database, lambda: True)
            assert embedder is not None
            through.append(number / _seconds(embedder.work))
    share = 100 * median(through) / median(alone)
    return [
        Figure("embedding, 200 tokens, the engine alone", median(alone), "chunks/s"),
        at_least("embedding, 200 tokens, whole pipeline", median(through), "chunks/s", 60),
        at_least("embedding, pipeline of engine", share, "%", 90),
    ]


def _search_times(
    settings: Settings, database: Database, session_id: str
) -> tuple[float, list[float]]:
    """The milliseconds of a first question, without its vector, and of those after it."""
    chance = random.Random(session_id)
    colds = []
    for _ in range(ROUNDS):
        cache = build_cache(settings, database)
        finder = PassageFinder(SqlLibrary(database), cache)
        first = _question(chance)
        if cache.asker is not None:
            cache.asker.vector(first)
        colds.append(_seconds(partial(_ask, finder, session_id, first)))
    asked = [_question(chance) for _ in range(QUESTIONS)]
    warm = [_seconds(partial(_ask, finder, session_id, each)) for each in asked]
    return median(colds) * 1000, [seconds * 1000 for seconds in warm]


def _ask(finder: PassageFinder, session_id: str, question: str) -> None:
    assert finder.find(Query(session_id, question), SEARCH_SECONDS).passages


def _session(database: Database, settings: Settings, chunks: int) -> str:
    """A session of documents of a thousand chunks each, whose vectors are made up."""
    vectorizer = document_vectorizer(settings, database)
    session_id = str(uuid4())
    with database.transaction("bench") as store:
        store.sessions.open(session_id, TENANT, ttl_seconds=3600)
    made = 0
    while made < chunks:
        chance = random.Random(made)
        extraction = Extraction(_prose(chance, CHUNKS_OF_DOCUMENT * CHARACTERS_OF_CHUNK))
        pieces = split_text("", extraction)[:CHUNKS_OF_DOCUMENT]
        document_id = _keep(database, extraction, pieces, session_id)
        _make_up_vectors(database, document_id, len(pieces), vectorizer)
        made += len(pieces)
    return session_id


def _make_up_vectors(
    database: Database, document_id: str, number: int, vectorizer: Vectorizer | None
) -> None:
    if vectorizer is None:
        return
    vectors = np.random.default_rng(number).normal(size=(number, DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with database.transaction("bench") as store:
        work = store.vectors.of_document(document_id)
        assert work is not None
        store.vectors.claim(work, vectorizer.name, 60.0)
        store.vectors.keep(work, vectors, 60.0)


def _keep(
    database: Database,
    extraction: Extraction,
    pieces: Sequence[Chunk],
    session_id: str | None = None,
) -> str:
    """A document that is ready."""
    document_id = str(uuid4())
    with database.transaction("bench") as store:
        if session_id is None:
            session_id = str(uuid4())
            store.sessions.open(session_id, TENANT, ttl_seconds=3600)
        store.documents.add(
            Document(
                id=document_id,
                tenant_id=TENANT,
                session_id=session_id,
                name="survey.txt",
                media_type="text/plain",
                size_bytes=len(extraction.text),
                sha256="0" * 64,
                state=DocumentState.RECEIVED,
                created_at=0.0,
                ingest_task_id=str(uuid4()),
            )
        )
        store.documents.complete(document_id, extraction, pieces)
    return document_id


def _embed_alone(texts: Sequence[str], vectorizer: Vectorizer) -> None:
    for first in range(0, len(texts), BATCH_CHUNKS):
        vectors_of(texts[first : first + BATCH_CHUNKS], vectorizer)


def _chunks_of_200_tokens(chance: random.Random, number: int) -> tuple[str, Chunks]:
    """A text of common words, each of which is a token, and its chunks."""
    chunks = [" ".join(chance.choices(PLAIN_WORDS, k=200 - FRAME_TOKENS)) for _ in range(number)]
    ends = list(accumulate(len(chunk) + 1 for chunk in chunks))
    spans = zip([0, *ends], (end - 1 for end in ends), strict=False)
    text = "\n".join(chunks)
    return text, Chunks("", text, spans)


def _prose(chance: random.Random, characters: int) -> str:
    """Sentences of words that are as rare as those of a language."""
    text: list[str] = []
    length = 0
    while length < characters:
        sentence = " ".join(chance.choices(VOCABULARY, cum_weights=WEIGHTS, k=WORDS_OF_SENTENCE))
        text.append(f"{sentence.capitalize()}.")
        length += len(sentence) + 2
    return " ".join(text)[:characters]


def _question(chance: random.Random) -> str:
    return " ".join(chance.choices(VOCABULARY, cum_weights=WEIGHTS, k=WORDS_OF_QUESTION)) + "?"


def _vocabulary(number: int) -> list[str]:
    chance = random.Random(number)
    heads = ["wa", "re", "pu", "so", "mi", "tra", "ste", "lo", "gra", "be", "co", "dis"]
    middles = ["ter", "na", "lu", "sti", "ver", "mo", "ra", "den", "pli", "ca"]
    tails = ["", "n", "s", "ing", "ed", "ly", "t", "al"]
    return ["".join(map(chance.choice, (heads, middles, middles, tails))) for _ in range(number)]


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


@contextmanager
def _database() -> Iterator[tuple[Settings, Database]]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        address = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        database = Database(address)
        database.migrate()
        with database.transaction("bench") as store:
            store.keys.ensure_tenant(TENANT, tenant_id=TENANT)
        yield Settings(_env_file=None, data_dir=Path(folder), database_url=address), database
        database.close()


PLAIN_WORDS = tuple(ingest.VOCABULARY.split())
VOCABULARY = _vocabulary(6000)
WEIGHTS = list(accumulate(1 / rank for rank in range(1, len(VOCABULARY) + 1)))
