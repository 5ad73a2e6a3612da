"""Settings, read once from the environment and from `.env` in the working folder."""

import os
from pathlib import Path
from typing import Any, Literal

from dotenv import dotenv_values
from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from ai_llm_service.errors import InvalidConfiguration
from ai_llm_service.settings.kinds import (
    BROKER,
    DOLLARS,
    HOST,
    HOSTS,
    KEY,
    LIMITS,
    NAMES,
    PORT,
    WEB,
    WHOLE,
    BrokerAddress,
    DatabaseAddress,
    Folder,
    HostList,
    HostName,
    Key,
    Limits,
    Names,
    Port,
    Seconds,
    WebAddress,
    Whole,
)

LONGEST_SHOWN_VALUE = 60
ENV_FILE = ".env"


class Settings(BaseSettings):
    """Every setting. `description` says what is accepted; `repr=False` marks a secret."""

    model_config = SettingsConfigDict(
        frozen=True,
        env_file=ENV_FILE,
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
        description="extractive, openai:MODEL, openai-compatible:MODEL or another PROVIDER:MODEL",
    )
    embedder: str = Field(
        "auto",
        pattern=r"^(auto|none|hashed|[a-z][a-z0-9-]*:\S+)$",
        description="auto, none or PROVIDER:MODEL",
    )
    file_search: Literal["local", "openai"] = Field(
        default_factory=lambda data: (
            "openai"
            if data.get("openai_api_key")
            and not data.get("openai_base_url")
            and data.get("chat_model", "").startswith("openai:")
            else "local"
        ),
        description="local or openai",
    )
    failover_models: Names | None = Field(None, description=NAMES)
    allowed_models: Names | None = Field(None, description=NAMES)
    providers_file: Path | None = Field(None, description="the path of a file")
    script_file: Path | None = Field(None, description="the path of a file")
    openai_background: bool = Field(False, description="true or false")
    model_context_tokens: int | None = Field(None, ge=1, description=WHOLE)
    model_max_output_tokens: Whole = 2000
    provider_timeout_seconds: Seconds = 120
    provider_limits: Limits | None = Field(None, description=LIMITS)
    breaker_failures: Whole = 5
    breaker_seconds: Seconds = 15
    prices_file: Path | None = Field(None, description="the path of a file")
    max_cost_per_tenant_and_day: float | None = Field(
        None, gt=0, allow_inf_nan=False, description=DOLLARS
    )

    max_file_bytes: Whole = 512 * 1024 * 1024
    ocr_languages: str | None = Field(
        None, pattern=r"^[A-Za-z_/]+(\+[A-Za-z_/]+)*$", description="names as in eng+hin"
    )
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
        if self.providers_file is not None:
            return self
        if provider == "openai-compatible" and not self.openai_compatible_base_url:
            raise InvalidConfiguration(
                "CHAT_MODEL names an openai-compatible model: "
                "give OPENAI_COMPATIBLE_BASE_URL the address of its server."
            )
        if self.file_search == "openai" and not (self.openai_api_key or self.openai_base_url):
            raise InvalidConfiguration(
                "FILE_SEARCH is openai: give OPENAI_API_KEY your key, or set FILE_SEARCH=local."
            )
        if provider == "openai" and not (self.openai_api_key or self.openai_base_url):
            raise InvalidConfiguration(
                "CHAT_MODEL names a model of OpenAI: give OPENAI_API_KEY your key."
            )
        return self

    @property
    def can_host(self) -> bool:
        """Whether files may be hosted by OpenAI, or by a server that copies its vector stores."""
        return bool(self.openai_api_key or self.file_search == "openai")

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


def environment() -> dict[str, str]:
    """All variables, those of `.env` below those of the process: for keys named by a file."""
    from_file = {name: value for name, value in dotenv_values(ENV_FILE).items() if value}
    return {**from_file, **os.environ}


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
