"""The whole service with its files at a provider: asked by HTTP, answered from there and here."""

from collections.abc import Iterator

import pytest

from tests.hosted.vendor import UNREADABLE, HostedVendor
from tests.service import Service, running

FRUIT = "Orchards of the north\n\nApples grow in Norway since 1890.\n\nPears grow in Chile.\n"
TABLE = "well,depth\nnorth well,31\nsouth well,47\n"


@pytest.fixture(scope="module")
def vendor() -> Iterator[HostedVendor]:
    with HostedVendor() as vendor:
        yield vendor


@pytest.fixture(scope="module", params=["openai:gpt-6-luna", "extractive"])
def hosted(
    request: pytest.FixtureRequest, vendor: HostedVendor, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """With a model that searches by itself, and with none: then the service asks the store."""
    vendor.files.clear()
    vendor.stores.clear()
    settings = {
        "OPENAI_API_KEY": "sk-test",
        "OPENAI_BASE_URL": vendor.url,
        "FILE_SEARCH": "openai",
        "CHAT_MODEL": request.param,
    }
    with running(tmp_path_factory.mktemp("hosted"), **settings) as service:
        yield service


def test_an_answer_from_the_provider_cites_our_own_text(
    hosted: Service, vendor: HostedVendor
) -> None:
    sent = hosted.upload("fruit.txt", FRUIT)
    task = hosted.ask(["Where do apples grow?"], session_id=sent["session_id"])
    result = hosted.finished(task["task_id"])["result"]
    [answer] = result["answers"]
    [citation] = answer["citations"]
    assert "Apples grow in Norway since 1890 [1]." in result["result"][0]
    assert result["result"][0].endswith("\n\n[1] fruit.txt")
    assert citation["document"] == "fruit.txt"
    assert FRUIT[citation["start"] : citation["end"]] == citation["quote"]
    assert "Norway" in citation["quote"]
    assert citation["verified"]
    assert len(vendor.stores) == 1
    hosted.close(sent["session_id"])


def test_a_second_question_and_a_later_file_use_the_same_store_and_memory(
    hosted: Service, vendor: HostedVendor
) -> None:
    before = vendor.count("POST", "/vector_stores")
    sent = hosted.upload("fruit.txt", FRUIT)
    hosted.answers(["Where do apples grow?"], session_id=sent["session_id"])
    hosted.upload("pumps.md", "Pump seven failed at noon.\n", session_id=sent["session_id"])
    [second] = hosted.answers(["When did pump seven fail?"], session_id=sent["session_id"])
    assert "noon [1]" in second
    assert vendor.count("POST", "/vector_stores") == before + 1
    if vendor.bodies:
        said = [message["content"] for message in vendor.bodies[-1]["input"]]
        assert any("Where do apples grow?" in str(content) for content in said)
        assert vendor.bodies[-1]["store"] is False
        assert vendor.bodies[-1]["include"] == ["file_search_call.results"]
    hosted.close(sent["session_id"])


def test_what_the_provider_does_not_take_is_searched_here(
    hosted: Service, vendor: HostedVendor
) -> None:
    sent = hosted.upload("fruit.txt", FRUIT)
    hosted.upload("wells.csv", TABLE, session_id=sent["session_id"])
    hosted.upload("broken.md", UNREADABLE + b" Valve nine is red.", session_id=sent["session_id"])
    task = hosted.ask(["How deep is the south well?"], session_id=sent["session_id"])
    [answer] = hosted.finished(task["task_id"])["result"]["answers"]
    assert "47" in answer["text"] or any("47" in each["quote"] for each in answer["citations"])
    assert not any("wells" in file.filename for file in vendor.files.values())
    hosted.close(sent["session_id"])


def test_a_closed_session_leaves_nothing_there_and_says_so(
    hosted: Service, vendor: HostedVendor
) -> None:
    sent = hosted.upload("fruit.txt", FRUIT)
    hosted.answers(["Where do pears grow?"], session_id=sent["session_id"])
    receipt = hosted.close(sent["session_id"])["result"]
    assert receipt["provider_files_removed"] == 1
    assert receipt["provider_stores_removed"] == 1
    assert receipt["left_at_provider"] is False
    assert (vendor.files, vendor.stores) == ({}, {})


def test_a_session_may_change_who_searches_between_two_questions(
    hosted: Service, vendor: HostedVendor
) -> None:
    sent = hosted.upload("fruit.txt", FRUIT)
    here = {"session_id": sent["session_id"], "file_search": "local"}
    hosted.answers(["Where do apples grow?"], **here)
    assert vendor.files == {}
    [text] = hosted.answers(["Where do pears grow?"], session_id=sent["session_id"])
    assert "Chile" in text
    assert len(vendor.files) == 1
    hosted.close(sent["session_id"])


def test_a_store_that_vanished_between_two_questions_is_rebuilt(
    hosted: Service, vendor: HostedVendor
) -> None:
    sent = hosted.upload("fruit.txt", FRUIT)
    hosted.answers(["Where do apples grow?"], session_id=sent["session_id"])
    vendor.stores.clear()
    [text] = hosted.answers(["Where do pears grow?"], session_id=sent["session_id"])
    assert "Chile" in text
    hosted.close(sent["session_id"])
