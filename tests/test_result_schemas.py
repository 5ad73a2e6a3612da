"""The published shape of a task's result is what tasks of every kind really end with."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.fake_vendor import FakeVendor, answers, fails, rate_limited
from tests.receiver import Receiver
from tests.working import Working, working

Json = dict[str, Any]

WELLS = "well,depth\nnorth,31\nsouth,47\n"
DEPTH = {
    "type": "object",
    "properties": {"depth": {"type": "number"}},
    "required": ["depth"],
}


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor() as vendor:
        yield vendor


@pytest.fixture
def service(vendor: FakeVendor, tmp_path: Path) -> Iterator[Working]:
    settings: Json = {
        "embedder": "hashed",
        "failover_models": ("extractive",),
        "webhook_allowed_hosts": "127.0.0.1",
    }
    url = f"sqlite:///{tmp_path / 'x.sqlite3'}"
    with working(tmp_path, url, vendor, **settings) as working_service:
        yield working_service


def closed(part: Any) -> Any:
    """The schema, with every object held to the fields that are described."""
    if isinstance(part, list):
        return [closed(each) for each in part]
    if not isinstance(part, dict):
        return part
    shut = {name: closed(each) for name, each in part.items()}
    return {**shut, "additionalProperties": False} if "properties" in part else shut


def ensure_described(service: Working, task: Json, name: str) -> Json:
    """The result of a task, when it is exactly what the description of its kind says."""
    schemas = service.client.get("/openapi.json").json()["components"]["schemas"]
    offered = schemas["TaskResponse"]["properties"]["result"]["anyOf"]
    assert {"$ref": f"#/components/schemas/{name}"} in offered
    described = {"$ref": f"#/$defs/{name}", "$defs": closed(copy.deepcopy(schemas))}
    text = Draft202012Validator(_moved(described))
    faults = [f"{error.json_path}: {error.message}" for error in text.iter_errors(task["result"])]
    assert faults == []
    return dict(task["result"])


def _moved(part: Any) -> Any:
    """The schema with its references to where a validator finds them."""
    if isinstance(part, list):
        return [_moved(each) for each in part]
    if not isinstance(part, dict):
        return part
    moved = {name: _moved(each) for name, each in part.items()}
    if isinstance(reference := part.get("$ref"), str):
        moved["$ref"] = reference.replace("#/components/schemas/", "#/$defs/")
    return moved


def upload(service: Working, name: str, text: str, **fields: str) -> Json:
    sent = service.client.post("/api/file/upload", files={"file": (name, text)}, data=fields).json()
    return service.run(sent["task_id"])


def test_every_field_of_a_result_says_what_it_is(service: Working) -> None:
    schemas = service.client.get("/openapi.json").json()["components"]["schemas"]
    for offered in schemas["TaskResponse"]["properties"]["result"]["anyOf"][:-1]:
        described = schemas[offered["$ref"].rpartition("/")[2]]
        assert described["description"]
        for name, field in described["properties"].items():
            assert field.keys() & {"description", "examples", "$ref", "items"}, name


def test_the_answers_to_queries_are_as_described(service: Working, vendor: FakeVendor) -> None:
    session_id = service.upload()
    assert upload(service, "wells.csv", WELLS, session_id=session_id)["status"] == "SUCCESS"
    queries = ["How deep is the north well?", "Summarise all of it."]
    vendor.default = answers("The north well is 31 metres deep [1]. It is red [1].")
    task = service.asked(queries=queries, session_id=session_id, max_passages=3)
    result = ensure_described(service, task, "AnswersResult")
    assert any(answer["citations"] for answer in result["answers"])
    task = service.asked(
        queries=["What is the sum of depth?"], session_id=session_id, model="extractive"
    )
    [answer] = ensure_described(service, task, "AnswersResult")["answers"]
    assert answer["computation"]
    vendor.default = answers("NOT_IN_DOCUMENTS")
    task = service.asked(queries=["Who painted it?"], session_id=session_id, mode="lookup")
    [answer] = ensure_described(service, task, "AnswersResult")["answers"]
    assert answer["nearest"]


def test_an_answer_with_json_by_another_model_is_as_described(
    service: Working, vendor: FakeVendor
) -> None:
    session_id = service.upload()
    vendor.script(answers("It is 31 metres deep [1]."), answers('{"depth": 31}'))
    task = service.asked(queries=["How deep?"], session_id=session_id, response_schema=DEPTH)
    [answer] = ensure_described(service, task, "AnswersResult")["answers"]
    assert answer["json"] == {"depth": 31}
    vendor.script(rate_limited())
    task = service.asked(queries=["How deep is the north well?"], session_id=session_id)
    [answer] = ensure_described(service, task, "AnswersResult")["answers"]
    assert answer["failover"]


def test_what_exists_of_a_query_that_failed_is_as_described(
    service: Working, vendor: FakeVendor
) -> None:
    session_id = service.upload()
    vendor.script(answers("It is 31 metres deep [1]."), fails(400, "content_filter"))
    task = service.asked(queries=["How deep?", "How wide?"], session_id=session_id)
    assert task["status"] == "FAILURE"
    assert len(ensure_described(service, task, "AnswersResult")["answers"]) == 1


def test_generations_are_as_described(service: Working, vendor: FakeVendor) -> None:
    vendor.script(answers("Eins"), fails(400, "content_filter"))
    task = service.generated(prompt="German: {input}!", inputs=["one", "two"])
    assert len(ensure_described(service, task, "GenerationsResult")["answers"]) == 1
    vendor.script(answers("31"), answers('{"depth": 31}'))
    task = service.generated(prompt="How deep?", response_schema=DEPTH)
    [answer] = ensure_described(service, task, "GenerationsResult")["answers"]
    assert answer["repaired"]


def test_embeddings_are_as_described(service: Working) -> None:
    task = service.run(service.post("/embed", inputs=["one", "two"])["task_id"])
    assert len(ensure_described(service, task, "EmbeddingsResult")["embeddings"]) == 2


def test_what_was_read_and_removed_is_as_described(service: Working) -> None:
    task = upload(service, "wells.csv", WELLS)
    assert ensure_described(service, task, "IngestResult")["tables"] == 1
    path = f"/api/file/search/session/{task['session_id']}"
    task = service.run(service.client.delete(path).json()["task_id"])
    assert ensure_described(service, task, "CloseResult")["files_removed"] == 1


def test_a_delivery_is_as_described(service: Working, vendor: FakeVendor) -> None:
    vendor.script(answers("Yes."))
    with Receiver() as receiver:
        task = service.generated(prompt="Hi", webhook_config={"endpoint": receiver.url})
        assert task["status"] == "SUCCESS"
        listed = service.client.get("/api/tasks", params={"kind": "deliver"}).json()["tasks"]
        delivered = service.run(listed[0]["id"])
    assert ensure_described(service, delivered, "DeliveryResult")["status"] == 200
