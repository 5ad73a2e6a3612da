"""The way out: only to public addresses, checked at the moment of connecting, within a time."""

import ipaddress
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from ai_llm_service.errors import (
    DeliveryFailed,
    EndpointRefused,
    EndpointUnreachable,
    InvalidRequest,
)
from ai_llm_service.providers.addresses import (
    Address,
    AllowedHosts,
    IpAddress,
    is_public,
    read_address,
)
from ai_llm_service.providers.egress import MAX_RESPONSE_BYTES, Egress, Interrupted, Reply, resolve
from tests.receiver import Answer, Receiver

LOOPBACK = [ipaddress.ip_address("127.0.0.1")]
NOBODY = AllowedHosts()
EXAMPLE = ipaddress.ip_address("93.184.215.14")

HOSTILE = [
    "http://127.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.0.0.1:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://017700000001:{port}/",
    "http://0:{port}/",
    "http://0.0.0.0:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[64:ff9b:1::7f00:1]:{port}/",
    "http://[fe80::1%25lo]:{port}/",
    "http://localhost:{port}/",
    "http://localhost.:{port}/",
    "http://LOCALHOST:{port}/",
    "http://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3:{port}/",
    "http://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460:{port}/",
    "http://127\u30020\u30020\u30021:{port}/",
    "http://%31%32%37.0.0.1:{port}/",
    "http://user:pass@127.0.0.1:{port}/",
    "http://example.org@127.0.0.1:{port}/",
    "http://example.org:80\\@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\t/",
    "http://127.0.0.1:{port}#@example.org/",
    "http://169.254.169.254/latest/meta-data/",
    "http://192.0.0.192/opc/v2/instance/",
    "http://100.100.100.200/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "https:127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/",
    "redis://127.0.0.1:{port}/",
    "",
]


def egress(
    allowed: AllowedHosts = NOBODY,
    resolve: Callable[[str, int], list[IpAddress]] = resolve,
    timeout_seconds: float = 15,
    stopping: Callable[[], bool] = lambda: False,
    ssl_context: ssl.SSLContext | None = None,
) -> Egress:
    return Egress(
        allowed,
        timeout_seconds=timeout_seconds,
        stopping=stopping,
        resolve=resolve,
        ssl_context=ssl_context,
    )


def post(way_out: Egress, url: str, allowed: AllowedHosts = NOBODY) -> Reply:
    return way_out.post(read_address(url, allowed), {"x-test": "1"}, b"{}")


def named(port: int) -> tuple[str, AllowedHosts]:
    """A name whose port is allowed at the door, but whose address is not."""
    return f"http://hooks.example:{port}/hook", AllowedHosts.parse(f"hooks.example:{port}")


@pytest.mark.parametrize("form", HOSTILE)
def test_no_form_of_an_internal_address_is_reached(form: str) -> None:
    with Receiver() as receiver:
        with pytest.raises((InvalidRequest, DeliveryFailed)):
            post(egress(), form.format(port=receiver.port))
        assert receiver.received == []


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "0"),
        *("localhost", "localhost.", "::1", "::", "::ffff:127.0.0.1", "::ffff:7f00:1"),
    ],
)
def test_what_slips_through_the_door_is_refused_at_the_moment_of_connecting(host: str) -> None:
    with Receiver() as receiver:
        with pytest.raises(DeliveryFailed):
            egress().post(Address("http", host, receiver.port, "/"), {}, b"")
        assert receiver.received == []


@pytest.mark.parametrize("mixed", [[EXAMPLE, *LOOPBACK], [*LOOPBACK, EXAMPLE]])
def test_one_bad_address_among_good_ones_refuses_the_host(mixed: list[IpAddress]) -> None:
    with Receiver() as receiver:
        url, door = named(receiver.port)
        with pytest.raises(EndpointRefused):
            post(egress(resolve=lambda _host, _port: mixed), url, door)
        assert receiver.received == []


def test_a_name_is_resolved_once_and_its_checked_address_is_connected_to() -> None:
    asked: list[str] = []

    def rebinding(host: str, _port: int) -> list[IpAddress]:
        asked.append(host)
        return LOOPBACK if len(asked) == 1 else [EXAMPLE]

    with Receiver() as receiver:
        url, door = named(receiver.port)
        assert post(egress(door, rebinding), url, door).status == 200
    assert asked == ["hooks.example"]
    assert receiver.received[0].headers["host"] == f"hooks.example:{receiver.port}"


def test_a_name_that_turns_internal_after_it_was_accepted_is_refused() -> None:
    answers = [[EXAMPLE], LOOPBACK]

    def rebinding(_host: str, _port: int) -> list[IpAddress]:
        return answers.pop(0)

    with Receiver() as receiver:
        url, door = named(receiver.port)
        assert is_public(rebinding("hooks.example", receiver.port)[0])
        with pytest.raises(EndpointRefused):
            post(egress(resolve=rebinding), url, door)
        assert receiver.received == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(status: int) -> None:
    with Receiver() as receiver:
        there = {"location": f"http://127.0.0.1:{receiver.port}/elsewhere"}
        receiver.script(Answer(status, headers=there))
        allowed = AllowedHosts.parse("127.0.0.1")
        assert post(egress(allowed), receiver.url, allowed).status == status
        assert [request.path for request in receiver.received] == ["/hook"]


