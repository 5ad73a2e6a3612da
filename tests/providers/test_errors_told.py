"""What the caller and the operator learn of a provider's errors, on each wire."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.fake_vendor import FakeVendor, answers, fails
from tests.providers.asking import prompts
from tests.vendor_exchange import Recorded
from tests.working import Json, Working, working

WIRES = {
    "responses": 'kind = "openai"',
    "responses-streamed": 'kind = "openai"\nstream = true',
    "responses-in-the-background": 'kind = "openai"\nbackground = true',
    "chat": 'kind = "openai-compatible"',
    "chat-streamed": 'kind = "openai-compatible"\nstream = true',
}
FILE = """
default = "the-vendor:large"

[providers.the-vendor]
base_url = "{url}"
models = ["large"]
api_key_file = "key"
context_tokens = 6000
{wire}
"""
KEY = "sk-canary-of-the-operator"
TEXT = "".join(f"The well number {each} is {each + 20} metres deep.\n" for each in range(400))


@pytest.fixture(params=WIRES)
def service(
    request: pytest.FixtureRequest, vendor: FakeVendor, tmp_path: Path
) -> Iterator[Working]:
    (tmp_path / "key").write_text(KEY, "utf-8")
    file = tmp_path / "providers.toml"
    file.write_text(FILE.format(url=vendor.url, wire=WIRES[request.param]), "utf-8")
    vendor.later.looks_until_ready = 0
    settings: Json = {
        "providers_file": file,
        "chat_model": "the-vendor:large",
        "embedder": "none",
    }
    url = f"sqlite:///{tmp_path / 'x.sqlite3'}"
    with working(tmp_path, url, vendor, **settings) as working_service:
        yield working_service


def length(request: Recorded) -> int:
    return sum(len(message["content"]) for message in request.messages)


def test_a_refused_key_is_told_with_its_provider_and_logged_with_its_request(
    service: Working, vendor: FakeVendor
) -> None:
    vendor.script(fails(401, "invalid_api_key", headers={"x-request-id": "req_7"}, text=KEY))
    with structlog.testing.capture_logs() as logged:
        task = service.generated(prompt="Hi")
    assert (task["status"], task["code"]) == ("FAILURE", "provider_rejected")
    assert task["error"] == "The provider the-vendor refused our key."
    assert "operator" in task["hint"]
    [event] = [each for each in logged if each["event"] == "provider_error"]
    assert (event["provider"], event["vendor_request_id"]) == ("the-vendor", "req_7")
    assert event["vendor_code"] == "invalid_api_key"
    assert KEY not in f"{task}{logged}"
    assert len(prompts(vendor)) == 1


def test_documents_that_are_too_long_are_read_once_more_with_less(
    service: Working, vendor: FakeVendor
) -> None:
    session_id = service.upload(TEXT)
    vendor.script(fails(400, "context_length_exceeded"), answers("It is 31 metres deep [1]."))
    body = {"queries": ["How deep is the well number 11?"], "session_id": session_id}
    task = service.asked(**body, mode="lookup")
    assert task["status"] == "SUCCESS"
    first, second = prompts(vendor)
    assert length(second) < length(first)


def test_documents_that_stay_too_long_are_told_to_the_caller(
    service: Working, vendor: FakeVendor
) -> None:
    session_id = service.upload(TEXT)
    vendor.script(*[fails(400, "context_length_exceeded", text="VENDOR TEXT")] * 2)
    task = service.asked(queries=["How deep is it?"], session_id=session_id, mode="lookup")
    assert (task["status"], task["code"]) == ("FAILURE", "provider_rejected")
    assert "longer than the model can read" in task["error"]
    assert "VENDOR TEXT" not in str(task)
    assert len(prompts(vendor)) == 2
