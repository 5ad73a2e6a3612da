"""How the door words its refusals, and the page that describes it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.fake_parts import AUTH, Door

QUERY = "/api/file/query"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(Door(tmp_path).app(), headers=AUTH) as client:
        yield client


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ("null", "body: The body must be a JSON object."),
        ("[]", "body: The body must be a JSON object."),
        ("5", "body: The body must be a JSON object."),
        ("{}", "queries: The value is missing."),
        ('{"queries": [5]}', "queries[0]: The value must be a text."),
        ('{"queries": ["a"], "parallel": 1}', "parallel: The value must be true or false."),
        ('{"queries": ["\\u200b\\u3164"]}', "queries[0]: A question must not be blank."),
    ],
)
def test_what_is_wrong_is_told_in_our_words(client: TestClient, body: str, detail: str) -> None:
    assert client.post(QUERY, content=body).json()["detail"] == detail


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("/api/task/t?wait=soon", "wait: The value must be a number."),
        ("/api/task/t?wait=61", "wait: The value must be 60 or less."),
        ("/api/document/d/text?start=-1", "start: The value must be 0 or more."),
        ("/api/document/d/text?start=x", "start: The value must be a whole number."),
    ],
)
def test_a_wrong_parameter_is_told_in_our_words(
    client: TestClient, query: str, detail: str
) -> None:
    assert client.get(query).json()["detail"] == detail


def test_a_refused_method_names_all_that_are_accepted(client: TestClient) -> None:
    response = client.put("/api/file/search/session/s")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, DELETE"


def test_the_page_at_docs_needs_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs").text
    loaded = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert "://" not in page
    for address in loaded:
        assert address == "data:," or client.get(address).status_code == 200
    assert {"/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css"} <= set(loaded)
