"""Queries, as old clients rely on them."""

from typing import Any

import httpx2
import pytest

from tests.contract import LOG, UNKNOWN_ID, problem
from tests.service import Service


def test_the_2024_shape_asks_by_file_path_and_goes_on_by_session(service: Service) -> None:
    sent = service.upload("logs.txt", LOG)
    asked = service.ask(["What exceeded the quota?"], file_path=sent["file_path"],
                        assistant_prompt="You read logs.")  # fmt: skip
    result = service.finished(asked["task_id"])["result"]
    assert result["session_id"] == sent["session_id"]
    [text] = service.answers(["Which node?"], session_id=result["session_id"])
    assert "node-7" in text


def test_the_2025_shape_asks_by_session(service: Service, uploaded: dict[str, Any]) -> None:
    asked = service.ask(
        ["What exceeded the quota?"],
        session_id=uploaded["session_id"],
        assistant_prompt="You read logs.",
        webhook_config=None,
        a_field_of_tomorrow=1,
    )
    assert asked["session_id"] == uploaded["session_id"]
    task = service.finished(asked["task_id"])
    assert (task["id"], task["status"]) == (asked["task_id"], "SUCCESS")
    assert (task["error"], task["err_trace"]) == (None, None)
    assert set(task["result"]) >= {"result", "session_id", "answers"}
    assert isinstance(task["result"]["result"][0], str)


def test_a_file_path_with_its_session_narrows_the_query(service: Service) -> None:
    first = service.upload("north.txt", "The well is 31 metres deep.")
    second = service.upload(
        "south.txt", "The well is 47 metres deep.", session_id=first["session_id"]
    )
    [text] = service.answers(
        ["How deep is the well?"], session_id=first["session_id"], file_path=second["file_path"]
    )
    assert "47 metres" in text
    assert "31 metres" not in text


def test_a_file_path_of_another_session_is_not_found(
    service: Service, http: httpx2.Client, uploaded: dict[str, Any]
) -> None:
    other = service.upload("other.txt", "text")
    body = {"queries": ["Why?"], "session_id": uploaded["session_id"],
            "file_path": other["file_path"]}  # fmt: skip
    problem(http.post("/api/file/query", json=body), 404, "document_not_found")


@pytest.mark.parametrize("path", ["/etc/passwd", "files/x", "", f"files/{UNKNOWN_ID}", "a\x00b"])
def test_no_file_of_the_server_can_be_queried(http: httpx2.Client, path: str) -> None:
    answer = http.post("/api/file/query", json={"queries": ["Why?"], "file_path": path})
    problem(answer, 404, "document_not_found")


@pytest.mark.parametrize(
    "queries",
    [[], None, "a string", [""], ["   "], [1], ["x" * 40_000], ["q"] * 51, {}],
    ids=lambda value: str(value)[:12],
)
def test_queries_that_nobody_can_answer_are_refused_at_once(
    service: Service, http: httpx2.Client, uploaded: dict[str, Any], queries: Any
) -> None:
    body = {"queries": queries, "session_id": uploaded["session_id"]}
    refused = problem(http.post("/api/file/query", json=body), 422, "invalid_request")
    assert "queries" in str(refused["errors"])


def test_a_body_that_is_no_json_or_lacks_the_queries_is_refused(
    http: httpx2.Client, uploaded: dict[str, Any]
) -> None:
    headers = {"Content-Type": "application/json"}
    broken = http.post("/api/file/query", content=b'{"queries": [', headers=headers)
    problem(broken, 422, "invalid_request")
    lacking = http.post("/api/file/query", json={"session_id": uploaded["session_id"]})
    problem(lacking, 422, "invalid_request")
    neither = http.post("/api/file/query", json={"queries": ["Why?"]})
    problem(neither, 422, "invalid_request")


@pytest.mark.parametrize("session_id", ["", "nonsense", UNKNOWN_ID, "a\x00b", "x" * 5000])
def test_a_query_of_an_unknown_session_is_not_found(http: httpx2.Client, session_id: str) -> None:
    answer = http.post("/api/file/query", json={"queries": ["Why?"], "session_id": session_id})
    problem(answer, 404, "session_not_found")


def test_a_query_of_a_closed_session_is_not_found(
    service: Service, http: httpx2.Client, uploaded: dict[str, Any]
) -> None:
    service.close(uploaded["session_id"])
    by_session = {"queries": ["Why?"], "session_id": uploaded["session_id"]}
    problem(http.post("/api/file/query", json=by_session), 404, "session_not_found")
    by_path = {"queries": ["Why?"], "file_path": uploaded["file_path"]}
    problem(http.post("/api/file/query", json=by_path), 404, "document_not_found")


def test_a_webhook_that_can_not_be_sent_is_refused_rather_than_dropped(
    http: httpx2.Client, uploaded: dict[str, Any]
) -> None:
    body = {"queries": ["Why?"], "session_id": uploaded["session_id"],
            "webhook_config": {"endpoint": "http://127.0.0.1/hook"}}  # fmt: skip
    refused = problem(http.post("/api/file/query", json=body), 422, "invalid_request")
    assert refused["errors"][0]["where"] == "webhook_config.endpoint"


def test_both_prompts_must_agree(http: httpx2.Client, uploaded: dict[str, Any]) -> None:
    body = {"queries": ["What exceeded the quota?"], "session_id": uploaded["session_id"]}
    same = {**body, "assistant_prompt": "Be brief.", "system_prompt": "Be brief."}
    assert http.post("/api/file/query", json=same).status_code == 200
    different = {**same, "system_prompt": "Be long."}
    problem(http.post("/api/file/query", json=different), 422, "invalid_request")


def test_a_megabyte_of_queries_gets_a_clear_refusal(
    http: httpx2.Client, uploaded: dict[str, Any]
) -> None:
    body = {"queries": ["x" * 1_000_000], "session_id": uploaded["session_id"]}
    problem(http.post("/api/file/query", json=body), 422, "invalid_request")
    huge = {"queries": ["x" * 20_000_000], "session_id": uploaded["session_id"]}
    assert http.post("/api/file/query", json=huge).status_code == 413
