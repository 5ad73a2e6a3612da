"""Files, vector stores, file search and background mode against OGX, which others wrote.

Its models are aimock's. What it does in its own way is said where the test allows for it.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ai_llm_service.errors import ProviderOutcomeUnknown, ProviderStillWriting
from ai_llm_service.providers.base import Message, Prompt
from ai_llm_service.providers.openai_background import OpenAIBackground
from ai_llm_service.providers.openai_model import ModelOptions
from ai_llm_service.providers.openai_responses import OpenAIResponses
from ai_llm_service.providers.openai_stores import OpenAIStores
from ai_llm_service.providers.openai_wire import OpenAIWire, Server
from ai_llm_service.search.hosting import Hosting
from ai_llm_service.search.unhosting import Removed
from ai_llm_service.store.database import Database
from ai_llm_service.store.files import FileStore
from tests.hosted.driver import SESSION, documents, file_store, soon, stores_at, write_files
from tests.providers.servers import aimock, needs_aimock, needs_ogx, ogx
from tests.service import Service, running

pytestmark = [pytest.mark.independent, needs_aimock, needs_ogx, pytest.mark.timeout(300)]

MODEL = "mock/gpt-6-luna"
QUESTION = "Where do apples grow?"
PROMPT = Prompt((Message("system", "Be exact."), Message("user", QUESTION)), QUESTION, ())
FRUIT = "Orchards of the north\n\nApples grow in Norway since 1890.\n\nPears grow in Chile.\n"
CONTENTS = {"fruit.txt": FRUIT.encode(), "pumps.md": b"Pump seven failed at noon.\n"}
# The model asks for a search wherever there is one to ask for, and then answers.
SEARCHES = {"toolCalls": [{"name": "file_search", "arguments": {"query": QUESTION}}]}
ANSWERS = {"content": "Apples grow in Norway since 1890."}
FIXTURES: list[dict[str, Any]] = [
    {"match": {"toolName": "file_search", "hasToolResult": False}, "response": SEARCHES},
    {"match": {"userMessage": "apples"}, "response": ANSWERS},
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running OGX."""
    with (
        aimock(tmp_path_factory.mktemp("aimock"), FIXTURES) as model_url,
        ogx(tmp_path_factory.mktemp("ogx"), model_url) as url,
    ):
        yield f"{url}/v1"


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return file_store(tmp_path / "files", CONTENTS)


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One kind of database is enough where the other side is what is tested."""
    return f"sqlite:///{tmp_path / 'test.sqlite3'}"


@pytest.fixture
def stores(database: Database, url: str) -> OpenAIStores:
    return stores_at(url, database)


@pytest.fixture
def hosting(database: Database, files: FileStore, stores: OpenAIStores) -> Iterator[Hosting]:
    """A session's copy there; nothing of it stays."""
    made = Hosting(database, files, stores)
    yield made
    made.remove(SESSION)
    assert (list(stores.left_files()), list(stores.left_stores())) == ([], [])


@pytest.fixture
def background(url: str) -> OpenAIBackground:
    return OpenAIBackground(_wire(url), ModelOptions(MODEL, 400_000, 2_000))


def _wire(url: str) -> OpenAIWire:
    return OpenAIWire(Server("openai", url, "none"))


def test_a_session_is_uploaded_indexed_searched_and_removed(
    hosting: Hosting, stores: OpenAIStores
) -> None:
    named = documents(tuple(CONTENTS))
    ready = hosting.ready(SESSION, named, soon(60))
    assert ready.failed == {}
    best, *_ = stores.search(ready.store_id, QUESTION, 5)
    assert ready.documents[best.file_id] in {document.id for document in named}
    assert hosting.ready(SESSION, named, soon(60)).store_id == ready.store_id
    assert len(list(stores.left_files())) == len(CONTENTS)
    assert hosting.remove(SESSION) == Removed(files=2, stores=1)


def test_a_file_that_can_not_be_read_there_is_named_and_the_others_are_searched(
    hosting: Hosting, files: FileStore
) -> None:
    write_files(files, {"broken.pdf": b"\x00\x01 no pdf"})
    fruit, broken = documents(("fruit.txt", "broken.pdf"))
    ready = hosting.ready(SESSION, [fruit, broken], soon(60))
    assert set(ready.failed) == {broken.id}


def test_a_store_that_somebody_removed_is_made_again(
    hosting: Hosting, stores: OpenAIStores
) -> None:
    """OGX says 400 of a store that it does not know, where OpenAI says 404."""
    named = documents(("fruit.txt",))
    first = hosting.ready(SESSION, named, soon(60))
    stores.remove_store(first.store_id)
    stores.remove_store(first.store_id)
    assert not stores.attach(first.store_id, "file-none", "none")
    second = hosting.ready(SESSION, named, soon(60))
    assert second.store_id != first.store_id
    assert stores.search(second.store_id, QUESTION, 5)


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "streamed"])
def test_a_model_that_searches_cites_the_file_and_tells_what_it_found(
    hosting: Hosting, url: str, streams: bool
) -> None:
    [fruit] = named = documents(("fruit.txt",))
    ready = hosting.ready(SESSION, named, soon(60))
    model = OpenAIResponses(_wire(url), ModelOptions(MODEL, 400_000, 2_000, streams=streams))
    generation = model.generate(replace(PROMPT, store_id=ready.store_id), 60)
    assert generation.text == ANSWERS["content"]
    assert [ready.documents[mark.file_id] for mark in generation.marks] == [fruit.id]
    assert "Norway" in generation.found[0].text
    assert generation.usage.search_calls == 1
    assert generation.usage.input_tokens > 0


def test_what_is_written_in_the_background_is_collected_and_then_gone(
    background: OpenAIBackground,
) -> None:
    reference = background.submit(PROMPT, 60)
    assert background.collect(reference, 60).text == ANSWERS["content"]
    background.forget(reference, 60)
    with pytest.raises(ProviderOutcomeUnknown) as caught:
        background.collect(reference, 60)
    assert not isinstance(caught.value, ProviderStillWriting)


def test_what_is_cancelled_there_is_gone(background: OpenAIBackground) -> None:
    reference = background.submit(PROMPT, 60)
    background.cancel(reference, 60)
    with pytest.raises(ProviderOutcomeUnknown) as caught:
        background.collect(reference, 60)
    assert not isinstance(caught.value, ProviderStillWriting)


@pytest.fixture(scope="module")
def service(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    settings = {
        "OPENAI_API_KEY": "none",
        "OPENAI_BASE_URL": url,
        "OPENAI_BACKGROUND": "true",
        "FILE_SEARCH": "openai",
        "CHAT_MODEL": f"openai:{MODEL}",
    }
    with running(tmp_path_factory.mktemp("service"), **settings) as service:
        yield service


def test_the_whole_service_answers_from_files_and_tables_and_leaves_nothing(
    service: Service,
) -> None:
    sent = service.upload("fruit.txt", FRUIT)
    service.upload("wells.csv", "well,depth\nnorth well,31\n", session_id=sent["session_id"])
    task = service.ask([QUESTION], session_id=sent["session_id"])
    result = service.finished(task["task_id"])["result"]
    [citation] = result["answers"][0]["citations"]
    assert result["result"] == ["Apples grow in Norway since 1890 [1].\n\n[1] fruit.txt"]
    assert FRUIT[citation["start"] : citation["end"]] == citation["quote"]
    receipt = service.close(sent["session_id"])["result"]
    assert (receipt["provider_files_removed"], receipt["provider_stores_removed"]) == (1, 1)
    assert receipt["left_at_provider"] is False
