"""What OpenAI sends, by its specification: completions, responses, their streams, vectors."""

import json
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

CACHED = 3
REASONED = 2


def completion(model: str, message: Json, finish_reason: str = "stop") -> Json:
    return {
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "created": 1_795_000_000,
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": {"refusal": None, **message},
                "logprobs": None,
                "finish_reason": finish_reason,
            }
        ],
        "usage": {
            "prompt_tokens": 11,
            "completion_tokens": 7,
            "total_tokens": 18,
            "prompt_tokens_details": {"cached_tokens": CACHED},
            "completion_tokens_details": {"reasoning_tokens": REASONED},
        },
    }


def completion_chunks(body: Json, *, with_usage: bool) -> Iterator[Json]:
    """The stream of a completion; the chunk with the usage has no choices."""
    head = {name: body[name] for name in ("id", "created", "model")}
    head["object"] = "chat.completion.chunk"
    choice = body["choices"][0]
    text = choice["message"].get("content") or ""
    deltas: list[Json] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": part} for part in halves(text)]
    extras = {k: v for k, v in choice["message"].items() if k not in {"role", "content"} and v}
    if extras:
        deltas.append(extras)
    for delta in deltas:
        yield {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    last = {"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}
    yield {**head, "choices": [last]}
    if with_usage:
        yield {**head, "choices": [], "usage": body["usage"]}


def response(asked: Json, output: list[Json], status: str = "completed", **changes: Any) -> Json:
    """A response object; `asked` is the request that it answers."""
    return {
        "id": "resp_fake",
        "object": "response",
        "created_at": 1_795_000_000,
        "status": status,
        "background": bool(asked.get("background")),
        "error": None,
        "incomplete_details": None,
        "instructions": asked.get("instructions"),
        "max_output_tokens": asked.get("max_output_tokens"),
        "metadata": {},
        "model": asked.get("model", "fake"),
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": (asked.get("reasoning") or {}).get("effort"), "summary": None},
        "store": asked.get("store", True),
        "temperature": asked.get("temperature", 1.0),
        "text": asked.get("text", {"format": {"type": "text"}}),
        "tool_choice": "auto",
        "tools": asked.get("tools", []),
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": None
        if status in {"queued", "in_progress"}
        else {
            "input_tokens": 11,
            "input_tokens_details": {"cached_tokens": CACHED, "cache_write_tokens": 0},
            "output_tokens": 7,
            "output_tokens_details": {"reasoning_tokens": REASONED},
            "total_tokens": 18,
        },
        **changes,
    }


def message(text: str, annotations: list[Json] | None = None, status: str = "completed") -> Json:
    part = {
        "type": "output_text",
        "text": text,
        "annotations": annotations or [],
        "logprobs": [],
    }
    return {
        "id": "msg_fake",
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": [part],
    }


def refusal(text: str) -> Json:
    return {**message(""), "content": [{"type": "refusal", "refusal": text}]}


def reasoning() -> Json:
    return {"id": "rs_fake", "type": "reasoning", "summary": []}


def searched(query: str, results: list[Json]) -> Json:
    return {
        "id": "fs_fake",
        "type": "file_search_call",
        "status": "completed",
        "queries": [query],
        "results": results,
    }


def response_events(body: Json) -> Iterator[Json]:
    """The stream of a response, in the vendor's order and with its numbers."""
    for number, event in enumerate(_events(body)):
        yield {**event, "sequence_number": number}


def _events(body: Json) -> Iterator[Json]:
    begun = {**body, "status": "in_progress", "output": [], "usage": None, "error": None}
    begun["incomplete_details"] = None
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for index, item in enumerate(body["output"]):
        yield from _item_events(index, item)
    yield {"type": f"response.{body['status']}", "response": body}


def _item_events(index: int, item: Json) -> Iterator[Json]:
    begun = {**item, "status": "in_progress"} if "status" in item else item
    if "content" in item:
        begun = {**begun, "content": []}
    yield {"type": "response.output_item.added", "output_index": index, "item": begun}
    for number, part in enumerate(item.get("content") or ()):
        place = {"item_id": item["id"], "output_index": index, "content_index": number}
        if part["type"] != "output_text":
            continue
        empty = {**part, "text": "", "annotations": []}
        yield {"type": "response.content_part.added", **place, "part": empty}
        for half in halves(part["text"]):
            delta = {"delta": half, "logprobs": []}
            yield {"type": "response.output_text.delta", **place, **delta}
        for count, note in enumerate(part["annotations"]):
            told = {"annotation": note, "annotation_index": count}
            yield {"type": "response.output_text.annotation.added", **place, **told}
        done = {"text": part["text"], "logprobs": []}
        yield {"type": "response.output_text.done", **place, **done}
        yield {"type": "response.content_part.done", **place, "part": part}
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def vectors(asked: Json, rows: list[list[float]]) -> Json:
    return {
        "object": "list",
        "model": asked["model"],
        "data": [
            {"object": "embedding", "index": index, "embedding": row}
            for index, row in enumerate(rows)
        ],
        "usage": {"prompt_tokens": 5, "total_tokens": 5},
    }


def error_body(text: str, kind: str | None, code: str | None, param: str | None) -> Json:
    return {"error": {"message": text, "type": kind, "code": code, "param": param}}


def sse(event: Json, *, named: bool) -> bytes:
    """One event as bytes; those of responses bear their type as a name."""
    name = f"event: {event['type']}\n" if named else ""
    return f"{name}data: {json.dumps(event)}\n\n".encode()


def halves(text: str) -> list[str]:
    middle = len(text) // 2
    return [part for part in (text[:middle], text[middle:]) if part]
