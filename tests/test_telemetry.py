"""Logs: one line per event, with ids, without secrets."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from ai_llm_service.telemetry import configure_logging, keep_logging


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    configure_logging("INFO", "json")
    yield stream
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def open_with(key: str) -> None:
    raise RuntimeError(f"no access with {key}")


def test_an_event_carries_its_ids(written: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r1", task_id="t1"):
        structlog.get_logger("here").info("task_claimed", attempt=1)
    (line,) = lines(written)
    assert line["event"] == "task_claimed"
    assert (line["request_id"], line["task_id"], line["attempt"]) == ("r1", "t1", 1)
    assert line["level"] == "info"
    assert line["timestamp"].endswith("Z")


def test_a_library_writes_the_same_lines(written: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(task_id="t1"):
        logging.getLogger("celery.worker").warning("lost %s", "the broker")
    (line,) = lines(written)
    assert (line["event"], line["task_id"], line["logger"]) == (
        "lost the broker", "t1", "celery.worker",
    )  # fmt: skip


@pytest.mark.parametrize(
    "fields",
    [
        {"authorization": "hunter2"},
        {"api_key": "hunter2"},
        {"headers": {"Authorization": "Bearer hunter2", "x-api-key": b"hunter2"}},
        {"reason": "Incorrect API key provided: sk-hunter2hunter2"},
        {"reason": "cannot connect to postgresql+psycopg://me:hunter2@db/x"},
        {"reason": "redis://:hunter2@cache:6379/0 is away"},
        {"reason": "no such key: als_1f0d7787b2a4_hunter2"},
        {"items": [("Bearer hunter2",)]},
        {"reason": "{'Authorization': 'hunter2'}"},
        {"error": ValueError("password=hunter2")},
    ],
)
def test_a_secret_is_never_written(fields: dict[str, Any], written: io.StringIO) -> None:
    structlog.get_logger().warning("event", **fields)
    logging.getLogger("library").warning("%s", fields)
    assert len(lines(written)) == 2
    assert "hunter2" not in written.getvalue()


def test_a_trace_is_whole_but_for_secrets(written: io.StringIO) -> None:
    try:
        open_with("sk-hunter2hunter2")
    except RuntimeError:
        structlog.get_logger().exception("it_broke")
    (line,) = lines(written)
    assert "RuntimeError: no access with sk-[redacted]" in line["exception"]


def test_counts_of_tokens_are_no_secrets(written: io.StringIO) -> None:
    structlog.get_logger().info("answered", input_tokens=7, max_output_tokens=9)
    (line,) = lines(written)
    assert (line["input_tokens"], line["max_output_tokens"]) == (7, 9)


def test_libraries_that_log_bodies_are_kept_quiet(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", written)
    configure_logging("DEBUG", "json")
    logging.getLogger("celery").debug("heard")
    logging.getLogger("openai._base_client").debug("Request options: hunter2")
    logging.getLogger("sqlalchemy.engine.Engine").info("[parameters] hunter2")
    assert [line["event"] for line in lines(written)] == ["heard"]


def test_celerys_command_line_sets_the_level_alone(written: io.StringIO) -> None:
    handlers = logging.getLogger().handlers
    keep_logging(loglevel=logging.ERROR, logfile=None, format="x", colorize=True)
    logging.getLogger("celery").warning("unseen")
    assert logging.getLogger().handlers == handlers
    assert written.getvalue() == ""


def test_a_person_gets_lines_to_read(written: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", written)
    configure_logging("INFO", "console")
    structlog.get_logger().info("ready", port=7001)
    assert "ready" in written.getvalue()
    assert "port=7001" in written.getvalue()
