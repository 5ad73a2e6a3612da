"""Tasks, results and citations, as old clients rely on them."""

from typing import Any

import httpx2
import pytest

from tests.contract import LOG, UNKNOWN_ID, problem
from tests.service import Service


@pytest.mark.parametrize("task_id", [UNKNOWN_ID, "nonsense", "x" * 500, "%00", "%FF"])
def test_an_unknown_task_is_not_found(http: httpx2.Client, task_id: str) -> None:
    problem(http.get(f"/api/task/{task_id}"), 404, "task_not_found")


def test_a_result_can_be_read_again_also_after_the_close(
    service: Service, uploaded: dict[str, Any]
) -> None:
    asked = service.ask(["What exceeded the quota?"], session_id=uploaded["session_id"])
    first = service.finished(asked["task_id"])
    service.close(uploaded["session_id"])
    assert service.task(asked["task_id"])["result"] == first["result"]


def test_a_failed_task_says_in_one_sentence_what_to_do(service: Service) -> None:
    sent = service.upload("broken.pdf", b"%PDF-1.7\nnot a real document")
    ingest = service.finished(sent["task_id"])
    assert (ingest["status"], ingest["code"]) == ("FAILURE", "document_rejected")
    failed = service.finished(service.ask(["Why?"], session_id=sent["session_id"])["task_id"])
    assert failed["status"] == "FAILURE"
    assert failed["result"] is None
    assert failed["err_trace"] is None
    assert "broken.pdf" in failed["error"]
    assert "Traceback" not in failed["error"]


def test_answers_say_which_document_could_not_be_read(service: Service) -> None:
    sent = service.upload("broken.pdf", b"%PDF-1.7\nnot a real document")
    service.upload("good.txt", "The pump is green.", session_id=sent["session_id"])
    task_id = service.ask(["Which colour is the pump?"], session_id=sent["session_id"])["task_id"]
    [answer] = service.finished(task_id)["result"]["answers"]
    assert "green" in answer["text"]
    assert [m["document"] for m in answer["missing_documents"]] == ["broken.pdf"]
    assert "broken.pdf" in answer["text"]


def test_citations_stand_in_the_text_as_they_always_did(service: Service) -> None:
    sent = service.upload("logs.txt", LOG)
    task_id = service.ask(["What exceeded the quota?"], session_id=sent["session_id"])["task_id"]
    result = service.finished(task_id)["result"]
    [text], [answer] = result["result"], result["answers"]
    assert " [1]" in text
    assert text.endswith("\n\n[1] logs.txt")
    citation = answer["citations"][0]
    assert citation["document"] == "logs.txt"
    assert citation["line"] == 2
    assert LOG[citation["start"] : citation["end"]] == citation["quote"]
    with service.http() as http:
        place = {"start": citation["start"], "end": citation["end"]}
        shown = http.get(f"/api/document/{citation['document_id']}/text", params=place).json()
    assert shown["text"] == citation["quote"]
