"""Settings, read once from the environment and from `.env` in the working folder."""

import re
from ipaddress import IPv6Address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from ai_llm_service.errors import InvalidConfiguration

BROKER_SCHEMES = ("redis", "rediss", "redis+socket", "amqp", "amqps")
POSTGRES_SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")
LONGEST_SHOWN_VALUE = 60

WHOLE = "a whole number, 1 or more"
SECONDS = "a number of seconds above 0"
PORT = "a whole number from 1 to 65535"
HOST = "an IP address or a host name, without a port"
WEB = "an address that starts with http:// or https://"
BROKER = "an address that starts with redis://, rediss://, redis+socket://, amqp:// or amqps://"
KEY = "a key without spaces"
HOSTS = "a comma separated list of host, host:port or a network such as 10.0.0.0/8"

LISTED_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(:\d{1,5})?")


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


def _folder(path: Path) -> Path:
    absolute = path.expanduser().resolve()
    # SQLAlchemy reads what follows a question mark in an address as options.
    if "?" in str(absolute):
        raise ValueError
    return absolute


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


class Settings(BaseSettings):
    """Every setting. `description` says what is accepted; `repr=False` marks a secret."""

    model_config = SettingsConfigDict(
        frozen=True,
        env_file=".env",
        env_file_encoding="utf-8-sig",
        extra="ignore",
        hide_input_in_errors=True,
    )

    api_key: Key | None = Field(None, repr=False, description=KEY)
    data_dir: Folder = Field(
        Path("data"), validate_default=True, description="the path of a folder, without '?'"
    )
    host: HostName = "127.0.0.1"
    port: Port = 7001

    database_url: DatabaseAddress = Field(
        default_factory=lambda data: f"sqlite:///{data['data_dir'] / 'ai-llm-service.sqlite3'}",
        repr=False,
        description="sqlite:////path/to/a/file or postgresql://user:password@host/name",
    )
    sqlite_synchronous: Literal["FULL", "NORMAL"] = Field("FULL", description="FULL or NORMAL")

    celery_broker_url: BrokerAddress | None = Field(None, repr=False, description=BROKER)
    celery_result_backend: str | None = Field(None, repr=False, description="any address (unused)")
    redis_host: HostName | None = Field(None, description=HOST)
    redis_port: Port | None = Field(None, description=PORT)

    openai_api_key: Key | None = Field(None, repr=False, description=KEY)
    openai_base_url: WebAddress | None = Field(None, repr=False, description=WEB)
    openai_compatible_base_url: WebAddress | None = Field(None, repr=False, description=WEB)
    openai_compatible_api_key: Key | None = Field(None, repr=False, description=KEY)
    chat_model: str = Field(
        default_factory=lambda data: (
            "openai:gpt-6-luna" if data.get("openai_api_key") else "extractive"
        ),
        pattern=r"^[a-z][a-z0-9-]*(:\S+)?$",
        description="extractive, openai:MODEL or openai-compatible:MODEL",
    )
    model_context_tokens: int | None = Field(None, ge=1, description=WHOLE)
    model_max_output_tokens: Whole = 2000
    provider_timeout_seconds: Seconds = 120

    max_file_bytes: Whole = 512 * 1024 * 1024
    max_queries: Whole = 50
    max_query_characters: Whole = 32_000

    max_attempts: Whole = 5
    max_lost_workers: Whole = 3
    task_deadline_seconds: Seconds = 900
    max_deadline_seconds: Seconds = 86_400
    on_unknown: Literal["retry", "fail"] = Field("retry", description="retry or fail")
    max_running_per_tenant: Whole = 1000
    max_queued_per_tenant: Whole = 20_000
    max_running_ingests: Whole = 16
    max_running_closes: Whole = 8
    max_running_deliveries: Whole = 32
    lease_seconds: Seconds = 9
    sweep_seconds: Seconds = 2.5
    redeliver_seconds: Seconds = 10
    session_ttl_seconds: Seconds = 86_400
    result_retention_seconds: Seconds = 86_400
    idempotency_seconds: Seconds = 86_400

    webhook_allowed_hosts: HostList | None = Field(None, description=HOSTS)
    webhook_first_wait_seconds: Seconds = 5

    worker_concurrency: Whole = 64
    worker_pool: Literal["threads", "prefork"] = Field("threads", description="threads or prefork")
    queue_window: int | None = Field(None, ge=1, description=WHOLE)
    stop_grace_seconds: Seconds = 10
    flower_basic_auth: str | None = Field(
        None, pattern=r"^[^:\s]+:\S+$", repr=False, description="user:password"
    )

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = Field(
        "INFO", description="DEBUG, INFO, WARNING, ERROR or CRITICAL"
    )
    log_format: Literal["json", "console"] = Field("json", description="json or console")

    @field_validator("*", mode="before")
    @classmethod
    def _not_empty(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if not value.strip():
            raise PydanticCustomError("empty", "empty")
        return value.strip()

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper_case(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @model_validator(mode="after")
    def _model_is_reachable(self) -> "Settings":
        provider = self.chat_model.partition(":")[0]
        if provider == "openai-compatible" and not self.openai_compatible_base_url:
            raise InvalidConfiguration(
                "CHAT_MODEL names an openai-compatible model: "
                "give OPENAI_COMPATIBLE_BASE_URL the address of its server."
            )
        if provider == "openai" and not (self.openai_api_key or self.openai_base_url):
            raise InvalidConfiguration(
                "CHAT_MODEL names a model of OpenAI: give OPENAI_API_KEY your key."
            )
        return self

    @property
    def broker_url(self) -> str | None:
        """The configured broker, or None where the embedded one is to be used."""
        if self.celery_broker_url:
            return self.celery_broker_url
        if self.redis_host is None and self.redis_port is None:
            return None
        host = self.redis_host or "localhost"
        shown = f"[{host}]" if ":" in host else host
        return f"redis://{shown}:{self.redis_port or 6379}/0"


def load_settings() -> Settings:
    """Read the settings, or raise InvalidConfiguration naming the variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        raise InvalidConfiguration(_sentence(error.errors()[0])) from None
    except UnicodeDecodeError:
        raise InvalidConfiguration("The file .env is not text in UTF-8.") from None


def _sentence(problem: ErrorDetails) -> str:
    name = str(problem["loc"][0])
    variable = name.upper()
    if problem["type"] == "empty":
        return f"{variable} is empty: give it a value or remove the line."
    field = Settings.model_fields[name]
    if not field.repr:
        return f"{variable} is not accepted: give {field.description}."
    shown = repr(problem["input"])
    if len(shown) > LONGEST_SHOWN_VALUE:
        shown = f"{shown[:LONGEST_SHOWN_VALUE]}…"
    return f"{variable}={shown} is not accepted: give {field.description}."
