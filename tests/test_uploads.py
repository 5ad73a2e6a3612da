"""What happens to a file on its way in, over a real connection."""

import hashlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from ai_llm_service.api.multipart import MAX_FIELD_BYTES
from ai_llm_service.errors import StoreUnavailable
from tests.fake_parts import AUTH, KEY, MAX_FILE_BYTES, OPEN_SESSION, Door, Served, serve

TEXT = b"2026-11-22 ERROR the disk is full\n"
FORM = "multipart/form-data; boundary=B"
END = b"--B--\r\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve(Door(tmp_path_factory.mktemp("nothing")).app()) as running:
        yield running


@pytest.fixture(autouse=True)
def door(tmp_path: Path) -> Door:
    door = Door(tmp_path)
    door.app()
    return door


def part(disposition: bytes, content: bytes) -> bytes:
    head = b"--B\r\nContent-Disposition: form-data; " + disposition
    return head + b"\r\n\r\n" + content + b"\r\n"


def file_part(content: bytes = TEXT, filename: bytes = b"; filename=a.log") -> bytes:
    return part(b'name="file"' + filename, content)


def post(served: Served, body: bytes, content_type: str = FORM) -> httpx2.Response:
    headers = {**AUTH, "Content-Type": content_type}
    url = f"http://127.0.0.1:{served.port}/api/file/upload"
    return httpx2.post(url, content=body, headers=headers, timeout=60)


def connect(served: Served, *headers: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", served.port), timeout=60)
    lines = ["POST /api/file/upload HTTP/1.1", "Host: x", f"Content-Type: {FORM}", *headers]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    return connection


def read_all(connection: socket.socket) -> bytes:
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


def refused(response: httpx2.Response, status: int, code: str) -> str:
    problem = response.json()
    assert (response.status_code, problem["code"]) == (status, code), problem
    return str(problem["detail"])


@pytest.mark.parametrize("preamble", [b"\r\n", b"For readers without MIME.\r\n", b"--A\r\n" * 9])
def test_what_stands_before_the_first_boundary_is_skipped(
    served: Served, door: Door, preamble: bytes
) -> None:
    body = preamble + file_part() + END
    headers = (f"Authorization: {KEY}", f"Content-Length: {len(body)}", "Connection: close")
    with connect(served, *headers) as connection:
        connection.sendall(body[: len(preamble) + 1])
        connection.sendall(body[len(preamble) + 1 :])
        assert b" 200 OK" in read_all(connection)


def test_a_form_that_never_begins_is_refused(served: Served) -> None:
    for body in (b"x" * (1 << 20), b"x", b"--C\r\n--C--\r\n"):
        detail = refused(post(served, body), 422, "invalid_request")
        assert detail == "The body is not a readable multipart form."


def test_a_file_arrives_as_it_was_sent(served: Served, door: Door) -> None:
    content = bytes(range(32, 127)) * 20_000
    response = post(served, file_part(content) + END)

    assert response.json() == {
        "file_path": "files/d",
        "session_id": "new-session",
        "document_id": "d",
        "task_id": "t",
    }
    file, kept = door.sessions.files[0]
    assert kept == content
    assert (file.name, file.size_bytes, file.media_type) == ("a.log", len(content), "text/plain")
    assert file.sha256 == hashlib.sha256(content).hexdigest()


def test_nothing_stays_in_the_folder_for_incoming_files(served: Served, door: Door) -> None:
    post(served, file_part() + END)
    door.sessions.failure = StoreUnavailable()
    refused(post(served, file_part() + END), 503, "store_unavailable")
    assert list(door.incoming.iterdir()) == []


def test_a_body_may_come_in_chunks_of_unknown_number(served: Served, door: Door) -> None:
    body = file_part() + END
    url = f"http://127.0.0.1:{served.port}/file/upload"
    headers = {**AUTH, "Content-Type": FORM}
    response = httpx2.post(
        url, content=(body[i : i + 1] for i in range(len(body))), headers=headers
    )
    assert response.status_code == 200
    assert door.sessions.files[0][1] == TEXT


@pytest.mark.parametrize("path", ["/file/upload", "/api/file/upload", "/api/v1/file/upload"])
def test_an_upload_works_under_each_prefix(served: Served, path: str) -> None:
    url = f"http://127.0.0.1:{served.port}{path}"
    response = httpx2.post(url, files={"file": ("a.txt", TEXT)}, headers=AUTH)
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("filename", "label"),
    [
        (b'; filename="plain.txt"', "plain.txt"),
        (b"; filename=bare.txt", "bare.txt"),
        (b'; filename="\xe0\xa4\xb2\xe0\xa5\x89\xe0\xa4\x97.txt"', "लॉग.txt"),
        (b"; filename*=utf-8''na%C3%AFve%20log.txt", "naïve log.txt"),
        (b"; filename=\"x.txt\"; filename*=UTF-8'en'%E2%82%AC.txt", "€.txt"),
        (b'; filename="a%22b.txt"', 'a"b.txt'),
        (b'; filename="a\\"b.txt"', 'a"b.txt'),
        (b'; filename="100%25.txt"', "100%25.txt"),
        (b'; filename="a;b.txt"', "a;b.txt"),
        (b'; filename="../../etc/passwd"', "../../etc/passwd"),
        (b'; filename="a\x00b\x1b.txt"', "ab.txt"),
        (b'; filename="\xe2\x80\xaegpj.txt"', "gpj.txt"),
        (b'; filename="bad\xff.txt"', "bad\ufffd.txt"),
        (b'; filename=""', "unnamed"),
        (b"", "unnamed"),
        (b'; filename="' + b"n" * 300 + b'"', "n" * 255),
        (b'; filename="' + b"n" * 5000 + b'"', "n" * 255),
    ],
)
def test_a_name_of_any_form_is_a_label(
    served: Served, door: Door, filename: bytes, label: str
) -> None:
    response = post(served, file_part(filename=filename) + END)
    assert response.status_code == 200, response.text
    file, _ = door.sessions.files[0]
    assert file.name == label
    assert file.path.parent == door.incoming


