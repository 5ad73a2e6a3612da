"""The only way out to an address that a caller gave: checked at the moment of connecting.

A host is resolved once, each of its addresses is checked, and the connection goes to a checked
address, so no later answer of a DNS server matters. There are no redirects and no proxies.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import httpcore2

from ai_llm_service.errors import EndpointRefused, EndpointUnreachable
from ai_llm_service.providers.addresses import Address, AllowedHosts, IpAddress, all_reachable

MAX_RESPONSE_BYTES = 64 << 10
# How long one read or write lasts before the end of the time, or of the process, is looked for.
SLICE_SECONDS = 0.5
# An address that is silent must leave time for the host's next one.
CONNECT_SECONDS = 5.0
# The kernel takes a piece whole or waits, so that a slow reader can't stretch it.
WRITE_BYTES = 16 << 10

Resolve = Callable[[str, int], list[IpAddress]]


class Interrupted(Exception):
    """The process stops; whether the request arrived is unknown."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a receiver answered; of its body no more than the start."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def resolve(host: str, port: int) -> list[IpAddress]:
    """All addresses of a host by the system's resolver, or OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(str(entry[4][0])) for entry in found))


class Egress:
    """Posts to addresses of callers, within a time that includes all of it."""

    def __init__(
        self,
        allowed: AllowedHosts,
        *,
        timeout_seconds: float,
        stopping: Callable[[], bool],
        resolve: Resolve = resolve,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._allowed = allowed
        self._timeout_seconds = timeout_seconds
        self._stopping = stopping
        self._resolve = resolve
        self._ssl_context = ssl_context or httpcore2.default_ssl_context()

    def post(self, address: Address, headers: Mapping[str, str], body: bytes) -> Reply:
        """Send the body once; EndpointRefused, EndpointUnreachable, or Interrupted by a stop."""
        budget = Budget(self._timeout_seconds, self._stopping)
        guard = GuardedBackend(self._allowed, self._resolve, budget)
        sent = {"host": address.authority, **headers, "connection": "close"}
        try:
            with httpcore2.ConnectionPool(
                ssl_context=self._ssl_context, network_backend=guard
            ) as pool:
                return _exchange(pool, address, sent, body)
        except httpcore2.TimeoutException as error:
            sentence = f"The endpoint did not answer within {self._timeout_seconds:g} seconds."
            raise EndpointUnreachable(sentence) from error
        except httpcore2.ConnectError as error:
            raise EndpointUnreachable("The endpoint can't be connected to.") from error
        except (httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            raise EndpointUnreachable("The endpoint broke the exchange off.") from error


def _exchange(
    pool: httpcore2.ConnectionPool, address: Address, headers: Mapping[str, str], body: bytes
) -> Reply:
    host = f"[{address.host}]" if ":" in address.host else address.host
    url = httpcore2.URL(scheme=address.scheme, host=host, port=address.port, target=address.target)
    sent = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
    extensions = {"sni_hostname": address.host}
    with pool.stream("POST", url, headers=sent, content=body, extensions=extensions) as response:
        received = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in response.headers
        }
        return Reply(response.status, received, _start_of(response.iter_stream()))


def _start_of(pieces: Iterable[bytes]) -> bytes:
    start = bytearray()
    for piece in pieces:
        start += piece
        if len(start) >= MAX_RESPONSE_BYTES:
            break
    return bytes(start[:MAX_RESPONSE_BYTES])


class Budget:
    """The time that is left for one exchange."""

    def __init__(self, seconds: float, stopping: Callable[[], bool]) -> None:
        self._ends_at = time.monotonic() + seconds
        self._stopping = stopping

    def left(self) -> float:
        """Seconds; TimeoutException where there are none, Interrupted by a stop."""
        if self._stopping():
            raise Interrupted
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout
        return left

    def slice(self) -> float:
        """The next part of it."""
        return min(self.left(), SLICE_SECONDS)


class GuardedBackend(httpcore2.NetworkBackend):
    """Opens connections to checked addresses only."""

    def __init__(self, allowed: AllowedHosts, resolve: Resolve, budget: Budget) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._budget = budget
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the budget is the time-out
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        bare = host.strip("[]")
        addresses = self._addresses(bare, port)
        if not all_reachable(bare, port, addresses, self._allowed):
            raise EndpointRefused
        for position, address in enumerate(addresses, start=1):
            try:
                stream = self._connect(str(address), port, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if position == len(addresses):
                    raise
            else:
                return GuardedStream(stream, self._budget)
        raise httpcore2.ConnectError

    def _connect(
        self, address: str, port: int, local: str | None, options: Iterable[Any] | None
    ) -> httpcore2.NetworkStream:
        seconds = min(self._budget.left(), CONNECT_SECONDS)
        return self._inner.connect_tcp(address, port, seconds, local, options)

    def _addresses(self, host: str, port: int) -> list[IpAddress]:
        """What the host resolves to now. The system's resolver knows no time-out of its own."""
        found: list[list[IpAddress]] = []

        def look_up() -> None:
            try:
                found.append(self._resolve(host, port))
            except (OSError, ValueError):
                found.append([])

        thread = threading.Thread(target=look_up, name="resolver", daemon=True)
        thread.start()
        while not found:
            thread.join(self._budget.slice())
        if not found[0]:
            raise EndpointUnreachable("The endpoint's host name can't be resolved.")
        return found[0]


class GuardedStream(httpcore2.NetworkStream):
    """A connection whose every wait comes out of one budget."""

    def __init__(self, inner: httpcore2.NetworkStream, budget: Budget) -> None:
        self._inner = inner
        self._budget = budget

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        while True:
            seconds = self._budget.slice()
            try:
                return self._inner.read(max_bytes, seconds)
            except httpcore2.ReadTimeout:
                continue

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        for first in range(0, len(buffer), WRITE_BYTES):
            self._inner.write(buffer[first : first + WRITE_BYTES], self._budget.left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore2.NetworkStream:
        stream = self._inner.start_tls(ssl_context, server_hostname, self._budget.left())
        return GuardedStream(stream, self._budget)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)
