"""A question behind another one: what leans on it, and what stands by itself."""

import pytest

from ai_llm_service.domain import Query, Turn
from ai_llm_service.providers.extractive import ABSTENTION, Extractive
from ai_llm_service.search.cache import IndexCache
from ai_llm_service.search.followup import full_question
from ai_llm_service.search.local import LocalFileSearch, LocalLimits
from tests.clinic import clinic_shelf
from tests.shelf import Shelf


@pytest.fixture
def shelf() -> Shelf:
    return clinic_shelf()


def search(shelf: Shelf) -> LocalFileSearch:
    return LocalFileSearch(shelf, IndexCache(), LocalLimits())


@pytest.mark.parametrize(
    ("earlier", "question", "wanted"),
    [
        ("How many schools were built in 2021?", "And in 2022?", "schools"),
        ("Where is the clinic?", "Who founded it?", "clinic"),
        ("2021 में कितने स्कूल बने?", "और 2022 में?", "स्कूल"),
        ("Wie viele Brunnen gibt es in Ulm?", "Und in Bonn?", "Brunnen"),
        ("Combien de puits y a-t-il à Lyon ?", "Et à Nice ?", "puits"),
        ("¿Cuántos pozos hay en Lima?", "¿Y en Cusco?", "pozos"),
    ],
)
def test_a_follow_up_is_understood_with_the_question_before(
    earlier: str, question: str, wanted: str
) -> None:
    full = full_question(Query("s", question, history=(Turn(earlier, "42."),)))
    assert full.startswith(question)
    assert wanted in full
    assert "2021" not in full


def test_a_follow_up_of_a_follow_up_goes_back_to_the_matter() -> None:
    history = (Turn("How many wells has Ulm?", "9."), Turn("And Bonn?", "7."))
    assert "wells" in full_question(Query("s", "And Trier?", history=history))


@pytest.mark.parametrize(
    "question",
    [
        "Which doctors work in the clinic of Kochi?",
        "What did the company say about its revenue of last year?",
        "When did Marie Curie receive her first prize in physics?",
    ],
)
def test_a_question_of_its_own_stays_alone(question: str) -> None:
    history = (Turn("How many wells has Ulm?", "9."),)
    assert full_question(Query("s", question, history=history)) == question


@pytest.mark.parametrize(
    "question",
    ["What is the capital of France?", "Who wrote Hamlet?", "And who won the World Cup?"],
)
def test_a_foreign_question_is_not_answered_with_the_passage_of_the_one_before(
    shelf: Shelf, question: str
) -> None:
    first = search(shelf).answer(Query("s", "Who founded the clinic?"), Extractive(), 10.0)
    history = (Turn("Who founded the clinic?", first.text),)
    answer = search(shelf).answer(Query("s", question, history=history), Extractive(), 10.0)
    assert first.found
    assert (answer.found, answer.citations) == (False, ())
    assert answer.text == ABSTENTION


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("When was that?", "1998"),
        ("And the ward?", "12 beds"),
        ("How many patients does it treat?", "40 patients"),
    ],
)
def test_a_follow_up_is_answered_though_it_says_little(
    shelf: Shelf, question: str, wanted: str
) -> None:
    history = (Turn("Who founded the clinic in Kochi?", "Dr. Meera Nair."),)
    answer = search(shelf).answer(Query("s", question, history=history), Extractive(), 10.0)
    assert answer.found
    assert wanted in answer.text


def test_a_short_question_finds_its_own_document_behind_one_about_another(shelf: Shelf) -> None:
    shelf.add("s", "wells.txt", "The north well of Ulm is 31 metres deep. It was dug in 2009.")
    history = (Turn("Which doctor founded the clinic in Kochi in 1998?", "Dr. Meera Nair."),)
    query = Query("s", "When was the well dug?", history=history)
    answer = search(shelf).answer(query, Extractive(), 10.0)
    assert {citation.document for citation in answer.citations} == {"wells.txt"}
    assert "2009" in answer.text


def test_a_follow_up_finds_and_answers_without_a_model(shelf: Shelf) -> None:
    noise = "".join(f"Storm {number} of 2021 came from the west. " for number in range(300))
    shelf.add("s", "storms.txt", noise)
    history = (Turn("What did the clinic open in 1998?", "A house."),)
    query = Query("s", "And in 2021?", history=history)
    answer = search(shelf).answer(query, Extractive(), 10.0)
    quotes = [citation.quote for citation in answer.citations]
    assert "In 2021 it opened a ward with 12 beds." in quotes
    assert {citation.document for citation in answer.citations} == {"clinic.txt"}
