"""The tables of logs are made once, kept within bounds, and dropped with their session."""

from dataclasses import replace
from typing import Any

import pytest

from ai_llm_service.domain import Extraction
from ai_llm_service.search.base import Ingested, Source
from ai_llm_service.search.logs.shelf import LogShelf
from ai_llm_service.search.split import split_text
from tests.log_lines import busy_python
from tests.shelf import Shelf

LOG = busy_python(200)


def source_of(name: str, text: str = LOG, session_id: str = "s") -> Source:
    document = replace(Shelf().receive(session_id, name), id=name)
    return Source(document, Ingested(Extraction(text), split_text(document.id, Extraction(text))))


def test_a_log_is_read_once() -> None:
    shelf, source = LogShelf(), source_of("shop.log")
    assert shelf.table(source) is shelf.table(source) is not None


def test_what_is_no_log_has_no_table() -> None:
    assert LogShelf().table(source_of("note.txt", "Apples grow in Norway.")) is None


def test_the_oldest_table_goes_first() -> None:
    shelf = LogShelf(max_bytes=1)
    first, second = source_of("a.log"), source_of("b.log")
    old = shelf.table(first)
    kept = shelf.table(second)
    assert shelf.table(second) is kept
    assert shelf.table(first) is not old


def test_a_closed_session_leaves_nothing() -> None:
    shelf = LogShelf()
    ours, other = source_of("a.log"), source_of("b.log", session_id="other")
    old, kept = shelf.table(ours), shelf.table(other)
    shelf.forget("s")
    assert shelf.table(other) is kept
    assert shelf.table(ours) is not old


def test_a_reading_that_was_given_up_is_begun_anew() -> None:
    shelf, source = LogShelf(), source_of("shop.log")

    def give_up() -> Any:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        shelf.table(source, give_up)
    assert shelf.table(source) is not None
