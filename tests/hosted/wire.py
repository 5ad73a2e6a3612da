"""The shapes of OpenAI's files, vector stores and responses, as its specification has them."""

import re
from email import policy
from email.parser import BytesParser
from typing import Any

Json = dict[str, Any]
# Score, file id, file name, text.
Found = tuple[float, str, str, str]
PAGE = 20


def asked_question(asked: str | list[Json]) -> str:
    """The question at the end of the last message."""
    text = str_of(asked)
    return text.rpartition("Question:")[2].strip() or text


def str_of(asked: str | list[Json]) -> str:
    """The last message."""
    if isinstance(asked, str):
        return asked
    content = asked[-1]["content"]
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def search_call(question: str, found: list[Found]) -> Json:
    results = [
        {"file_id": file_id, "filename": name, "score": score, "text": text, "attributes": {}}
        for score, file_id, name, text in found
    ]
    return {
        "type": "file_search_call",
        "id": "fs_1",
        "status": "completed",
        "queries": [question],
        "results": results,
    }


def found_message(found: list[Found]) -> Json:
    """The last line of the best piece, with the file cited twice at its end, as OpenAI does."""
    text = found[0][3].strip().splitlines()[-1]
    marks = [
        {"type": "file_citation", "file_id": file_id, "filename": name, "index": len(text) - 1}
        for _, file_id, name, _ in found[:1]
        for _ in range(2)
    ]
    return message(text, marks)


def given_message(asked: str | list[Json]) -> Json:
    """The last line of the first passage in the prompt, with its mark."""
    passage = re.search(r"<passage>\n\[(\d+)\].*?\n(.*?)\n</passage>", str_of(asked), re.DOTALL)
    if passage is None:
        return message("I found nothing about it.", [])
    return message(f"{passage[2].splitlines()[-1]} [{passage[1]}].", [])


def message(text: str, marks: list[Json]) -> Json:
    content = {"type": "output_text", "text": text, "annotations": marks, "logprobs": []}
    return {
        "type": "message",
        "id": "msg_1",
        "role": "assistant",
        "status": "completed",
        "content": [content],
    }


def response(response_id: str, body: Json, output: list[Json]) -> Json:
    return {
        "id": response_id,
        "object": "response",
        "created_at": 0,
        "model": body["model"],
        "status": "completed",
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": body.get("tools", []),
        "usage": {
            "input_tokens": 100,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 20,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 120,
        },
    }


def store_json(store_id: str, status: str, metadata: Json, files: int) -> Json:
    counts = {"cancelled": 0, "completed": files, "failed": 0, "in_progress": 0, "total": files}
    return {
        "id": store_id,
        "object": "vector_store",
        "created_at": 0,
        "name": "x",
        "status": status,
        "usage_bytes": 0,
        "metadata": metadata,
        "file_counts": counts,
    }


def page_of(items: list[Json], query: dict[str, str]) -> Json:
    ids = [item["id"] for item in items]
    first = ids.index(query["after"]) + 1 if query.get("after") in ids else 0
    page = items[first : first + min(int(query.get("limit", PAGE)), PAGE)]
    return {
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
        "has_more": first + len(page) < len(items),
    }


def form_of(content_type: str, raw: bytes) -> dict[str, Any]:
    """The fields of a multipart form; a file is its name and its content."""
    head = f"content-type: {content_type}\r\n\r\n".encode()
    message = BytesParser(policy=policy.HTTP).parsebytes(head + raw)
    form: dict[str, Any] = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        content = part.get_payload(decode=True)
        filename = part.get_filename()
        form[name] = (filename, content) if filename else content
    return form


def error_body(text: str) -> Json:
    return {"error": {"message": text, "type": "invalid_request_error", "code": None}}
