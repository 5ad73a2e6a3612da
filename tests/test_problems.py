"""What the door says when something is wrong, and what it lets through."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import structlog
from starlette.testclient import TestClient

from ai_llm_service import errors
from ai_llm_service.api.bodies import MAX_JSON_BYTES
from ai_llm_service.api.problems import STATUS_BY_CODE
from ai_llm_service.domain import Step, StepState, TaskStatus
from ai_llm_service.errors import ProviderRateLimited, ServiceError
from ai_llm_service.usecases.tasks_view import TaskView
from tests.fake_parts import AUTH, Door, make_task

QUERY = "/api/file/query"
# They stop a process or break a task, and never reach a caller as they are.
INSIDE = {
    "internal_error", "invalid_configuration", "cannot_start", "worker_lost", "claim_lost",
    "cancelled",
}  # fmt: skip


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path)


@pytest.fixture
def client(door: Door) -> Iterator[TestClient]:
    with TestClient(door.app(), headers=AUTH) as client:
        yield client


def ask(client: TestClient, **body: Any) -> httpx2.Response:
    sent = json.dumps({"session_id": "s", "queries": ["Why?"], **body})
    return client.post(QUERY, content=sent, headers={"Content-Type": "application/json"})


def every_error() -> list[type[ServiceError]]:
    found = [each for each in vars(errors).values() if isinstance(each, type)]
    return [each for each in found if issubclass(each, ServiceError) and each.code not in INSIDE]


@pytest.mark.parametrize("error", every_error(), ids=lambda error: error.__name__)
def test_every_error_has_its_status_and_says_what_to_do(
    client: TestClient, door: Door, error: type[ServiceError]
) -> None:
    door.sessions.failure = error()
    response = ask(client)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.status_code == STATUS_BY_CODE[error.code]
    problem = response.json()
    assert problem["type"] == f"urn:ai-llm-service:problem:{error.code}"
    assert problem["title"] == error.code.replace("_", " ").capitalize()
    assert (problem["status"], problem["code"]) == (response.status_code, error.code)
    assert (problem["detail"], problem["hint"]) == (error.__doc__, error.hint)
    assert problem["request_id"] == response.headers["x-request-id"]
    assert ("retry-after" in response.headers) == (response.status_code in {429, 503})


def test_the_wait_that_a_provider_asked_for_is_passed_on(client: TestClient, door: Door) -> None:
    door.sessions.failure = ProviderRateLimited(retry_after_seconds=12.3)
    assert ask(client).headers["retry-after"] == "13"


def test_what_nobody_foresaw_is_told_to_the_log_and_not_to_the_caller(
    client: TestClient, door: Door
) -> None:
    door.sessions.failure = RuntimeError("a secret of the machine")
    with structlog.testing.capture_logs() as logged:
        response = ask(client)
    assert (response.status_code, response.json()["code"]) == (500, "internal_error")
    assert "secret" not in response.text
    assert response.json()["request_id"] == response.headers["x-request-id"]
    assert any(line.get("exc_info") for line in logged)
    assert client.get("/health").json() == {"status": "ok"}


def test_a_missing_and_a_wrong_key_get_the_same_answer(client: TestClient) -> None:
    answers = []
    for header in (None, "", "wrong", "Bearer", "Bearer wrong", "Basic x"):
        headers = {"X-Request-Id": "r", "Authorization": header or ""}
        answers.append(client.get("/api/task/t", headers=headers))
    missing = TestClient(client.app).get("/api/task/t", headers={"X-Request-Id": "r"})
    assert {answer.status_code for answer in [*answers, missing]} == {401}
    assert {answer.content for answer in answers} == {missing.content}
    assert missing.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["", "Bearer ", "bearer ", "BEARER  "])
def test_a_key_works_bare_and_as_bearer(client: TestClient, scheme: str) -> None:
    header = {"Authorization": scheme + AUTH["Authorization"]}
    assert client.get("/file/search/sessions", headers=header).status_code == 200


def test_a_wrong_key_is_told_before_a_wrong_body(client: TestClient) -> None:
    response = client.post(QUERY, content=b"{", headers={"Authorization": "wrong"})
    assert response.status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nothing", 404, "not_found"),
        ("PUT", "/api/file/query", 405, "method_not_allowed"),
        ("GET", "/api/task/unknown", 404, "task_not_found"),
        ("GET", "/api/task/%00", 404, "task_not_found"),
        ("GET", "/api/task/t?wait=61", 422, "invalid_request"),
        ("GET", "/api/task/t?wait=soon", 422, "invalid_request"),
        ("GET", "/api/file/search/sessions?limit=0", 422, "invalid_request"),
        ("GET", "/api/usage?first_day=2026-02-02&last_day=2026-02-01", 422, "invalid_request"),
        ("GET", "/api/document/d/text?start=5&end=4", 422, "invalid_request"),
    ],
)
def test_the_framework_speaks_in_problems_too(
    client: TestClient, method: str, path: str, status: int, code: str
) -> None:
    response = client.request(method, path)
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.status_code, response.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"queries": None}, "queries"),
        ({"queries": "Why?"}, "queries"),
        ({"queries": []}, "queries"),
        ({"queries": [1]}, "queries[0]"),
        ({"queries": ["Why?", " \n\x00"]}, "queries[1]"),
        ({"queries": ["a"] * 4}, "queries"),
        ({"queries": ["a" * 101]}, "queries[0]"),
        ({"queries": ["\ud800"]}, "queries[0]"),
        ({"session_id": 7}, "session_id"),
        ({"deadline_seconds": 0}, "deadline_seconds"),
        ({"deadline_seconds": 3601}, "deadline_seconds"),
        ({"deadline_seconds": float("nan")}, "deadline_seconds"),
        ({"deadline_seconds": True}, "deadline_seconds"),
        ({"parallel": "yes"}, "parallel"),
        ({"session_id": None}, "body"),
        ({"webhook_config": {"endpoint": "ftp://x"}}, "webhook_config.endpoint"),
        ({"webhook_config": {}}, "webhook_config.endpoint"),
        ({"webhook_config": "https://example.org"}, "webhook_config"),
        ({"assistant_prompt": "a", "system_prompt": "b"}, "body"),
    ],
)
def test_a_query_that_is_not_right_is_told_where(
    client: TestClient, door: Door, changes: dict[str, Any], where: str
) -> None:
    response = ask(client, **changes)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (422, "invalid_request")
    assert problem["errors"][0]["where"] == where
    assert door.sessions.asks == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"{}", b"[" * 100_000, b"1" * 5_000],
    ids=["nothing", "cut", "list", "null", "text", "bytes", "empty", "deep", "number"],
)
def test_a_body_that_is_no_query_is_refused(client: TestClient, body: bytes) -> None:
    response = client.post(QUERY, content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")


def test_an_empty_handle_is_not_found(client: TestClient) -> None:
    assert ask(client, session_id="").json()["code"] == "session_not_found"
    assert ask(client, session_id=None, file_path="").json()["code"] == "document_not_found"


def test_a_query_is_passed_on_as_it_is_meant(client: TestClient, door: Door) -> None:
    body = {"queries": ["a\x00b", "c"], "file_path": "files/d", "system_prompt": "Be brief."}
    response = client.post(QUERY, content=json.dumps({**body, "unknown": 1}).encode())
    assert response.json() == {"task_id": "t", "session_id": "s"}
    (asked,) = door.sessions.asks
    assert asked.queries == ("a b", "c")
    assert (asked.instructions, asked.session_id, asked.file_path) == ("Be brief.", None, "files/d")


def test_json_that_is_too_large_is_refused(client: TestClient) -> None:
    large = b'{"queries": ["' + b"x" * MAX_JSON_BYTES
    announced = client.post(QUERY, content=large)
    unannounced = client.post(QUERY, content=iter([large[:100], large]))
    for response in (announced, unannounced):
        assert (response.status_code, response.json()["code"]) == (413, "request_too_large")


def test_a_request_keeps_a_decent_id_and_gets_one_otherwise(client: TestClient) -> None:
    kept = client.get("/health", headers={"X-Request-Id": "from-the-caller.1"})
    assert kept.headers["x-request-id"] == "from-the-caller.1"
    for bad in ("a b", "x" * 65, "\t"):
        made = client.get("/health", headers={"X-Request-Id": bad})
        assert made.headers["x-request-id"] not in {"", bad}


def test_the_log_has_a_line_per_request_without_what_was_sent(client: TestClient) -> None:
    with structlog.testing.capture_logs() as logged:
        client.get("/api/task/the-id?wait=0&secret=query-string")
        ask(client, queries=["a secret question"])
    lines = [line for line in logged if line["event"] == "http_request"]
    routes = [(line["method"], line["route"], line["status"]) for line in lines]
    assert routes == [("GET", "/task/{task_id}", 404), ("POST", "/file/query", 200)]
    told = repr(logged)
    assert not any(secret in told for secret in ("secret", "the-id", AUTH["Authorization"]))


@pytest.mark.parametrize(
    ("status", "attempt", "word"),
    [
        (TaskStatus.QUEUED, 0, "PENDING"),
        (TaskStatus.IN_PROGRESS, 1, "STARTED"),
        (TaskStatus.QUEUED, 1, "RETRY"),
        (TaskStatus.COMPLETED, 1, "SUCCESS"),
        (TaskStatus.FAILED, 1, "FAILURE"),
        (TaskStatus.CANCELLED, 0, "REVOKED"),
    ],
)
def test_a_task_is_told_in_the_words_of_celery(
    client: TestClient, door: Door, status: TaskStatus, attempt: int, word: str
) -> None:
    steps = (Step("t", 1, "q", StepState.ANSWERED, 1), Step("t", 2, "q", StepState.WAITING, 0))
    door.tasks.views = [TaskView(make_task(status, attempt=attempt), steps, 3)]
    told = client.get("/api/task/t").json()
    assert told["status"] == word
    assert (told["err_trace"], told["queue_position"]) == (None, 3)
    assert (told["progress"]["done"], told["progress"]["total"]) == (1, 2)
    assert told["deadline"] == "1970-01-01T00:15:00.000Z"
    assert (told["error"] is None) == (word not in {"FAILURE", "REVOKED"})


def test_a_caller_who_waits_hears_of_the_end(client: TestClient, door: Door) -> None:
    ended = make_task(TaskStatus.COMPLETED, result={"result": ["Because."]})
    states = [make_task(TaskStatus.QUEUED), make_task(TaskStatus.IN_PROGRESS), ended]
    door.tasks.views = [TaskView(task, (), None) for task in states]
    told = client.get("/api/task/t?wait=60").json()
    assert (told["status"], told["result"]) == ("SUCCESS", {"result": ["Because."]})


def test_readiness_says_what_is_down(client: TestClient, door: Door) -> None:
    assert client.get("/health/ready").status_code == 200
    door.health.states = {"database": "ok", "broker": "It does not answer."}
    response = client.get("/health/ready")
    assert (response.status_code, response.json()["status"]) == (503, "unavailable")
    assert response.json()["dependencies"]["broker"] == "It does not answer."


@pytest.mark.parametrize("path", ["/health", "/docs", "/openapi.json", "/api", "/"])
def test_some_routes_need_no_key(client: TestClient, path: str) -> None:
    assert TestClient(client.app).get(path).status_code == 200


def test_a_text_is_read_in_ranges(client: TestClient) -> None:
    told = client.get("/api/document/d/text?start=8&end=20").json()
    assert told == {"document_id": "d", "start": 8, "end": 10, "text": "89"}


def error_types(operation: dict[str, Any]) -> list[str]:
    answers = operation["responses"].items()
    found = [answer for status, answer in answers if status[0] in "45"]
    return [kind for answer in found for kind in answer["content"] if not is_readiness(answer)]


def is_readiness(answer: dict[str, Any]) -> bool:
    return "it says what" in str(answer["description"])


def test_the_description_names_every_error_as_a_problem(client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert "HTTPValidationError" not in json.dumps(described)
    assert all(
        path == "/api" or path.startswith("/api/") or path == "/" for path in described["paths"]
    )
    for path, operations in described["paths"].items():
        for operation in operations.values():
            assert operation["summary"], path
            assert set(error_types(operation)) <= {"application/problem+json"}, path
    upload = described["paths"]["/api/file/upload"]["post"]
    assert "multipart/form-data" in upload["requestBody"]["content"]
    assert set(upload["responses"]) >= {"401", "404", "413", "415", "422"}
    assert upload["security"] == [{"API key": []}]


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "2026-11-22T10:00:00Z", "20261122"])
def test_a_day_that_is_none_is_told_with_one_that_is(client: TestClient, day: str) -> None:
    answer = client.get("/api/usage", params={"first_day": day})
    assert answer.status_code == 422
    assert answer.json()["detail"] == "first_day: The value must be a day, such as 2026-11-22."
