"""Uploads and closes, as old clients rely on them."""

from typing import Any

import httpx2
import pytest

from tests.contract import LOG, UNKNOWN_ID, problem
from tests.service import Service


def test_an_upload_gives_the_handles_of_both_shapes(uploaded: dict[str, Any]) -> None:
    assert set(uploaded) >= {"file_path", "session_id", "document_id", "task_id"}


def test_a_file_joins_the_session_that_is_named(service: Service) -> None:
    first = service.upload("logs.txt", LOG)
    second = service.upload(
        "second.txt", "The pump of the north well is green.", session_id=first["session_id"]
    )
    assert second["session_id"] == first["session_id"]
    [text] = service.answers(
        ["Which colour is the pump of the north well?"], session_id=first["session_id"]
    )
    assert "green" in text


def test_a_file_for_an_unknown_or_closed_session_is_refused(
    service: Service, http: httpx2.Client, uploaded: dict[str, Any]
) -> None:
    service.close(uploaded["session_id"])
    for session_id in (uploaded["session_id"], UNKNOWN_ID, "nonsense", "a\x00b"):
        answer = http.post(
            "/api/file/upload", files={"file": ("a.txt", "x")}, data={"session_id": session_id}
        )
        problem(answer, 404, "session_not_found")


def test_a_file_added_after_the_first_query_is_seen_by_the_next(service: Service) -> None:
    session_id = service.upload("logs.txt", LOG)["session_id"]
    service.answers(["What exceeded the quota?"], session_id=session_id)
    service.upload("later.txt", "The spare valve lies in room 12.", session_id=session_id)
    [text] = service.answers(["Where is the spare valve?"], session_id=session_id)
    assert "room 12" in text


def test_two_files_of_one_name_are_both_kept(service: Service, http: httpx2.Client) -> None:
    first = service.upload("same.txt", "The north well is 31 metres deep.")
    session_id = first["session_id"]
    second = service.upload("same.txt", "The south well is 47 metres deep.", session_id=session_id)
    assert first["file_path"] != second["file_path"]
    texts = service.answers(["How deep is the north well?", "How deep is the south well?"],
                            session_id=session_id)  # fmt: skip
    assert "31 metres" in texts[0]
    assert "47 metres" in texts[1]
    receipt = service.close(session_id)["result"]
    assert len(receipt["documents"]) == 2


def test_an_empty_file_and_an_unreadable_type_are_refused_at_once(http: httpx2.Client) -> None:
    empty = http.post("/api/file/upload", files={"file": ("a.txt", b"")})
    problem(empty, 422, "invalid_request")
    program = b"\x7fELF\x02\x01\x01" + bytes(200)
    refused = http.post("/api/file/upload", files={"file": ("a.txt", program)})
    problem(refused, 415, "unsupported_file_type")


@pytest.mark.parametrize(
    "name", ["", "a\x00b.txt", "../../etc/passwd", "n" * 300 + ".txt", "रिपोर्ट.txt", "a\u202eb.txt"]
)
def test_any_name_is_only_a_label(service: Service, name: str) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="' + name.encode()
    body += b'"\r\n\r\nThe gate is blue.\r\n--x--\r\n'
    with service.http() as http:
        answer = http.post(
            "/api/file/upload",
            content=body,
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        )
        assert answer.status_code == 200, answer.text
        sent = answer.json()
    [text] = service.answers(["Which colour is the gate?"], session_id=sent["session_id"])
    assert "blue" in text
    stored = [path.name for path in (service.data_dir / "files").rglob("*") if path.is_file()]
    assert sent["document_id"] in stored


def test_a_close_gives_a_receipt_and_removes_the_files(service: Service) -> None:
    sent = service.upload("logs.txt", LOG)
    service.answers(["What exceeded the quota?"], session_id=sent["session_id"])
    closed = service.close(sent["session_id"])
    assert closed["status"] == "SUCCESS"
    assert closed["result"]["files_removed"] == 1
    assert closed["result"]["chunks_removed"] == 1
    left = [path.name for path in (service.data_dir / "files").rglob("*") if path.is_file()]
    assert sent["document_id"] not in left
    with service.http() as http:
        for path in (
            f"document/{sent['document_id']}",
            f"file/search/session/{sent['session_id']}",
        ):
            assert http.get(f"/api/{path}").status_code == 404


def test_closing_twice_gives_the_same_task(service: Service, http: httpx2.Client) -> None:
    session_id = service.upload("logs.txt", LOG)["session_id"]
    path = f"/api/file/search/session/{session_id}"
    first, second = http.delete(path).json(), http.delete(path).json()
    assert first == second
    service.finished(first["task_id"])
    assert http.delete(path).json() == first


@pytest.mark.parametrize("session_id", ["nonsense", UNKNOWN_ID, "%00"])
def test_an_unknown_session_can_not_be_closed(http: httpx2.Client, session_id: str) -> None:
    problem(http.delete(f"/api/file/search/session/{session_id}"), 404, "session_not_found")
