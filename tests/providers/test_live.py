"""What only OpenAI itself can tell: asked with LIVE=1 and OPENAI_API_KEY, and paid."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import openai
import pytest

MODEL = "gpt-6-luna"
PIZZAS = "🍕" * 40
TOLD = f"{PIZZAS} It costs 9 euros"
KEY = os.environ.get("OPENAI_API_KEY")

pytestmark = [
    pytest.mark.skipif(
        not KEY or os.environ.get("LIVE") != "1",
        reason="it asks OpenAI and is paid: set LIVE=1 and OPENAI_API_KEY",
    ),
    pytest.mark.timeout(600),
]


@pytest.fixture(scope="module")
def client() -> openai.OpenAI:
    return openai.OpenAI(api_key=KEY, timeout=120)


@pytest.fixture(scope="module")
def store(client: openai.OpenAI) -> Iterator[str]:
    """A vector store with one text, in which characters beyond the first plane stand."""
    text = f"The 🍕 of the house is called Bella {PIZZAS}. It costs 9 euros.\n".encode()
    file = client.files.create(
        file=("menu.md", text),
        purpose="user_data",
        expires_after={"anchor": "created_at", "seconds": 3600},
    )
    made = client.vector_stores.create(
        file_ids=[file.id], expires_after={"anchor": "last_active_at", "days": 1}
    )
    try:
        wait_indexed(client, made.id)
        yield made.id
    finally:
        client.vector_stores.delete(made.id)
        client.files.delete(file.id)


def wait_indexed(client: openai.OpenAI, store_id: str) -> None:
    for _ in range(60):
        if client.vector_stores.retrieve(store_id).file_counts.in_progress == 0:
            return
        time.sleep(2)
    raise AssertionError("the store was not indexed in two minutes")


def ask(client: openai.OpenAI, text: str, **more: Any) -> Any:
    return client.responses.create(
        model=MODEL, input=text, store=False, reasoning={"effort": "none"}, **more
    )


def test_a_temperature_is_taken_where_the_effort_is_none(client: openai.OpenAI) -> None:
    assert ask(client, "Say yes.", temperature=0.1, max_output_tokens=50).status == "completed"


def test_a_search_may_be_required_of_the_model(client: openai.OpenAI, store: str) -> None:
    tools = [{"type": "file_search", "vector_store_ids": [store]}]
    answer = ask(client, "What does it cost?", tools=tools, tool_choice={"type": "file_search"})
    assert "file_search_call" in {item.type for item in answer.output}


def test_tables_are_not_taken_by_a_store(client: openai.OpenAI, store: str) -> None:
    file = client.files.create(
        file=("table.csv", b"a,b\n1,2\n"),
        purpose="user_data",
        expires_after={"anchor": "created_at", "seconds": 3600},
    )
    status = "refused"
    try:
        with suppress(openai.BadRequestError):
            client.vector_stores.files.create(store, file_id=file.id)
            wait_indexed(client, store)
            taken = client.vector_stores.files.retrieve(file.id, vector_store_id=store)
            status = taken.status
        assert status in {"refused", "failed"}, "tables are taken now, and need not be kept here"
    finally:
        client.files.delete(file.id)


def test_a_batch_takes_no_more_than_500_files(client: openai.OpenAI, store: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.vector_stores.file_batches.create(store, file_ids=["file-none"] * 501)
    assert caught.value.param == "file_ids"


def test_marks_count_code_points(client: openai.OpenAI, store: str) -> None:
    """The mark stands at the end of the statement, 40 places later where bytes or halves count."""
    order = f"Look the price up and answer with exactly this text and its citation: {TOLD}."
    tools = [{"type": "file_search", "vector_store_ids": [store]}]
    answer = ask(client, order, tools=tools)
    [text] = [p for item in answer.output if item.type == "message" for p in item.content]
    assert text.text.startswith(PIZZAS), "the model did not repeat the text: ask again"
    marks = {note.index for note in text.annotations if note.type == "file_citation"}
    end = len(text.text.rstrip())
    assert marks, "the model cited nothing: ask again"
    assert marks <= {end - 1, end}
    utf_16 = len(text.text.rstrip().encode("utf-16-le")) // 2
    assert not marks & {utf_16 - 1, utf_16}


def test_the_price_of_a_search_is_not_told_with_the_answer(
    client: openai.OpenAI, store: str
) -> None:
    tools = [{"type": "file_search", "vector_store_ids": [store]}]
    told = ask(client, "What does it cost?", tools=tools).model_dump()
    assert "file_search" not in (told.get("tool_usage") or {})
