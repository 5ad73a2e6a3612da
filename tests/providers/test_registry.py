"""Models by name: several providers at once, a default, stand-ins, and what a caller may choose."""

from pathlib import Path
from typing import Any

import pytest

from ai_llm_service import wiring
from ai_llm_service.errors import InvalidConfiguration, InvalidRequest, ModelUnknown
from ai_llm_service.providers.base import Prompt
from ai_llm_service.providers.configured import ProviderSettings, read_providers
from ai_llm_service.settings import Settings
from tests.fake_vendor import FakeVendor
from tests.providers.asking import KEY, PROMPT, ask, providers

FILE = """
default = "openai:gpt-6-luna"
failover = ["local:llama3.2", "extractive"]

[providers.openai]
kind = "openai"
base_url = "{url}"
api_key_env = "MY_KEY"
models = ["gpt-6-luna", "gpt-6-sol"]
reasoning_effort = "low"
background = true

[providers.local]
kind = "openai-compatible"
base_url = "{url}"
api_key_file = "secrets/key"
models = ["llama3.2"]
context_tokens = 8192
max_output_tokens = 100
stream = true
"""
OPENAI = ProviderSettings("openai", "openai", None, KEY, ("gpt-6-luna",))
LOCAL = ProviderSettings("local", "openai-compatible", "http://127.0.0.1:9/v1", None, ("a", "b"))


@pytest.fixture
def file(tmp_path: Path, vendor: FakeVendor) -> Path:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "key").write_text("sk-from-a-file\n", "utf-8")
    path = tmp_path / "providers.toml"
    path.write_text(FILE.format(url=vendor.url), "utf-8")
    return path


def configured(monkeypatch: pytest.MonkeyPatch, folder: Path, **settings: object) -> Settings:
    """Settings with nothing of this machine in them."""
    monkeypatch.chdir(folder)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    given = {name: value for name, value in settings.items() if value is not None}
    return Settings(_env_file=None, **given)  # type: ignore[arg-type]


def test_one_file_holds_several_providers(
    file: Path, vendor: FakeVendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = configured(monkeypatch, file.parent, providers_file=file)
    monkeypatch.setenv("MY_KEY", "sk-of-a-variable")
    found = wiring.build_providers(settings)
    assert found.chain(None) == ("openai:gpt-6-luna", "local:llama3.2", "extractive")
    assert found.chain("local:llama3.2") == ("local:llama3.2", "extractive")
    ask(found.chat("local:llama3.2"))
    assert vendor.requests[0].headers["authorization"] == "Bearer sk-from-a-file"
    assert vendor.requests[0].body["stream"]
    assert found.chat("local:llama3.2").context_tokens == 8092
    ask(found.chat("openai:gpt-6-luna"))
    assert vendor.requests[1].headers["authorization"] == "Bearer sk-of-a-variable"
    assert vendor.requests[1].body["background"]
    assert vendor.requests[1].body["reasoning"] == {"effort": "low"}
    found.embedder("local:nomic").embed(["a"], 30)
    assert vendor.requests[-1].path == "/v1/embeddings"


def test_a_key_may_stand_in_the_env_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = configured(monkeypatch, file.parent, providers_file=file)
    (file.parent / ".env").write_text("MY_KEY=sk-of-the-env-file\n", "utf-8")
    assert wiring.build_providers(settings).default == "openai:gpt-6-luna"


def test_settings_stand_above_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sk-x")
    settings = configured(
        monkeypatch,
        file.parent,
        providers_file=file,
        chat_model="local:llama3.2",
        failover_models="openai:gpt-6-luna, extractive",
        allowed_models="openai:*",
    )
    found = wiring.build_providers(settings)
    assert found.chain(None) == ("local:llama3.2", "openai:gpt-6-luna", "extractive")
    found.ensure_accepted("openai:anything")
    with pytest.raises(InvalidRequest):
        found.ensure_accepted("local:other")


def test_the_environment_alone_has_several_providers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "script.toml").write_text('default = "Hm."', "utf-8")
    settings = configured(
        monkeypatch,
        tmp_path,
        openai_api_key=KEY,
        openai_compatible_base_url="http://127.0.0.1:9/v1",
        script_file=tmp_path / "script.toml",
        failover_models="openai-compatible:small,scripted:x,extractive",
    )
    found = wiring.build_providers(settings)
    assert found.chain(None) == (
        "openai:gpt-6-luna",
        "openai-compatible:small",
        "scripted:x",
        "extractive",
    )
    assert ask(found.chat("scripted:x")).text == "Hm."


def test_a_caller_may_choose_what_is_configured_by_name() -> None:
    found = providers(OPENAI, LOCAL, default="openai:gpt-6.1-sol")
    assert found.accepted() == (
        "openai:gpt-6.1-sol",
        "extractive",
        "openai:gpt-6-luna",
        "local:a",
        "local:b",
    )
    for name in found.accepted():
        found.ensure_accepted(name)
    with pytest.raises(InvalidRequest) as caught:
        found.ensure_accepted("local:c")
    assert caught.value.field == "model"
    assert "local:a, local:b" in str(caught.value.advice)