def test_the_field_filename_goes_before_the_name_of_the_part(served: Served, door: Door) -> None:
    post(served, file_part() + part(b"name=filename", "माह.txt".encode()) + END)
    assert door.sessions.files[0][0].name == "माह.txt"


def test_the_session_may_stand_before_or_after_the_file(served: Served, door: Door) -> None:
    session = part(b"name=session_id", OPEN_SESSION.encode())
    post(served, session + file_part() + END)
    post(served, file_part() + session + END)
    post(served, part(b"name=session_id", b"") + file_part() + END)
    assert door.sessions.sessions_named == [OPEN_SESSION, OPEN_SESSION, None]


def test_an_unknown_session_is_not_found(served: Served) -> None:
    response = post(served, part(b"name=session_id", b"x") + file_part() + END)
    assert refused(response, 404, "session_not_found") == "Session not found."


def test_a_file_of_just_the_limit_is_taken(served: Served, door: Door) -> None:
    assert post(served, file_part(b"x" * MAX_FILE_BYTES) + END).status_code == 200
    assert door.sessions.files[0][0].size_bytes == MAX_FILE_BYTES


@pytest.mark.parametrize("over", [1, 8 << 20], ids=["by_a_byte", "by_far"])
def test_a_file_over_the_limit_is_refused_with_the_limit(
    served: Served, door: Door, over: int
) -> None:
    response = post(served, file_part(b"x" * (MAX_FILE_BYTES + over)) + END)
    assert str(MAX_FILE_BYTES) in refused(response, 413, "file_too_large")
    assert list(door.incoming.iterdir()) == []


def test_a_body_without_length_is_counted_while_it_comes(served: Served, door: Door) -> None:
    pieces = [file_part(b"x" * (1 << 20))[:-2], *[b"x" * (1 << 20)] * 8]
    headers = {**AUTH, "Content-Type": FORM}
    url = f"http://127.0.0.1:{served.port}/file/upload"
    response = httpx2.post(url, content=iter(pieces), headers=headers, timeout=60)
    refused(response, 413, "file_too_large")
    assert list(door.incoming.iterdir()) == []


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        (file_part(b"") + END, FORM, "empty"),
        (END, FORM, "name 'file'"),
        (part(b"name=other", b"x") + END, FORM, "name 'file'"),
        (file_part() + file_part() + END, FORM, "twice"),
        (file_part(), FORM, "cut off"),
        (b"", FORM, "cut off"),
        (b"no form at all", FORM, "not a readable"),
        (file_part().replace(b"\r\n", b"\n") + END, FORM, "not a readable"),
        (b'{"file": "x"}', "application/json", "not a multipart"),
        (file_part() + END, "multipart/form-data", "not a multipart"),
        (file_part() + END, f"{FORM}{'x' * 300}", "too long"),
        (part(b"name=session_id", b"x" * (MAX_FIELD_BYTES + 1)), FORM, "larger than"),
        (part(b"name=x", b"") * 200 + END, FORM, "more than 100 parts"),
    ],
)
def test_a_form_that_is_not_right_is_told_why(
    served: Served, door: Door, body: bytes, content_type: str, says: str
) -> None:
    assert says in refused(post(served, body, content_type), 422, "invalid_request")
    assert list(door.incoming.iterdir()) == []
    assert door.sessions.files == []


@pytest.mark.parametrize("size", [100, 1 << 20], ids=["small", "large"])
def test_a_type_that_nobody_can_read_is_refused(served: Served, door: Door, size: int) -> None:
    content = b"\x7fELF" + b"\x00\x01\x02\x03" * (size // 4)
    refused(post(served, file_part(content) + END), 415, "unsupported_file_type")
    assert list(door.incoming.iterdir()) == []


def test_a_caller_who_goes_away_leaves_nothing(served: Served, door: Door) -> None:
    headers = (f"Authorization: {KEY}", "Content-Length: 2000000", "X-Request-Id: gone")
    connection = connect(served, *headers)
    connection.sendall(file_part(b"x" * 1_500_000))
    connection.close()
    served.wait_for_end("gone")
    assert list(door.incoming.iterdir()) == []
    assert door.sessions.files == []


def test_a_wrong_key_is_refused_before_the_body_is_read(served: Served) -> None:
    with connect(served, "Authorization: wrong", "Content-Length: 2000000") as connection:
        assert b" 401 " in connection.recv(65536)


def test_who_waits_to_be_told_to_continue_is_refused_at_once(served: Served) -> None:
    waiting = ("Content-Length: 2000000", "Expect: 100-continue")
    with connect(served, "Authorization: wrong", *waiting) as connection:
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 401 ")


def test_a_refusal_reaches_a_client_that_sends_everything_first(served: Served) -> None:
    length = 64 << 20
    with connect(served, "Authorization: wrong", f"Content-Length: {length}") as connection:
        for _ in range(length >> 20):
            connection.sendall(b"x" * (1 << 20))
        answer = read_all(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b" 401 " in head
    assert b"connection: close" in head.lower()
    assert json.loads(body)["code"] == "not_authenticated"
