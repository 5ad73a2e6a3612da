"""A provider's embedder behind the search: its calls are limited, counted, and paid for."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.fake_vendor import FakeVendor, fails
from tests.working import MODEL, PRICED, Working, prices, working

EMBEDDER = "openai-compatible:mini"
PRICE_OF_VECTORS = PRICED.replace(MODEL, EMBEDDER)


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor() as vendor:
        yield vendor


def served(vendor: FakeVendor, folder: Path, **given: Any) -> AbstractContextManager[Working]:
    file = prices(folder, PRICED + PRICE_OF_VECTORS)
    url = f"sqlite:///{folder / 'x.sqlite3'}"
    return working(
        folder, url, vendor, prices_file=file, embedder=EMBEDDER, chat_model="extractive", **given
    )


@pytest.fixture
def service(vendor: FakeVendor, tmp_path: Path) -> Iterator[Working]:
    with served(vendor, tmp_path) as working_service:
        yield working_service


def embed_documents(service: Working) -> None:
    """What happens behind an ingest."""
    embedding = service.worker._embedding
    assert embedding is not None
    while embedding._work() == 0.0:
        pass


def calls_of(service: Working, model: str, **query: Any) -> dict[str, Any]:
    parts = service.usage(group_by="model", **query)["parts"]
    return next((part for part in parts if part["key"] == model), {"calls": 0, "cost": 0})


def vectors_asked(vendor: FakeVendor) -> int:
    return sum(request.path.endswith("/embeddings") for request in vendor.requests)


def test_the_vectors_of_a_document_are_paid_by_its_session(
    service: Working, vendor: FakeVendor
) -> None:
    session_id = service.upload()
    embed_documents(service)
    assert vectors_asked(vendor) == 1
    paid = calls_of(service, EMBEDDER, session_id=session_id)
    assert (paid["calls"], paid["cost"] > 0) == (1, True)


def test_the_vector_of_a_question_is_paid_by_its_task_and_told_in_the_answer(
    service: Working,
) -> None:
    session_id = service.upload()
    embed_documents(service)
    task = service.asked(queries=["How deep is the well?"], session_id=session_id)
    [answer] = task["result"]["answers"]
    vectors = calls_of(service, EMBEDDER, task_id=task["id"])
    assert vectors["calls"] >= 1
    assert answer["cost"] == pytest.approx(vectors["cost"])
    assert answer["usage"]["input_tokens"] == vectors["input_tokens"]


def test_a_search_without_a_task_is_paid_by_its_session(service: Working) -> None:
    session_id = service.upload()
    embed_documents(service)
    service.post("/file/search", query="How deep is the well?", session_id=session_id)
    assert calls_of(service, EMBEDDER, session_id=session_id)["calls"] == 2


def test_max_cost_holds_for_the_vector_of_a_question(service: Working, vendor: FakeVendor) -> None:
    session_id = service.upload()
    embed_documents(service)
    before = len(vendor.requests)
    task = service.asked(queries=["How deep?"], session_id=session_id, max_cost=1e-9)
    assert task["code"] == "cost_limit_exceeded"
    assert len(vendor.requests) == before


def test_the_limit_of_the_embedder_makes_a_question_wait_in_the_queue(
    vendor: FakeVendor, tmp_path: Path
) -> None:
    with served(vendor, tmp_path, provider_limits=f"{EMBEDDER}=1") as service:
        session_id = service.upload()
        embed_documents(service)
        task = service.asked(queries=["How deep is the well?"], session_id=session_id)
        assert task["status"] == "PENDING"
        assert task["reason"].startswith("waiting for provider limit until 20")
        assert vectors_asked(vendor) == 1


def test_a_question_without_a_vector_is_found_by_its_words(
    service: Working, vendor: FakeVendor
) -> None:
    session_id = service.upload()
    embed_documents(service)
    vendor.script(fails(500))
    task = service.asked(queries=["How deep is the well?"], session_id=session_id)
    assert task["status"] == "SUCCESS"
