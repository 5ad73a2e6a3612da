"""A client sees the tables of its documents and pages through their rows."""

from typing import Any

import httpx2
import pytest

from tests.service import Service

CSV = "name,price\n" + "".join(f"item {n},₹{n}.50\n" for n in range(1, 31))


@pytest.fixture(scope="module")
def document(service: Service) -> dict[str, Any]:
    uploaded = service.upload("prices.txt", CSV)
    service.finished(uploaded["task_id"])
    return uploaded


def test_a_document_tells_its_table(http: httpx2.Client, document: dict[str, Any]) -> None:
    told = http.get(f"/api/document/{document['document_id']}").json()["table"]
    assert (told["name"], told["rows"]) == ("prices", 30)
    assert [(column["name"], column["type"]) for column in told["columns"]] == [
        ("name", "text"),
        ("price", "number"),
    ]
    assert told["columns"][1]["samples"][0] == "₹1.50"
    assert told["assumptions"] == ["price: with ₹."]


def test_rows_are_paged_as_they_were_written(http: httpx2.Client, document: dict[str, Any]) -> None:
    path = f"/api/document/{document['document_id']}/rows"
    page = http.get(path, params={"offset": 20, "limit": 5}).json()
    assert page["rows"][0] == {"row": 22, "cells": ["item 21", "₹21.50"]}
    assert (page["total"], page["next_offset"]) == (30, 25)
    last = http.get(path, params={"offset": 25, "table": "Prices"}).json()
    assert last["next_offset"] is None
    unknown = http.get(path, params={"sheet": "Q3"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "table_not_found")


def test_rows_are_there_again_when_the_derived_file_is_gone(
    service: Service, http: httpx2.Client, document: dict[str, Any]
) -> None:
    derived = list(service.data_dir.glob(f"files/derived/{document['document_id']}/*"))
    assert len(derived) == 1
    derived[0].unlink()
    page = http.get(f"/api/document/{document['document_id']}/rows").json()
    assert page["total"] == len(page["rows"]) == 30


def test_a_closed_session_leaves_no_derived_file(service: Service) -> None:
    uploaded = service.upload("gone.csv", CSV)
    service.finished(uploaded["task_id"])
    service.close(uploaded["session_id"])
    assert not list(service.data_dir.glob(f"files/derived/{uploaded['document_id']}"))


def test_a_computed_answer_shows_statement_rows_and_place(
    service: Service, http: httpx2.Client, document: dict[str, Any]
) -> None:
    asked = service.ask(
        ["How many items have a price above 20?"],
        session_id=document["session_id"],
        mode="compute",
    )
    result = service.finished(asked["task_id"])["result"]
    (answer,) = result["answers"]
    assert answer["method"] == "compute"
    assert answer["text"].startswith("Number of rows, where price > 20: 11 [1]")
    assert answer["text"] == result["result"][0]
    computed = answer["computation"]
    assert (computed["rows"], computed["row_count"]) == ([[11]], 1)
    assert computed["tables"] == ["prices"]
    assert computed["assumptions"] == ["price: with ₹."]
    (citation,) = answer["citations"]
    assert (citation["document"], citation["rows"]) == ("prices.txt", [21, 31])
    place = {"start": citation["start"], "end": citation["end"]}
    text = http.get(f"/api/document/{document['document_id']}/text", params=place).json()
    assert text["text"] == citation["quote"] == "item 20,₹20.50"
