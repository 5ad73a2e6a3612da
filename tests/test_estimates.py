"""What a dry run tells is not less than what the same request then costs, and not far more."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ai_llm_service.text import estimate_tokens
from tests.fake_vendor import FakeVendor
from tests.vendor_exchange import EMBEDDINGS, Exchange
from tests.vendor_wire import completion, vectors
from tests.working import MODEL, PRICED, Json, Working, prices, working

EMBEDDER = "openai-compatible:mini"
PRICE_OF_VECTORS = PRICED.replace(MODEL, EMBEDDER).replace("input = 1.0", "input = 0.1")
MAX_OUTPUT = 300
CONTEXT = 20_000
ANSWER = "The well number 7 is 27 metres deep [1]. It was dug by the council in the dry season [1]."
WELLS = "".join(f"The well number {each} is {each + 20} metres deep. " for each in range(3000))
FEW = "The well number 7 is 27 metres deep. It has a green pump.\n"
HINDI = "कुआँ नंबर सात सत्ताईस मीटर गहरा है। उसका पंप हरा है। " * 200
TABLE = "well,depth\n" + "".join(f"well {each},{each + 20}\n" for each in range(200))
DEPTH = {"type": "object", "properties": {"depth": {"type": "number"}}, "required": ["depth"]}


def counts(exchange: Exchange) -> None:
    """Answer, and count tokens as a vendor does: all that was sent and written."""
    body = exchange.request.body
    if exchange.request.path == EMBEDDINGS:
        made = vectors(body, [[float(len(text)), 1.0] for text in body["input"]])
        told = sum(estimate_tokens(text) for text in body["input"])
        exchange.send_json({**made, "usage": {"prompt_tokens": told, "total_tokens": told}})
        return
    wants_json = "JSON Schema" in json.dumps(body["messages"])
    text = '{"depth": 27}' if wants_json else ANSWER
    read = sum(estimate_tokens(message["content"]) + 8 for message in body["messages"])
    usage = {"prompt_tokens": read, "completion_tokens": estimate_tokens(text)}
    answer = completion("fake", {"role": "assistant", "content": text})
    exchange.send_json({**answer, "usage": usage})


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    with FakeVendor() as vendor:
        vendor.default = counts
        vendor.vectors = counts
        yield vendor


@pytest.fixture
def service(vendor: FakeVendor, tmp_path: Path) -> Iterator[Working]:
    file = prices(tmp_path, PRICED + PRICE_OF_VECTORS)
    url = f"sqlite:///{tmp_path / 'x.sqlite3'}"
    settings: Json = {
        "prices_file": file,
        "embedder": EMBEDDER,
        "failover_models": ("extractive",),
        "model_context_tokens": CONTEXT,
        "model_max_output_tokens": MAX_OUTPUT,
    }
    with working(tmp_path, url, vendor, **settings) as working_service:
        yield working_service


def told_and_paid(service: Working, session_id: str, **body: Any) -> tuple[float, float]:
    """The cost as a dry run tells it, and as the ledger has it after the request."""
    asked = {"session_id": session_id, **body}
    told = service.post("/file/query", **asked, dry_run=True)["estimate"]
    task = service.asked(**asked)
    assert task["status"] == "SUCCESS", task
    return told["cost"], service.usage(task_id=task["id"])["total"]["cost"]


@pytest.mark.parametrize(
    ("text", "body"),
    [
        (FEW, {}),
        (FEW, {"assistant_prompt": "Answer in one sentence. " * 300}),
        (WELLS, {}),
        (WELLS, {"mode": "lookup", "max_passages": 2}),
        (WELLS, {"mode": "read_all"}),
        (WELLS, {"require_verified": True}),
        (HINDI, {}),
        (HINDI, {"mode": "lookup"}),
        (FEW, {"response_schema": DEPTH}),
        (FEW, {"queries": ["How deep is well 7?", "And well 8?", "And its pump?"]}),
    ],
)
def test_a_question_costs_no_more_than_was_told(service: Working, text: str, body: Json) -> None:
    session_id = service.upload(text)
    asked = {"queries": ["How deep is the well number 7?"], **body}
    told, paid = told_and_paid(service, session_id, **asked)
    assert paid <= told <= 15 * paid


def test_the_memory_of_the_session_is_estimated_with_the_next_question(service: Working) -> None:
    session_id = service.upload(FEW)
    question = {"queries": ["How deep is the well number 7?"]}
    first, _ = told_and_paid(service, session_id, **question)
    second, paid = told_and_paid(service, session_id, **question)
    assert second > first
    assert paid <= second


def test_what_is_computed_costs_no_more_than_was_told(service: Working) -> None:
    sent = service.client.post("/api/file/upload", files={"file": ("wells.csv", TABLE)}).json()
    service.run(sent["task_id"])
    told, paid = told_and_paid(
        service, sent["session_id"], queries=["What is the sum of depth?"], mode="compute"
    )
    assert paid <= told


def test_the_vectors_of_a_question_are_told_where_nobody_writes(service: Working) -> None:
    session_id = service.upload(FEW)
    body: Json = {"queries": ["How deep is the well number 7?"], "model": "extractive"}
    told, paid = told_and_paid(service, session_id, **body)
    assert 0 < paid <= told
