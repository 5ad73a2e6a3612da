"""What a client sees while a document is read, and what is not read twice."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ai_llm_service.domain import Claim
from ai_llm_service.errors import ClaimLost, DocumentRejected
from ai_llm_service.search.base import Ingested
from ai_llm_service.search.cache import IndexCache
from ai_llm_service.search.extract.source import Told, silent
from ai_llm_service.search.library import SqlLibrary
from ai_llm_service.search.local import LocalFileSearch, LocalLimits
from ai_llm_service.store.store import Store
from ai_llm_service.usecases import progress
from ai_llm_service.usecases.endings import Failure, conclude, failed
from ai_llm_service.usecases.ingesting import Ingesting
from ai_llm_service.usecases.outcomes import Done, nothing
from ai_llm_service.usecases.tabulating import Tabulating
from ai_llm_service.wiring.tables import build_tables
from tests.files import pdf
from tests.in_process import Api, serving


class Reader(LocalFileSearch):
    """The local search, which counts what it reads and may be read by another recipe."""

    def __init__(self, api: Api) -> None:
        super().__init__(SqlLibrary(api.core.database), IndexCache(), LocalLimits())
        self.read = 0
        self.own_recipe = super().recipe

    @property
    def recipe(self) -> str:
        return self.own_recipe

    def ingest(self, document: Any, path: Path, told: Told = silent) -> Ingested:
        self.read += 1
        return super().ingest(document, path, told)


class Bench:
    """An API and the part of a worker that reads documents."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.search = Reader(api)
        tabulating = Tabulating(api.core.files, build_tables().workshop)
        self.ingesting = Ingesting(api.core.database, tabulating, self.search)

    def upload(self, name: str, data: bytes, **fields: str) -> dict[str, Any]:
        sent = self.api.client.post("/api/file/upload", files={"file": (name, data)}, data=fields)
        assert sent.status_code == 200, sent.text
        return dict(sent.json())

    def ingest(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Read an uploaded document as a worker does; the ended task."""
        claim = self.api.claim(sent["task_id"])
        with self.api.core.database.snapshot() as store:
            outcome = self._outcome(claim, store)
        with self.api.core.database.transaction("test") as store:
            conclude(
                store,
                claim.task,
                outcome.ending,
                lambda store, ending: store.endings.by_holder(claim, ending),
                outcome.also,
            )
        return self.api.task(sent["task_id"])

    def _outcome(self, claim: Claim, store: Store) -> Done:
        try:
            return self.ingesting.perform(claim)
        except DocumentRejected as error:
            return Done(failed(store, claim.task, Failure.of(error)), nothing)

    def document(self, sent: dict[str, Any]) -> dict[str, Any]:
        return dict(self.api.client.get(f"/api/document/{sent['document_id']}").json())

    def text(self, sent: dict[str, Any]) -> str:
        path = f"/api/document/{sent['document_id']}/text"
        return str(self.api.client.get(path).json()["text"])


@pytest.fixture
def bench(tmp_path: Path, database_url: str) -> Iterator[Bench]:
    with serving(tmp_path, database_url) as api:
        yield Bench(api)


def test_the_same_bytes_are_read_once_for_a_tenant(bench: Bench) -> None:
    data = pdf(["One page."], ["Another."])
    first, second = bench.upload("a.pdf", data), bench.upload("b.txt", data)
    assert bench.ingest(first)["result"]["reused"] is False
    again = bench.ingest(second)["result"]
    assert (again["reused"], bench.search.read) == (True, 1)
    assert bench.text(second) == bench.text(first) == "One page.\n\nAnother."
    told = bench.document(second)
    assert (told["state"], told["pages"], told["chunks"]) == ("ready", 2, 2)
    assert told["notes"] == ["The name says plain text, but the content is a PDF."]
    assert told["sha256"] == hashlib.sha256(data).hexdigest()


def test_a_copy_outlives_what_it_was_made_of(bench: Bench) -> None:
    first, second = bench.upload("a.txt", b"Three wells."), bench.upload("b.txt", b"Three wells.")
    bench.ingest(first)
    bench.ingest(second)
    with bench.api.core.database.transaction("test") as store:
        store.documents.remove_of_session(first["session_id"])
    assert bench.text(second) == "Three wells."
    third = bench.upload("c.txt", b"Three wells.")
    assert bench.ingest(third)["result"]["reused"] is True


def test_another_recipe_reads_the_same_bytes_again(bench: Bench) -> None:
    bench.ingest(bench.upload("a.txt", b"Three wells."))
    bench.search.own_recipe = "another"
    assert bench.ingest(bench.upload("b.txt", b"Three wells."))["result"]["reused"] is False


def test_another_tenant_has_nothing_of_it(bench: Bench) -> None:
    sent = bench.upload("a.txt", b"Three wells.")
    bench.ingest(sent)
    with bench.api.core.database.snapshot() as store:
        document = store.documents.find("default", sent["document_id"])
        assert document is not None
        assert store.readings.twin_of(document, bench.search.recipe) is None


def test_a_crash_after_the_copy_leaves_nothing_in_the_way(bench: Bench) -> None:
    first, second = bench.upload("a.txt", b"Three wells."), bench.upload("b.txt", b"Three wells.")
    bench.ingest(first)
    with bench.api.core.database.transaction("test") as store:
        assert store.readings.copy(first["document_id"], second["document_id"])
        assert not store.readings.copy("gone", "gone-too")
        store.documents.remove_of_session(first["session_id"])
    assert bench.ingest(second)["result"]["reused"] is False
    assert bench.text(second) == "Three wells."


def test_progress_tells_pages_rate_and_estimate(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = bench.upload("a.pdf", pdf(["One."]))
    claim = bench.api.claim(sent["task_id"])
    times = iter([100.0, 100.5, 102.0, 104.0])
    told = progress.ProgressTeller(
        bench.api.core.database, claim, "pages", clock=lambda: next(times)
    )
    told(1, 220)
    assert bench.api.task(sent["task_id"])["progress"]["unit"] is None
    told(20, 220)
    assert bench.api.task(sent["task_id"])["progress"] == {
        "done": 20,
        "total": 220,
        "doing": "reading: 20 of 220 pages",
        "unit": "pages",
        "per_second": 10.0,
        "seconds_left": 20.0,
    }
    bench.api.cancel(sent["task_id"])
    with pytest.raises(ClaimLost):
        told(40, 220)


def test_vectors_that_are_made_behind_are_told(bench: Bench) -> None:
    sent = bench.upload("a.txt", b"Three wells.")
    assert bench.ingest(sent)["embedding"] is None
    with bench.api.core.database.transaction("test") as store:
        [work] = store.vectors.of_session(sent["session_id"]).values()
        assert store.vectors.claim(work, "an-embedder", 60)
    told = bench.api.task(sent["task_id"])
    assert (told["status"], told["embedding"]["doing"]) == (
        "SUCCESS",
        "embedding: 0 of 1 chunks",
    )


def test_a_document_that_cannot_be_read_says_why_in_its_session(bench: Bench) -> None:
    sent = bench.upload("a.pdf", pdf(["x"])[:300])
    assert bench.ingest(sent)["code"] == "document_rejected"
    view = bench.api.client.get(f"/api/file/search/session/{sent['session_id']}").json()
    [document] = view["documents"]
    assert (document["state"], document["code"]) == ("failed", "document_rejected")
    assert document["error"] == "a.pdf is not a valid PDF: it is damaged or cut off."