@pytest.mark.parametrize("name", ["openai:", "openai:*", "openai", "", "openai:a b", "local:a"])
def test_a_wildcard_allows_whole_names_of_its_provider_only(name: str) -> None:
    found = providers(OPENAI, LOCAL, allowed=("openai:*",))
    found.ensure_accepted("openai:gpt-6-sol")
    found.ensure_accepted("extractive")
    with pytest.raises(InvalidRequest):
        found.ensure_accepted(name)


def test_a_model_that_was_taken_out_of_the_settings_is_told() -> None:
    with pytest.raises(ModelUnknown, match="not configured here any more") as caught:
        providers().chat("openai:gpt-6-luna")
    assert caught.value.fails_over


@pytest.mark.parametrize(
    "name", ["", "gpt-6-luna", "openai:", "openai-compatible:", "extractive:x", "claude:opus"]
)
@pytest.mark.parametrize("setting", ["CHAT_MODEL", "FAILOVER_MODELS", "ALLOWED_MODELS"])
def test_an_unknown_model_names_the_setting_and_what_is_accepted(setting: str, name: str) -> None:
    compatible = ProviderSettings("openai-compatible", "openai-compatible", LOCAL.base_url)
    choice: dict[str, dict[str, Any]] = {
        "CHAT_MODEL": {"default": name or "?"},
        "FAILOVER_MODELS": {"failover": (name,)},
        "ALLOWED_MODELS": {"allowed": (name,)},
    }
    with pytest.raises(InvalidConfiguration, match=rf"{setting}.*openai-compatible:MODEL"):
        providers(OPENAI, compatible, **choice[setting])


@pytest.mark.parametrize(
    ("provider", "sentence"),
    [
        (ProviderSettings("x", "claude"), "no known kind; accepted are extractive, scripted, ope"),
        (ProviderSettings("x", "openai-compatible"), "'x' needs base_url"),
        (ProviderSettings("x", "scripted"), "'x' needs script"),
        (ProviderSettings("x", "scripted", script=Path("nothing.toml")), "script can't be read"),
    ],
)
def test_a_provider_that_can_t_work_ends_the_start(
    provider: ProviderSettings, sentence: str
) -> None:
    with pytest.raises(InvalidConfiguration, match=sentence):
        providers(provider)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("default = ", "is not a file of TOML"),
        ('colour = "red"', "PROVIDERS_FILE: colour: Extra inputs"),
        ('[providers.Big]\nkind = "openai"', "PROVIDERS_FILE: providers.Big"),
        ('[providers.a]\nkind = "openai"\napi_key = "sk-hunter2"', "named by api_key_env"),
        ('[providers.a]\nkind = "openai"\nbase_url = "ftp://hunter2"', "providers.a.base_url"),
        ('[providers.a]\nkind = "openai"\napi_key_env = "NOBODY"', "the variable NOBODY holds no"),
        ('[providers.a]\nkind = "openai"\napi_key_file = "none"', "api_key_file can't be read"),
        (
            '[providers.a]\nkind = "openai"\napi_key_file = "k"\napi_key_env = "K"',
            "providers.a has two keys",
        ),
    ],
)
def test_a_file_that_is_wrong_gets_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "providers.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(InvalidConfiguration, match=sentence) as caught:
        read_providers(file, {})
    assert "hunter2" not in caught.value.message
    assert "\n" not in caught.value.message


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match="PROVIDERS_FILE can't be read"):
        read_providers(tmp_path / "none.toml", {})


def test_no_key_is_shown() -> None:
    assert KEY not in repr(OPENAI)


@pytest.mark.parametrize(
    ("settings", "name", "context_tokens"),
    [
        (OPENAI, "openai:gpt-6-luna", 398_000),
        (OPENAI, "openai:gpt-4o", 98_000),
        (LOCAL, "local:small", 3_072),
        (ProviderSettings("openai", "openai", None, KEY, (), 10_000, 500), "openai:x", 9_500),
    ],
)
def test_the_context_leaves_room_for_the_answer(
    settings: ProviderSettings, name: str, context_tokens: int
) -> None:
    assert providers(settings).chat(name).context_tokens == context_tokens


def test_a_script_answers_by_what_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "script.toml"
    file.write_text(
        'default = "Hm."\n'
        '[[lines]]\ncontains = "SECRET report"\nmodel = "bold"\ntext = "Pizza [1]."\n'
        '[[lines]]\ncontains = "secret"\n'
        'error = "provider_rate_limited"\nretry_after_seconds = 3\n',
        "utf-8",
    )
    found = providers(ProviderSettings("scripted", "scripted", script=file))
    generation = ask(found.chat("scripted:bold"))
    assert (generation.text, generation.model) == ("Pizza [1].", "scripted:bold")
    assert generation.usage.input_tokens > 0
    with pytest.raises(Exception, match="asks us to wait") as caught:
        ask(found.chat("scripted:shy"))
    assert caught.value.retry_after_seconds == 3.0  # type: ignore[attr-defined]
    other = Prompt(PROMPT.messages, "Else?", ())
    assert ask(found.chat("scripted:shy"), prompt=other).text == "Hm."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("lines = 1", "The script: lines"), ("x", "not a file of TOML"), ("[[lines]]", "contains")],
)
def test_a_script_that_is_wrong_gets_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "script.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(InvalidConfiguration, match=sentence):
        providers(ProviderSettings("s", "scripted", script=file))
