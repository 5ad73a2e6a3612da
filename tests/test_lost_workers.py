"""A worker that is taken for lost costs its task nothing that was done."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ai_llm_service.domain import Claim
from ai_llm_service.usecases.leases import Leases
from tests.in_process import Api, serving

MAX_LOST_WORKERS = 2
OVER = -1.0
SETTINGS = {
    "lease_seconds": 0.3,
    "sweep_seconds": 0.05,
    "max_lost_workers": MAX_LOST_WORKERS,
    "chat_model": "openai-compatible:nobody",
    "openai_compatible_base_url": "http://127.0.0.1:1/v1",
}
ANSWER = {"text": "It was painted."}


@pytest.fixture
def api(tmp_path: Path, database_url: str) -> Iterator[Api]:
    with serving(tmp_path / "data", database_url, **SETTINGS) as api:
        yield api
        api.core.sweeper.stop()


def generate(api: Api, **body: object) -> str:
    told = api.client.post("/api/generate", json={"prompt": "Why is the pump green?", **body})
    return str(told.json()["task_id"])


def lost(api: Api, task_id: str) -> Claim:
    """A claim whose worker does not renew it."""
    with api.core.database.transaction("test") as store:
        claim = store.claims.claim(task_id, "a-worker", OVER)
    assert claim is not None
    return claim


def lose_all_but_one(api: Api, task_id: str) -> None:
    for _ in range(MAX_LOST_WORKERS - 1):
        claim = lost(api, task_id)
        with api.core.database.transaction("test") as store:
            assert store.claims.requeue_lost(claim)


def times_lost(api: Api, task_id: str) -> int:
    with api.core.database.snapshot() as store:
        task = store.tasks.read(task_id)
    assert task is not None
    return task.lost_workers


def ended(api: Api, task_id: str) -> dict[str, object]:
    api.core.sweeper.start()
    return dict(api.look(task_id, wait=30).json())


def test_a_task_whose_answer_is_kept_succeeds_though_all_its_workers_were_lost(api: Api) -> None:
    task_id = generate(api)
    lose_all_but_one(api, task_id)
    claim = lost(api, task_id)
    with api.core.database.transaction("test") as store:
        store.steps.intend(claim, 1)
        store.steps.record(task_id, 1, ANSWER)
    task = ended(api, task_id)
    assert (task["status"], task["error"]) == ("SUCCESS", None)
    assert task["result"] == {"result": [ANSWER["text"]], "answers": [ANSWER]}


def test_a_task_that_lacks_an_answer_fails_when_all_its_workers_were_lost(api: Api) -> None:
    task_id = generate(api)
    lose_all_but_one(api, task_id)
    lost(api, task_id)
    task = ended(api, task_id)
    assert (task["status"], task["code"]) == ("FAILURE", "worker_lost")


def test_an_answer_that_is_kept_outlives_the_deadline(api: Api) -> None:
    task_id = generate(api, deadline_seconds=1)
    claim = api.claim(task_id)
    with api.core.database.transaction("test") as store:
        store.steps.intend(claim, 1)
        store.steps.record(task_id, 1, ANSWER)
    task = ended(api, task_id)
    assert (task["status"], task["error"]) == ("SUCCESS", None)


def test_a_worker_that_stood_still_and_lives_is_no_crash(api: Api) -> None:
    task_id = generate(api)
    leases = Leases(api.core.database, "a-worker", OVER)
    claim = leases.claim(task_id)
    assert claim is not None
    with api.core.database.transaction("test") as store:
        assert store.claims.requeue_lost(claim)
    assert times_lost(api, task_id) == 1
    leases.beat()
    assert times_lost(api, task_id) == 0
    leases.beat()
    assert times_lost(api, task_id) == 0


def test_a_claim_that_its_worker_gave_back_was_not_lost(api: Api) -> None:
    task_id = generate(api)
    lose_all_but_one(api, task_id)
    leases = Leases(api.core.database, "another", 60.0)
    claim = leases.claim(task_id)
    assert claim is not None
    with api.core.database.transaction("test") as store:
        assert store.claims.give_back(claim, 0, "the provider is limited")
    leases.beat()
    assert times_lost(api, task_id) == MAX_LOST_WORKERS - 1
