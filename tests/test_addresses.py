"""What an address that a caller gave means, and which ones are public."""

import ipaddress

import pytest

from ai_llm_service.errors import InvalidRequest
from ai_llm_service.providers.addresses import AllowedHosts, is_public, read_address

NOT_PUBLIC = [
    *("0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "168.63.129.16", "169.254.169.254"),
    *("172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1"),
    *("198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1"),
    *("255.255.255.255", "::", "::1", "::a00:1", "::ffff:8.8.8.8", "64:ff9b::808:808"),
    *("64:ff9b:1::1", "100::1", "2001::1", "2001:10::1", "2001:20::1", "2001:db8::1"),
    *("2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1"),
    *("ff02::1", "fe80::1%eth0"),
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_known_as_such(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "2a00::1"])
def test_a_public_address_is_known_as_such(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("url", "host", "port", "target"),
    [
        ("https://example.org", "example.org", 443, "/"),
        ("HTTP://Example.ORG./a?b=c#d", "example.org", 80, "/a?b=c"),
        ("https://example.org:80/a%20b?x=%26", "example.org", 80, "/a%20b?x=%26"),
        ("https://bücher.example/ü", "xn--bcher-kva.example", 443, "/%C3%BC"),
        ("https://[2606:4700::1111]/", "2606:4700::1111", 443, "/"),
        ("http://8.8.8.8/", "8.8.8.8", 80, "/"),
    ],
)
def test_an_address_is_read_once_into_its_parts(
    url: str, host: str, port: int, target: str
) -> None:
    address = read_address(url, AllowedHosts())
    assert (address.host, address.port, address.target) == (host, port, target)


@pytest.mark.parametrize("port", [0, 22, 6379, 8080, 65536])
def test_a_port_that_is_not_of_the_web_is_refused_unless_it_is_listed(port: int) -> None:
    with pytest.raises(InvalidRequest):
        read_address(f"https://example.org:{port}/", AllowedHosts())
    if port == 8080:
        listed = AllowedHosts.parse("example.org:8080")
        assert read_address("https://example.org:8080/", listed).port == port
