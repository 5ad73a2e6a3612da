"""Who answers: chosen for a session and for a query, replaced where it is down, told in answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.fake_vendor import (
    Behaviour,
    FakeVendor,
    answers,
    fails,
    out_of_credit,
    rate_limited,
    refuses_key,
)
from tests.working import Json, Working, working

FILE = """
default = "first:large"
failover = ["second:small", "extractive"]

[providers.first]
kind = "openai"
base_url = "{first}"
models = ["large", "other"]

[providers.second]
kind = "openai-compatible"
base_url = "{second}"
models = ["small"]
context_tokens = 5000
"""
TEXT = "The north well is 31 metres deep.\n"
QUESTION = "How deep is the north well?"


@pytest.fixture
def other() -> Iterator[FakeVendor]:
    with FakeVendor() as running:
        running.default = answers("The second vendor says 31 metres [1].")
        yield running


@contextmanager
def two_vendors(
    folder: Path, database_url: str, first: FakeVendor, second: FakeVendor, **given: Any
) -> Iterator[Working]:
    file = folder / "providers.toml"
    file.write_text(FILE.format(first=first.url, second=second.url), "utf-8")
    settings = {"providers_file": file, "chat_model": "first:large", "embedder": "none", **given}
    with working(folder, database_url, first, **settings) as service:
        yield service


@pytest.fixture
def service(
    tmp_path: Path, database_url: str, vendor: FakeVendor, other: FakeVendor
) -> Iterator[Working]:
    with two_vendors(tmp_path, database_url, vendor, other) as running:
        yield running


def upload(service: Working, **fields: str) -> Json:
    files = {"file": ("wells.txt", TEXT)}
    sent = service.client.post("/api/file/upload", files=files, data=fields)
    assert sent.status_code == 200, sent.text
    service.run(sent.json()["task_id"])
    return dict(sent.json())


def answer(service: Working, session_id: str, **fields: Any) -> Json:
    task = service.asked(queries=[QUESTION], session_id=session_id, **fields)
    assert task["status"] == "SUCCESS", task
    return dict(task["result"]["answers"][0])


def test_a_query_and_a_session_choose_their_model(
    service: Working, vendor: FakeVendor, other: FakeVendor
) -> None:
    session_id = upload(service)["session_id"]
    assert answer(service, session_id)["model"] == "first:large"
    assert answer(service, session_id, model="second:small")["model"] == "second:small"
    assert answer(service, session_id)["model"] == "first:large"
    upload(service, session_id=session_id, model="first:other", file_search="local")
    shown = service.client.get(f"/api/file/search/session/{session_id}").json()
    assert (shown["model"], shown["file_search"]) == ("first:other", "local")
    assert answer(service, session_id)["model"] == "first:other"
    assert answer(service, session_id, model="extractive")["model"] == "extractive"


def test_a_session_that_changes_its_model_keeps_its_memory(
    service: Working, vendor: FakeVendor, other: FakeVendor
) -> None:
    vendor.script(answers("The first vendor says 31 metres [1]."))
    session_id = upload(service, model="first:other")["session_id"]
    answer(service, session_id)
    upload(service, session_id=session_id, model="second:small")
    answer(service, session_id)
    told = other.requests[-1].messages
    assert [message["role"] for message in told] == ["system", "user", "assistant", "user"]
    assert told[1]["content"] == QUESTION
    assert "The first vendor says 31 metres" in told[2]["content"]


@pytest.mark.parametrize("path", ["/file/query", "/generate"])
def test_a_model_that_may_not_be_chosen_is_refused_with_those_that_may(
    service: Working, path: str
) -> None:
    body = {"session_id": upload(service)["session_id"], "queries": ["?"], "prompt": "?"}
    problem = service.refused(path, **body, model="first:secret")
    assert (problem["status"], problem["code"]) == (422, "invalid_request")
    assert problem["errors"][0]["where"] == "model"
    assert "first:large, second:small, extractive, first:other" in problem["hint"]


@pytest.mark.parametrize(
    ("fields", "where"), [({"model": "nobody:x"}, "model"), ({"file_search": "x"}, "file_search")]
)
def test_an_upload_that_chooses_what_is_not_there_keeps_nothing(
    service: Working, fields: dict[str, str], where: str
) -> None:
    files = {"file": ("wells.txt", TEXT)}
    sent = service.client.post("/api/file/upload", files=files, data=fields)
    assert (sent.status_code, sent.json()["errors"][0]["where"]) == (422, where)
    assert service.client.get("/api/file/search/sessions").json()["sessions"] == []


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (rate_limited({"retry-after": "30"}), "provider_rate_limited"),
        (fails(503), "provider_unavailable"),
        (out_of_credit(), "provider_rejected"),
        (refuses_key(), "provider_rejected"),
        (fails(404), "provider_rejected"),
    ],
)
def test_the_next_model_answers_where_one_is_down_or_limited_and_the_answer_says_so(
    service: Working, vendor: FakeVendor, other: FakeVendor, behaviour: Behaviour, code: str
) -> None:
    session_id = upload(service)["session_id"]
    vendor.script(behaviour)
    told = answer(service, session_id)
    assert told["model"] == "second:small"
    assert told["failover"] == [{"model": "first:large", "code": code}]
    assert "The second vendor" in told["text"]


def test_an_answer_of_the_chosen_model_names_no_other(service: Working) -> None:
    assert answer(service, upload(service)["session_id"])["failover"] == []


def test_the_last_stand_in_quotes_the_documents(
    service: Working, vendor: FakeVendor, other: FakeVendor
) -> None:
    session_id = upload(service)["session_id"]
    vendor.script(fails(500))
    other.script(fails(500))
    told = answer(service, session_id)
    assert told["model"] == "extractive"
    assert [each["model"] for each in told["failover"]] == ["first:large", "second:small"]
    assert "31 metres" in told["text"]


def test_what_only_quotes_does_not_write_from_a_prompt(
    service: Working, vendor: FakeVendor, other: FakeVendor
) -> None:
    vendor.script(refuses_key())
    other.script(refuses_key())
    task = service.generated(prompt="Write a poem.")
    assert task["status"] == "FAILURE"
    assert task["error"] == (
        "The provider first refused our key. Asked in its place, second:small failed, too."
    )


def test_a_model_that_refuses_what_was_asked_has_no_stand_in(
    service: Working, vendor: FakeVendor, other: FakeVendor
) -> None:
    session_id = upload(service)["session_id"]
    vendor.script(fails(400, "content_filter"))
    task = service.asked(queries=[QUESTION], session_id=session_id)
    assert (task["status"], task["code"]) == ("FAILURE", "provider_rejected")
    assert other.requests == []


def test_a_prompt_that_is_too_long_is_asked_once_more_with_less(
    tmp_path: Path, database_url: str, vendor: FakeVendor, other: FakeVendor
) -> None:
    with two_vendors(tmp_path, database_url, vendor, other, chat_model="second:small") as service:
        wells = "".join(f"Well {n} is {n} metres deep.\n" for n in range(999))
        files = {"file": ("wells.txt", wells)}
        sent = service.client.post("/api/file/upload", files=files).json()
        service.run(sent["task_id"])
        other.script(fails(400, "context_length_exceeded"))
        told = answer(service, sent["session_id"], mode="lookup")
        assert told["model"] == "second:small"
        first, again = (len(str(request.messages)) for request in other.requests)
        assert again < first
        other.script(*[fails(400, "context_length_exceeded")] * 2)
        task = service.asked(queries=["And now?"], session_id=sent["session_id"], mode="lookup")
        assert task["status"] == "FAILURE"
        assert "longer than the model can read" in task["error"]
        assert len(other.requests) == 4


def test_an_embedder_of_a_provider_serves_texts(
    tmp_path: Path, database_url: str, vendor: FakeVendor, other: FakeVendor
) -> None:
    with two_vendors(tmp_path, database_url, vendor, other, embedder="second:mini") as service:
        task = service.run(service.post("/embed", inputs=["a", "bb"])["task_id"])
        assert task["status"] == "SUCCESS", task
        assert other.requests[-1].body["input"] == ["a", "bb"]
        assert "[1.0, 1.0]" in str(task["result"])


def test_a_background_answer_is_collected_by_the_next_worker(
    tmp_path: Path, database_url: str, vendor: FakeVendor
) -> None:
    given = {
        "chat_model": "openai:gpt-6-luna",
        "openai_api_key": "sk-x",
        "openai_base_url": vendor.url,
        "openai_background": True,
        "embedder": "none",
        "provider_timeout_seconds": 1.0,
        "file_search": "local",
    }
    with working(tmp_path, database_url, vendor, **given) as service:
        session_id = upload(service)["session_id"]
        vendor.later.looks_until_ready = 10**9
        task = service.asked(queries=[QUESTION], session_id=session_id)
        assert (task["status"], task["reason"]) == ("PENDING", "the provider is still writing")
    vendor.later.looks_until_ready = 0
    with working(tmp_path, database_url, vendor, **given) as service:
        task = due(service, task["id"])
        assert task["status"] == "SUCCESS", task
    asked = [each for each in vendor.requests if each.path == "/v1/responses"]
    assert len(asked) == 1


def due(service: Working, task_id: str) -> Json:
    """The task as it is after the wait that it was given back for."""
    task = service.task(task_id)
    while task["status"] not in {"SUCCESS", "FAILURE"}:
        task = service.run(task_id)
    return task
