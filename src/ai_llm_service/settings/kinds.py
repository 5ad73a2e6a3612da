"""The kinds of values that settings take, each with the words that say what is accepted."""

import re
from ipaddress import IPv6Address, ip_network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

BROKER_SCHEMES = ("redis", "rediss", "redis+socket", "amqp", "amqps")
POSTGRES_SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")

WHOLE = "a whole number, 1 or more"
SECONDS = "a number of seconds above 0"
LIMITS = "MODEL=REQUESTS or MODEL=REQUESTS/TOKENS a minute, separated by commas"
DOLLARS = "a number of US dollars above 0"
PORT = "a whole number from 1 to 65535"
HOST = "an IP address or a host name, without a port"
WEB = "an address that starts with http:// or https://"
BROKER = "an address that starts with redis://, rediss://, redis+socket://, amqp:// or amqps://"
KEY = "a key without spaces"
HOSTS = "a comma separated list of host, host:port or a network such as 10.0.0.0/8"

NAMES = "a comma separated list of models, such as openai:gpt-6-luna,extractive"

LISTED_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(:\d{1,5})?")
# `openai:gpt-6-luna=500/200000`, `openai:*=60`; 0 requests: no limit of them.
LISTED_LIMIT = re.compile(r"([^\s,=]+)=(\d{1,9})(?:/([1-9]\d{0,11}))?")


def _broker_address(url: str) -> str:
    if urlsplit(url).scheme not in BROKER_SCHEMES:
        raise ValueError
    return url


def _database_address(url: str) -> str:
    if url.startswith("sqlite:///") and url.removeprefix("sqlite:///") not in {"", ":memory:"}:
        return url
    scheme, separator, rest = url.partition("://")
    if scheme not in POSTGRES_SCHEMES or not separator or not rest:
        raise ValueError
    return f"postgresql+psycopg://{rest}"


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError
    return url.rstrip("/")


def _host_list(text: str) -> str:
    for entry in (each.strip() for each in text.split(",")):
        found = LISTED_HOST.fullmatch(entry)
        if found is None:
            ip_network(entry, strict=False)
        elif entry.startswith("["):
            IPv6Address(found[1][1:-1])
    return text


def _limit_list(text: str) -> str:
    for entry in text.split(","):
        if not LISTED_LIMIT.fullmatch(entry.strip()):
            raise ValueError
    return text


def _folder(path: Path) -> Path:
    absolute = path.expanduser().resolve()
    # SQLAlchemy reads what follows a question mark in an address as options.
    if "?" in str(absolute):
        raise ValueError
    return absolute


def _names(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    return tuple(name.strip() for name in text.split(",") if name.strip())


Limits = Annotated[str, AfterValidator(_limit_list)]
BrokerAddress = Annotated[str, AfterValidator(_broker_address)]
DatabaseAddress = Annotated[str, AfterValidator(_database_address)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
HostList = Annotated[str, AfterValidator(_host_list)]
Folder = Annotated[Path, AfterValidator(_folder)]
Whole = Annotated[int, Field(ge=1, description=WHOLE)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False, description=SECONDS)]
Port = Annotated[int, Field(ge=1, le=65535, description=PORT)]
HostName = Annotated[str, Field(pattern=r"^[^\s/]+$", description=HOST)]
Key = Annotated[str, Field(pattern=r"^\S+$")]
# Not JSON, as lists of settings are read otherwise.
Names = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names), Field(min_length=1)]
