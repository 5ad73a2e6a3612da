"""Addresses that callers give us to send to: how they are read, and which ones are public."""

import re
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from urllib.parse import quote, urlsplit

from ai_llm_service.errors import InvalidRequest

IpAddress = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

MAX_CHARACTERS = 2_000
DEFAULT_PORTS = {"https": 443, "http": 80}
UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
HOST_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*")
# What inet_aton takes for an address: 127.1, 2130706433, 0x7f.1, 0177.0.0.1.
NUMERIC_LABEL = re.compile(r"\d+|0x[0-9a-f]*")

# `is_private` and even `is_global` let some of these through, each Python version others.
NOT_PUBLIC_IPV4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT, and metadata services of some clouds
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's platform address
        "169.254.0.0/16",  # link-local, with most metadata services
        "172.16.0.0/12",
        "192.0.0.0/24",  # with Oracle's metadata service
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# Of IPv6 only this is given out to the public; the exceptions inside it follow.
PUBLIC_IPV6 = IPv6Network("2000::/3")
NOT_PUBLIC_IPV6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",
        "2002::/16",  # 6to4 carries any IPv4 address
        "2620:4f:8000::/48",
        "3ffe::/16",
        "3fff::/20",
    )
)


def is_public(address: IpAddress) -> bool:
    """Whether the address is one of the open internet, by an explicit list."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOT_PUBLIC_IPV4)
    if address.scope_id is not None or address not in PUBLIC_IPV6:
        return False
    return not any(address in network for network in NOT_PUBLIC_IPV6)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a URL points, read once: nothing else reads that URL again."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """The host as the Host header and a reader see it."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return shown if self.port == DEFAULT_PORTS[self.scheme] else f"{shown}:{self.port}"

    @property
    def shown(self) -> str:
        """The address without its query, which may hold a secret."""
        return f"{self.scheme}://{self.authority}{self.target.partition('?')[0]}"


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """Internal receivers that the operator allows: names with or without a port, and networks."""

    names: frozenset[tuple[str, int | None]] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, text: str | None) -> "AllowedHosts":
        """From `host[:port]` or CIDR, comma separated. ValueError when an entry is neither."""
        entries = [entry.strip().lower() for entry in (text or "").split(",") if entry.strip()]
        networks = tuple(ip_network(entry, strict=False) for entry in entries if "/" in entry)
        names = frozenset(_name_and_port(entry) for entry in entries if "/" not in entry)
        return cls(names, networks)

    def has_name(self, host: str, port: int) -> bool:
        """Whether this host is allowed by its name, whatever it resolves to."""
        return (host, port) in self.names or (host, None) in self.names

    def has(self, host: str, port: int, address: IpAddress) -> bool:
        """Whether this receiver is allowed although its address is not public."""
        return self.has_name(host, port) or any(address in network for network in self.networks)


def read_address(url: str, allowed: AllowedHosts) -> Address:
    """Where the URL points, or InvalidRequest: it is no address that may be sent to."""
    if len(url) > MAX_CHARACTERS:
        raise InvalidRequest(f"It has more than {MAX_CHARACTERS} characters.")
    if UNSAFE.search(url):
        raise InvalidRequest("It holds a blank, a control character or a backslash.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidRequest("It is not a valid URL.") from error
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise InvalidRequest("It must start with https:// or http:// and name a host.")
    if "@" in parts.netloc:
        raise InvalidRequest("It must not hold a user name or a password: use a header.")
    host = _read_host(parts.hostname, in_brackets="[" in parts.netloc)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/?%:@!$&'()*+,;=~-._[]")
    address = Address(
        scheme=parts.scheme,
        host=host,
        port=DEFAULT_PORTS[parts.scheme] if port is None else port,
        target=f"{path}?{query}" if query else path,
    )
    _check_reach(address, allowed)
    return address


def all_reachable(host: str, port: int, addresses: list[IpAddress], allowed: AllowedHosts) -> bool:
    """Whether every address that a host resolved to may be connected to."""
    return all(is_public(each) or allowed.has(host, port, each) for each in addresses)


def _check_reach(address: Address, allowed: AllowedHosts) -> None:
    """Tell at once what the check at the moment of connecting would refuse anyway."""
    host, port = address.host, address.port
    literal = _literal(host)
    if allowed.has_name(host, port) or (literal and allowed.has(host, port, literal)):
        return
    if literal and not is_public(literal):
        raise InvalidRequest("Its address is not a public one.")
    if port not in DEFAULT_PORTS.values():
        raise InvalidRequest("Its port must be 443 or 80.")


def _read_host(given: str, *, in_brackets: bool) -> str:
    if in_brackets:
        return _read_ipv6(given)
    try:
        host = given.encode("idna").decode("ascii").lower().removesuffix(".")
    except UnicodeError as error:
        raise InvalidRequest("Its host is not a valid name.") from error
    if not HOST_NAME.fullmatch(host):
        raise InvalidRequest("Its host is not a valid name.")
    if NUMERIC_LABEL.fullmatch(host.rpartition(".")[2]) and _literal(host) is None:
        raise InvalidRequest("Its host is a number: write four decimal numbers, or a name.")
    return host


def _read_ipv6(given: str) -> str:
    try:
        address = IPv6Address(given)
    except ValueError as error:
        raise InvalidRequest("Its host is not a valid IPv6 address.") from error
    if address.scope_id is not None:
        raise InvalidRequest("Its host is not a valid IPv6 address.")
    return str(address)


def _literal(host: str) -> IpAddress | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _name_and_port(entry: str) -> tuple[str, int | None]:
    """`host`, `host:port`, `[::1]` or `[::1]:port`."""
    found = re.fullmatch(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(\d{1,5}))?", entry)
    if found is None:
        raise ValueError(entry)
    host = found[1]
    name = str(IPv6Address(host[1:-1])) if host.startswith("[") else host
    return name, int(found[2]) if found[2] else None