def test_a_proxy_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as receiver, Receiver() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        allowed = AllowedHosts.parse("127.0.0.1")
        assert post(egress(allowed), receiver.url, allowed).status == 200
        assert proxy.received == []


@pytest.mark.parametrize(
    ("listed", "fine"),
    [
        ("127.0.0.1:{port}", True),
        ("127.0.0.1", True),
        ("127.0.0.0/8", True),
        (" 10.0.0.0/8 , 127.0.0.1 ", True),
        ("127.0.0.1:1", False),
        ("127.0.0.2", False),
        ("10.0.0.0/8,[::1]", False),
    ],
)
def test_an_internal_receiver_is_reached_only_when_it_is_listed(listed: str, fine: bool) -> None:
    with Receiver() as receiver:
        allowed = AllowedHosts.parse(listed.format(port=receiver.port))
        if fine:
            assert post(egress(allowed), receiver.url, allowed).status == 200
        else:
            with pytest.raises(InvalidRequest):
                post(egress(allowed), receiver.url, allowed)


def test_a_dribbling_receiver_ends_in_time() -> None:
    with Receiver() as receiver:
        receiver.default = Answer(dribble=True, body=b"")
        allowed = AllowedHosts.parse("127.0.0.1")
        with pytest.raises(EndpointUnreachable, match="within 1 seconds"):
            post(egress(allowed, timeout_seconds=1), receiver.url, allowed)


def test_a_receiver_and_a_resolver_that_hang_end_in_time() -> None:
    release = threading.Event()

    def hanging(_host: str, _port: int) -> list[IpAddress]:
        release.wait(60)
        return []

    with Receiver() as receiver:
        receiver.default = Answer(until=release)
        allowed = AllowedHosts.parse("127.0.0.1")
        with pytest.raises(EndpointUnreachable, match="within"):
            post(egress(allowed, timeout_seconds=1), receiver.url, allowed)
        with pytest.raises(EndpointUnreachable, match="within"):
            post(egress(allowed, hanging, timeout_seconds=1), receiver.url, allowed)
        release.set()


def test_a_process_that_stops_waits_for_nobody() -> None:
    release, stopping = threading.Event(), threading.Event()
    with Receiver() as receiver:

        def stop_when_asked() -> None:
            receiver.wait_for(1)
            stopping.set()

        receiver.default = Answer(until=release)
        allowed = AllowedHosts.parse("127.0.0.1")
        threading.Thread(target=stop_when_asked, daemon=True).start()
        with pytest.raises(Interrupted):
            post(egress(allowed, stopping=stopping.is_set), receiver.url, allowed)
        release.set()


def test_a_long_answer_is_read_at_its_start_only() -> None:
    with Receiver() as receiver:
        receiver.default = Answer(body=b"x" * (8 << 20))
        allowed = AllowedHosts.parse("127.0.0.1")
        assert len(post(egress(allowed), receiver.url, allowed).body) == MAX_RESPONSE_BYTES


def test_nobody_listening_is_told_as_unreachable() -> None:
    with Receiver() as receiver:
        url = receiver.url
    allowed = AllowedHosts.parse("127.0.0.1")
    with pytest.raises(EndpointUnreachable, match="connected"):
        post(egress(allowed), url, allowed)


def test_a_large_body_arrives_whole() -> None:
    body = b"y" * (5 << 20)
    with Receiver() as receiver:
        allowed = AllowedHosts.parse("127.0.0.1")
        egress(allowed).post(read_address(receiver.url, allowed), {}, body)
        assert receiver.received[0].body == body


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes its certificate")
def test_tls_is_checked_against_the_name_and_not_the_address(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path, "hooks.example")
    names: list[str | None] = []

    def wrap(server: ThreadingHTTPServer) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.sni_callback = lambda _socket, name, _context: names.append(name)
        server.socket = context.wrap_socket(server.socket, server_side=True)

    trusting = ssl.create_default_context(cafile=str(certificate))
    with Receiver(wrap) as receiver:
        door = AllowedHosts.parse("hooks.example,other.example")
        way_out = egress(door, lambda _host, _port: LOOPBACK, ssl_context=trusting)
        assert post(way_out, f"https://hooks.example:{receiver.port}/", door).status == 200
        with pytest.raises(EndpointUnreachable):
            post(way_out, f"https://other.example:{receiver.port}/", door)
    assert names == ["hooks.example", "other.example"]


def make_certificate(folder: Path, name: str) -> Path:
    """A certificate of that name, signed by itself, with its key."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    names = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    subprocess.run([*command, *files, *names], check=True, capture_output=True)
    certificate.write_bytes(certificate.read_bytes() + key.read_bytes())
    return certificate
