"""What a caller may choose for a query, as it comes through the door."""

import json
from typing import Any

import pytest
from fastapi.exceptions import RequestValidationError

from ai_llm_service.api.bodies import parse_json
from ai_llm_service.api.query_body import QueryLimits, QueryRequest
from ai_llm_service.domain import CitationStyle, FileSearchName, Mode, QueryOptions
from ai_llm_service.providers.addresses import AllowedHosts

LIMITS = QueryLimits(10, 1000, 60.0, AllowedHosts.parse(""), frozenset({FileSearchName.LOCAL}))


def options(**fields: Any) -> QueryOptions:
    body = json.dumps({"queries": ["Why?"], "session_id": "s", **fields}).encode()
    return parse_json(body, QueryRequest, LIMITS).to_ask().options


def test_without_a_choice_the_service_chooses() -> None:
    assert options() == QueryOptions()


def test_mode_citations_and_verification_are_the_callers_choice() -> None:
    chosen = options(mode="read_all", citations="separate", require_verified=True)
    assert chosen.mode is Mode.READ_ALL
    assert chosen.citations is CitationStyle.SEPARATE
    assert chosen.require_verified


@pytest.mark.parametrize(
    "field", [{"mode": "fast"}, {"mode": 1}, {"citations": "yes"}, {"require_verified": "yes"}]
)
def test_an_unknown_choice_is_told_where_it_stands(field: dict[str, Any]) -> None:
    with pytest.raises(RequestValidationError) as caught:
        options(**field)
    assert [error["loc"] for error in caught.value.errors()] == [tuple(field)]


def test_a_file_search_that_is_not_configured_is_refused() -> None:
    assert options(file_search="local").file_search is FileSearchName.LOCAL
    with pytest.raises(RequestValidationError):
        options(file_search="openai")
