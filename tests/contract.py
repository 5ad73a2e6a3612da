"""What the tests of the contract share."""

from typing import Any

import httpx2

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
LOG = "2024-05-01 10:00:00 INFO start\n2024-05-01 10:00:07 ERROR disk quota exceeded on node-7\n"


def problem(answer: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """The body of a refusal, which every client can read."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    body = answer.json()
    assert body["status"] == status
    assert body["code"] == code
    assert body["detail"]
    return dict(body)
