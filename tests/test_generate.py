"""Any LLM call as a task: prompts, batches, JSON by a schema, and what is refused at the door."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fake_vendor import FakeVendor, answers, fails
from tests.working import Working, working

RIVERS = {
    "type": "object",
    "properties": {"rivers": {"type": "array", "items": {"type": "string"}}},
    "required": ["rivers"],
    "additionalProperties": False,
}


@pytest.fixture
def service(vendor: FakeVendor, tmp_path: Path, database_url: str) -> Iterator[Working]:
    with working(tmp_path, database_url, vendor) as working_service:
        yield working_service


@pytest.fixture
def sqlite(vendor: FakeVendor, tmp_path: Path) -> Iterator[Working]:
    with working(tmp_path, f"sqlite:///{tmp_path / 'x.sqlite3'}", vendor) as working_service:
        yield working_service


def told(vendor: FakeVendor) -> list[list[str]]:
    """The contents of the messages of each request."""
    return [[each["content"] for each in request.body["messages"]] for request in vendor.requests]


def test_a_prompt_is_answered_as_a_task_without_a_session(
    service: Working, vendor: FakeVendor
) -> None:
    vendor.script(answers("Tana, Athi, Nzoia."))
    task = service.generated(prompt="Name three rivers.", instructions="Be brief.")
    assert (task["status"], task["kind"], task["session_id"]) == ("SUCCESS", "generate", None)
    assert task["result"]["result"] == ["Tana, Athi, Nzoia."]
    [answer] = task["result"]["answers"]
    assert (answer["input"], answer["model"]) == ("Name three rivers.", "openai-compatible:fake")
    assert answer["usage"]["output_tokens"] == 7
    assert told(vendor) == [["Be brief.", "Name three rivers."]]


def test_what_calls_wrote_goes_with_the_end_of_their_task(service: Working) -> None:
    task = service.generated(prompt="Hi")
    with service.worker.core.database.snapshot() as store:
        assert store.calls.of_step(task["id"], 1) == ()
    assert service.usage(task_id=task["id"])["total"]["calls"] == 1


def test_a_batch_has_one_answer_for_each_input_and_one_that_fails_hides_no_other(
    service: Working, vendor: FakeVendor
) -> None:
    vendor.script(answers("Eins"), fails(400), answers("Drei"))
    task = service.generated(prompt="German: {input}!", inputs=["one", "two", "three"])
    assert (task["status"], task["code"]) == ("FAILURE", "provider_rejected")
    assert "2 of 3" in task["error"]
    assert task["result"]["result"] == ["Eins", "Drei"]
    assert told(vendor) == [["German: one!"], ["German: two!"], ["German: three!"]]


def test_an_input_without_a_place_follows_the_last_message(
    sqlite: Working, vendor: FakeVendor
) -> None:
    messages = [
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Yes?"},
        {"role": "user", "content": "Translate:"},
    ]
    task = sqlite.generated(messages=messages, inputs=["one"], parallel=True)
    assert task["status"] == "SUCCESS"
    assert told(vendor) == [["Hello", "Yes?", "Translate:\n\none"]]


def test_an_answer_is_held_to_its_schema_and_repaired_once(
    sqlite: Working, vendor: FakeVendor
) -> None:
    vendor.script(answers('{"rivers": "Tana"}'), answers('```json\n{"rivers": ["Tana"]}\n```'))
    task = sqlite.generated(prompt="Rivers?", response_schema=RIVERS)
    [answer] = task["result"]["answers"]
    assert (answer["json"], answer["repaired"]) == ({"rivers": ["Tana"]}, True)
    assert answer["usage"]["input_tokens"] == 22
    assert "$.rivers: 'Tana' is not of type 'array'" in told(vendor)[1][-1]


def test_json_is_found_within_what_a_model_says_around_it(
    sqlite: Working, vendor: FakeVendor
) -> None:
    vendor.script(answers('Here you are:\n\n```json\n{"rivers": ["Tana"]}\n```\nAnything else?'))
    task = sqlite.generated(prompt="Rivers?", response_schema=RIVERS)
    [answer] = task["result"]["answers"]
    assert (answer["json"], answer["repaired"]) == ({"rivers": ["Tana"]}, False)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"prompt": "a", "temperature": 9}, "The value must be 2 or less."),
        ({"prompt": "a", "max_output_tokens": 0}, "The value must be 1 or more."),
        ({"messages": []}, "The value must have at least 1 parts."),
        (
            {"messages": [{"role": "bot", "content": "a"}]},
            "The value must be 'system', 'user' or 'assistant'.",
        ),
    ],
)
def test_a_value_that_is_refused_is_told_with_what_is_accepted(
    sqlite: Working, body: dict[str, Any], message: str
) -> None:
    assert sqlite.refused("/generate", **body)["errors"][0]["message"] == message


def test_an_answer_that_does_not_fit_twice_fails_clearly(
    sqlite: Working, vendor: FakeVendor
) -> None:
    vendor.default = answers("no JSON")
    task = sqlite.generated(prompt="Rivers?", response_schema=RIVERS)
    assert (task["status"], task["code"]) == ("FAILURE", "schema_not_met")
    assert "no valid JSON" in task["error"]
    assert len(vendor.requests) == 2


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "body"),
        ({"prompt": "a", "messages": [{"role": "user", "content": "b"}]}, "body"),
        ({"prompt": " "}, "prompt"),
        ({"messages": [{"role": "robot", "content": "b"}]}, "messages[0].role"),
        ({"prompt": "a", "inputs": []}, "inputs"),
        ({"prompt": "a", "temperature": 3}, "temperature"),
        ({"prompt": "a", "max_output_tokens": 0}, "max_output_tokens"),
        ({"prompt": "a", "max_cost": -1}, "max_cost"),
        ({"prompt": "a", "model": "openai:other"}, "model"),
        ({"prompt": "a", "response_schema": {"type": "thing"}}, "response_schema"),
        (
            {"prompt": "a", "response_schema": {"$ref": "http://127.0.0.1/schema"}},
            "response_schema",
        ),
        ({"prompt": "a", "response_schema": {"pattern": "("}}, "response_schema"),
    ],
)
def test_a_body_that_is_not_valid_says_where(
    sqlite: Working, body: dict[str, Any], where: str
) -> None:
    problem = sqlite.refused("/generate", **body)
    assert (problem["status"], problem["code"]) == (422, "invalid_request")
    assert problem["errors"][0]["where"] == where


def test_without_a_language_model_nothing_is_written_without_documents(
    vendor: FakeVendor, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'x.sqlite3'}"
    with working(tmp_path, url, vendor, chat_model="extractive") as service:
        problem = service.refused("/generate", prompt="Hello")
        assert problem["status"] == 422
        assert "CHAT_MODEL" in problem["hint"]
        session_id = service.upload()
        body = {"queries": ["How deep?"], "session_id": session_id, "response_schema": RIVERS}
        assert service.refused("/file/query", **body)["status"] == 422


def test_without_an_embedder_embeddings_are_refused_with_what_to_set(
    vendor: FakeVendor, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'x.sqlite3'}"
    with working(tmp_path, url, vendor, embedder="none") as service:
        problem = service.refused("/embed", inputs=["one"])
        assert problem["status"] == 422
        assert "EMBEDDER" in problem["hint"]


def test_texts_become_vectors_where_there_is_an_embedder(
    vendor: FakeVendor, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'x.sqlite3'}"
    texts = [f"pump number {number}" for number in range(70)]
    with working(tmp_path, url, vendor, embedder="hashed") as service:
        task = service.run(service.post("/embed", inputs=texts)["task_id"])
        result = task["result"]
        assert (len(result["embeddings"]), result["model"]) == (70, "hashed")
        assert {len(vector) for vector in result["embeddings"]} == {result["dimensions"]}
        assert (result["cost"], result["price_unknown"]) == (0, False)


def test_the_same_key_makes_one_task(sqlite: Working) -> None:
    headers = {"Idempotency-Key": "once"}
    sent = [
        sqlite.client.post("/api/generate", json={"prompt": "Hi"}, headers=headers)
        for _ in range(2)
    ]
    assert sent[0].json() == sent[1].json()


def test_a_generation_can_be_cancelled_and_is_asked_no_more(
    sqlite: Working, vendor: FakeVendor
) -> None:
    task_id = sqlite.post("/generate", prompt="Hi")["task_id"]
    sqlite.post(f"/task/{task_id}/cancel")
    assert sqlite.run(task_id)["status"] == "REVOKED"
    assert vendor.requests == []


def test_a_cited_answer_comes_with_json_by_the_callers_schema(
    sqlite: Working, vendor: FakeVendor
) -> None:
    schema = {
        "type": "object",
        "properties": {"metres": {"type": "number"}},
        "required": ["metres"],
    }
    vendor.script(answers("The north well is 31 metres deep [1]."), answers('{"metres": 31}'))
    session_id = sqlite.upload()
    body = {"queries": ["How deep is the well?"], "session_id": session_id}
    task = sqlite.asked(**body, response_schema=schema)
    [answer] = task["result"]["answers"]
    assert answer["json"] == {"metres": 31}
    assert answer["citations"][0]["document"] == "wells.txt"
    assert answer["usage"]["output_tokens"] == 14


def test_what_was_generated_is_not_among_the_sessions(sqlite: Working) -> None:
    sqlite.generated(prompt="Hi")
    assert sqlite.client.get("/api/file/search/sessions").json()["sessions"] == []
