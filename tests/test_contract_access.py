"""Keys, prefixes and health, as old clients rely on them."""

import httpx2
import pytest

from tests.contract import LOG, UNKNOWN_ID, problem
from tests.service import KEY, Service

PREFIXES = ["", "/api", "/api/v1"]


@pytest.mark.parametrize("key", [KEY, f"Bearer {KEY}", f"bearer {KEY}"])
def test_a_key_is_accepted_bare_and_as_bearer(service: Service, key: str) -> None:
    with service.http(key) as http:
        assert http.get("/api/file/search/sessions").status_code == 200


@pytest.mark.parametrize("key", [None, "wrong", "Bearer wrong", "als_000000000000_wrong"])
def test_a_missing_and_a_wrong_key_get_the_same_401(service: Service, key: str | None) -> None:
    with service.http(key) as http:
        body = problem(http.get(f"/api/task/{UNKNOWN_ID}"), 401, "not_authenticated")
        uploaded = http.post("/api/file/upload", files={"file": ("a.txt", "text")})
        problem(uploaded, 401, "not_authenticated")
    assert "key" in body["detail"]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_main_job_works_under_every_prefix(service: Service, prefix: str) -> None:
    with service.http() as http:
        sent = http.post(f"{prefix}/file/upload", files={"file": ("logs.txt", LOG)}).json()
        asked = http.post(
            f"{prefix}/file/query",
            json={"queries": ["What exceeded the quota?"], "session_id": sent["session_id"]},
        ).json()
        task = http.get(f"{prefix}/task/{asked['task_id']}", params={"wait": 30}).json()
        assert task["status"] == "SUCCESS"
        closed = http.delete(f"{prefix}/file/search/session/{sent['session_id']}")
        assert closed.status_code == 200


@pytest.mark.parametrize("path", ["/health", "/api/health", "/docs", "/openapi.json"])
def test_health_and_description_need_no_key(service: Service, path: str) -> None:
    with service.http(None) as http:
        assert http.get(path).status_code == 200


def test_health_is_the_word_that_old_monitors_expect(http: httpx2.Client) -> None:
    assert http.get("/health").json() == {"status": "ok"}
    assert "message" in http.get("/api").json()
