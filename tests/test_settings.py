"""Settings: what is accepted, and what is told when something is not."""

import re
from pathlib import Path

import pytest

from ai_llm_service.errors import InvalidConfiguration
from ai_llm_service.settings import Settings, load_settings

EXAMPLE = Path(__file__).parents[1] / ".env.example"
EXAMPLE_LINE = re.compile(r"^# ([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)
# The old service's file, as its users have it.
OLD_ENV = """
API_KEY=old-key
OPENAI_API_KEY=sk-old
CELERY_BROKER_URL=redis://localhost:6379/0
CELERY_RESULT_BACKEND=redis://localhost:6379/0
REDIS_HOST=localhost
REDIS_PORT=6379
SENTRY_DSN=
"""


@pytest.fixture(autouse=True)
def empty_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    settings = load_settings()
    assert (settings.host, settings.port) == ("127.0.0.1", 7001)
    assert settings.chat_model == "extractive"
    assert settings.data_dir == tmp_path / "data"
    assert settings.database_url == f"sqlite:///{tmp_path / 'data' / 'ai-llm-service.sqlite3'}"
    assert settings.broker_url is None


def test_an_env_file_of_the_old_service_works() -> None:
    Path(".env").write_text(OLD_ENV, "utf-8")
    settings = load_settings()
    assert settings.api_key == "old-key"
    assert settings.broker_url == "redis://localhost:6379/0"
    assert settings.chat_model == "openai:gpt-6-luna"


def test_the_environment_stands_above_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("PORT=7002\nHOST=192.0.2.1\n", "utf-8")
    monkeypatch.setenv("PORT", "7003")
    settings = load_settings()
    assert (settings.host, settings.port) == ("192.0.2.1", 7003)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({"REDIS_HOST": "cache"}, "redis://cache:6379/0"),
        ({"REDIS_PORT": "6380"}, "redis://localhost:6380/0"),
        ({"REDIS_HOST": "::1", "REDIS_PORT": "1"}, "redis://[::1]:1/0"),
        ({"REDIS_HOST": "cache", "CELERY_BROKER_URL": "amqp://rabbit//"}, "amqp://rabbit//"),
    ],
)
def test_a_broker_has_two_names(
    given: dict[str, str], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert load_settings().broker_url == url


def test_every_address_of_postgres_uses_one_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    for scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        monkeypatch.setenv("DATABASE_URL", f"{scheme}://u:p@h/d")
        assert load_settings().database_url == "postgresql+psycopg://u:p@h/d"


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("PORT", "abc", "PORT='abc' is not accepted: give a whole number from 1 to 65535."),
        ("PORT", "65536", "PORT='65536' is not accepted: give a whole number from 1 to 65535."),
        ("OPENAI_API_KEY", "", "OPENAI_API_KEY is empty: give it a value or remove the line."),
        ("DATA_DIR", "  ", "DATA_DIR is empty: give it a value or remove the line."),
        ("HOST", "a b", "HOST='a b' is not accepted: give an IP address or a host name, without"),
        ("LEASE_SECONDS", "nan", "LEASE_SECONDS='nan' is not accepted: give a number of seconds"),
        ("MAX_QUERIES", "0", "MAX_QUERIES='0' is not accepted: give a whole number, 1 or more."),
        ("WORKER_POOL", "gevent", "WORKER_POOL='gevent' is not accepted: give threads or prefork."),
        ("CHAT_MODEL", "A model", "CHAT_MODEL='A model' is not accepted: give extractive, openai:"),
        ("CHAT_MODEL", "openai:gpt-6-luna", "CHAT_MODEL names a model of OpenAI: give OPENAI_API"),
        ("CHAT_MODEL", "openai-compatible:x", "CHAT_MODEL names an openai-compatible model: give"),
        ("LOG_FORMAT", "xml", "LOG_FORMAT='xml' is not accepted: give json or console."),
    ],
)
def test_a_wrong_value_gets_one_sentence(
    variable: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidConfiguration) as told:
        load_settings()
    assert told.value.message.startswith(sentence)
    assert "\n" not in told.value.message


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("API_KEY", "hunter2 hunter2"),
        ("OPENAI_API_KEY", "sk-hunter2 x"),
        ("DATABASE_URL", "mysql://u:hunter2@h/d"),
        ("CELERY_BROKER_URL", "http://u:hunter2@h"),
        ("FLOWER_BASIC_AUTH", "hunter2"),
        ("OPENAI_BASE_URL", "u:hunter2@h"),
    ],
)
def test_a_secret_is_never_shown(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidConfiguration, match=f"^{variable} is not accepted: give ") as told:
        load_settings()
    assert "hunter2" not in told.value.message
    assert told.value.__cause__ is None


def test_settings_do_not_show_their_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "hunter2")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:hunter2@h/d")
    assert "hunter2" not in f"{load_settings()!r} {load_settings()}"


def test_a_file_that_is_no_text_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_bytes(b"PORT=\xff\xfe")
    with pytest.raises(InvalidConfiguration, match=r"\.env is not text"):
        load_settings()


def test_the_example_names_every_setting_and_no_other() -> None:
    names = [name for name, _ in EXAMPLE_LINE.findall(EXAMPLE.read_text("utf-8"))]
    assert sorted(names) == sorted(name.upper() for name in Settings.model_fields)


def test_the_example_works_as_it_is() -> None:
    plain = load_settings()
    Path(".env").write_bytes(EXAMPLE.read_bytes())
    assert load_settings() == plain


def test_the_example_shows_the_defaults() -> None:
    shown = dict(EXAMPLE_LINE.findall(EXAMPLE.read_text("utf-8")))
    plain = load_settings()
    Path(".env").write_text("\n".join(f"{name}={value}" for name, value in shown.items()), "utf-8")
    uncommented = load_settings()
    for name, field in Settings.model_fields.items():
        if field.default is not None and field.default_factory is None:
            assert getattr(uncommented, name) == getattr(plain, name), name


def test_a_hosted_file_search_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FILE_SEARCH", "openai")
    with pytest.raises(InvalidConfiguration, match="OPENAI_API_KEY"):
        load_settings()


def test_with_openai_s_key_alone_the_files_are_hosted_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    assert load_settings().file_search == "openai"
    monkeypatch.setenv("CHAT_MODEL", "extractive")
    assert load_settings().file_search == "local"
