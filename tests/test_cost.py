"""What calls used and cost: in each answer, summed up, limited, and told before."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ai_llm_service.domain import Usage
from ai_llm_service.errors import InvalidConfiguration
from ai_llm_service.providers.prices import load_prices
from tests.fake_vendor import FakeVendor, replies
from tests.vendor_wire import completion
from tests.working import MODEL, PRICED, Working, prices, working

# 11 tokens in at 1 dollar a million, 7 out at 2.
ONE_CALL = (11 * 1.0 + 7 * 2.0) / 1e6


@pytest.fixture
def service(vendor: FakeVendor, tmp_path: Path, database_url: str) -> Iterator[Working]:
    file = prices(tmp_path, PRICED)
    with working(tmp_path, database_url, vendor, prices_file=file) as working_service:
        yield working_service


def sqlite(folder: Path) -> str:
    return f"sqlite:///{folder / 'x.sqlite3'}"


def test_usage_and_cost_are_summed_by_task_session_model_and_day(service: Working) -> None:
    first = service.generated(prompt="one", inputs=["a", "b"])
    session_id = service.upload()
    second = service.asked(queries=["How deep?"], session_id=session_id)
    assert second["result"]["answers"][0]["cost"] == pytest.approx(ONE_CALL)
    total = service.usage()["total"]
    assert (total["calls"], total["input_tokens"], total["output_tokens"]) == (3, 33, 21)
    assert total["cost"] == pytest.approx(3 * ONE_CALL)
    by_task = {part["key"]: part["calls"] for part in service.usage(group_by="task")["parts"]}
    assert by_task == {first["id"]: 2, second["id"]: 1}
    by_session = {part["key"]: part["calls"] for part in service.usage(group_by="session")["parts"]}
    assert by_session == {"": 2, session_id: 1}
    [model] = service.usage(group_by="model")["parts"]
    assert (model["key"], model["calls"]) == (MODEL, 3)
    [day] = service.usage()["parts"]
    assert service.usage(first_day=day["key"], last_day=day["key"])["total"]["calls"] == 3
    assert service.usage(last_day="2001-01-01")["total"]["calls"] == 0
    assert service.usage(task_id=second["id"])["total"]["calls"] == 1
    assert service.usage(session_id=session_id)["total"]["calls"] == 1


def test_a_price_that_nobody_told_is_said_to_be_unknown(vendor: FakeVendor, tmp_path: Path) -> None:
    with working(tmp_path, sqlite(tmp_path), vendor) as service:
        [answer] = service.generated(prompt="Hi")["result"]["answers"]
        assert (answer["cost"], answer["price_unknown"]) == (None, True)
        assert service.usage()["total"]["price_unknown"] is True
        estimate = service.post("/generate", prompt="Hi", dry_run=True)["estimate"]
        assert (estimate["cost"], estimate["price_unknown"]) == (None, True)
        task = service.generated(prompt="Hi there", max_cost=1)
        assert (task["code"], len(vendor.requests)) == ("cost_limit_exceeded", 1)


def test_no_call_is_made_that_could_go_beyond_the_cost_of_its_request(
    service: Working, vendor: FakeVendor
) -> None:
    # Each call may cost a little more than 2000 tokens out, and costs far less.
    body: dict[str, Any] = {"prompt": "Say", "inputs": ["a", "b", "c"], "max_output_tokens": 2000}
    most = service.post("/generate", **body, dry_run=True)["estimate"]["cost"] / 3
    task = service.generated(**body, max_cost=most + 1.5 * ONE_CALL)
    assert (task["status"], task["code"]) == ("FAILURE", "cost_limit_exceeded")
    assert len(task["result"]["result"]) == 2
    assert len(vendor.requests) == 2


def test_a_tenant_spends_no_more_in_a_day_than_it_may(vendor: FakeVendor, tmp_path: Path) -> None:
    file = prices(tmp_path, PRICED)
    given: dict[str, Any] = {"prices_file": file, "max_cost_per_tenant_and_day": 0.0041}
    with working(tmp_path, sqlite(tmp_path), vendor, **given) as service:
        assert service.generated(prompt="Hi")["status"] == "SUCCESS"
        long = completion("fake", {"role": "assistant", "content": "long"})
        vendor.default = replies(
            {**long, "usage": {"prompt_tokens": 11, "completion_tokens": 1000}}
        )
        assert service.generated(prompt="Hi!")["status"] == "SUCCESS"
        assert service.generated(prompt="Hi?")["code"] == "cost_limit_exceeded"


def test_a_dry_run_asks_nothing_and_queues_nothing(service: Working, vendor: FakeVendor) -> None:
    session_id = service.upload()
    told = service.post("/generate", prompt="Hi", dry_run=True, max_output_tokens=100)
    assert told["task_id"] is None
    assert (told["estimate"]["calls"], told["estimate"]["output_tokens"]) == (1, 100)
    asked = service.post("/file/query", queries=["a", "b"], session_id=session_id, dry_run=True)
    assert asked["dry_run"] is True
    assert asked["estimate"]["calls"] == 2
    assert 0 < asked["estimate"]["cost"] < 0.02
    assert vendor.requests == []
    assert len(service.client.get("/api/tasks").json()["tasks"]) == 1


def test_cached_and_long_prompts_have_prices_of_their_own() -> None:
    table = load_prices()
    model = "openai:gpt-6-luna-2026-09-22"
    assert table.cost(model, Usage(1_000, 100, cached_tokens=800)) == pytest.approx(
        (200 * 0.10 + 800 * 0.01 + 100 * 0.50) / 1e6
    )
    assert table.cost(model, Usage(300_000, 100)) == pytest.approx(
        (300_000 * 0.20 + 100 * 0.75) / 1e6
    )
    assert table.cost(model, Usage(search_calls=2)) == pytest.approx(0.005)
    assert table.cost("openai:some-model", Usage(1, 1)) is None
    assert table.cost("extractive", Usage()) == 0


@pytest.mark.parametrize(
    "text",
    ["[[price]]\nmodel = 1", "price = 3", "[[price", PRICED.replace("1.0", "-1.0"), "x = 1"],
)
def test_a_file_of_prices_that_is_wrong_stops_the_start(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidConfiguration, match="PRICES_FILE"):
        load_prices(prices(tmp_path, text))
    with pytest.raises(InvalidConfiguration, match="PRICES_FILE"):
        load_prices(tmp_path / "absent.toml")
