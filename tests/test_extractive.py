"""Answers without a model: quotes that carry their marks, or an honest no."""

import pytest

from ai_llm_service.domain import Chunk, Passage
from ai_llm_service.providers.base import NOT_FOUND, Prompt
from ai_llm_service.providers.extractive import ABSTENTION, SUMMARY, Extractive

CITY = "Paris is the capital of France. The tower was built in 1889. Bread is sold on corners."
TABLE = "name,city,population\nAda,London,9000000\nBlaise,Paris,2100000\nCarl,Berlin,3700000\n"


def ask(question: str, *texts: str) -> str:
    passages = tuple(
        Passage(Chunk(f"d{number}", 0, 0, len(text), text), f"d{number}.txt", 0.5)
        for number, text in enumerate(texts)
    )
    return Extractive().generate(Prompt((), question, passages), 1.0).text


def test_the_answer_is_the_sentence_that_says_it() -> None:
    assert ask("When was the tower built?", CITY) == "The tower was built in 1889. [1]"


def test_a_quote_is_marked_with_its_own_passage() -> None:
    assert ask("When was the tower built?", TABLE, CITY) == "The tower was built in 1889. [2]"


def test_a_row_comes_with_the_names_of_its_columns() -> None:
    assert ask("What is the population of Berlin?", TABLE) == (
        "name,city,population [1]\nCarl,Berlin,3700000 [1]"
    )


@pytest.mark.parametrize("texts", [(), (CITY,), ("",)])
def test_what_the_documents_do_not_say_is_not_answered(texts: tuple[str, ...]) -> None:
    assert ask("Which penguins fly fastest?", *texts) == f"{NOT_FOUND} {ABSTENTION}"


def test_a_word_in_common_is_not_yet_an_answer() -> None:
    question = "Which baker on Elm Street invented sourdough pizza with bread and olives?"
    assert ask(question, CITY) == f"{NOT_FOUND} {ABSTENTION}"


def test_a_word_that_all_passages_share_is_an_answer_to_a_short_question() -> None:
    log = "".join(f"12:00:0{number} ERROR pump {number} stopped\n" for number in range(5))
    assert ask("Which errors occurred?", log).startswith("12:00:00 ERROR pump 0 stopped [1]")


REPORT = (
    "The pumps of the district were inspected in May. Rain fell on two days. "
    "Most pumps of the district work, the inspection found. My aunt sells tea. "
    "Pumps that were inspected late failed in the district more often. "
    "The inspection of pumps in the district goes on. A goat looked on."
)


def test_a_summary_is_the_sentences_that_say_most_in_order() -> None:
    answer = ask("Please summarise this document.", REPORT + " It was a day like others." * 3)
    told, _, quotes = answer.partition("\n")
    assert told == SUMMARY
    assert "The pumps of the district were inspected in May. [1]" in quotes
    assert quotes.index("inspected in May") < quotes.index("goes on")


def test_a_summary_has_something_of_each_document() -> None:
    answer = ask("Give me an overview.", REPORT, "Apples are sold by the farmers at the market.")
    assert "Apples are sold" in answer
    assert "[2]" in answer


def test_a_summary_of_one_matter_is_about_it() -> None:
    answer = ask("Summarise what it says about goats.", f"{REPORT} One goat ate five bad pumps.")
    assert "One goat ate five bad pumps." in answer


def test_a_sentence_with_as_many_commas_is_no_row_of_the_first_one() -> None:
    first = "The town has wells, mills, barns and one school."
    answer = ask("Who built the bridge?", f"{first} Paul, Lena, Omar and Ines built the bridge.")
    assert first not in answer


def test_according_to_whom_asks_for_no_summary() -> None:
    answer = ask("लीना के अनुसार पंप किसने बनाया?", "लीना के अनुसार पंप पॉल ने बनाया। घर लाल है।")
    assert SUMMARY not in answer


def test_a_list_of_all_is_longer_than_an_answer() -> None:
    log = "".join(f"12:00:0{number} ERROR pump {number} stopped\n" for number in range(10))
    assert ask("List all errors.", log).count("[1]") == 10
    assert ask("Which errors?", log).count("[1]") == 4


def test_an_answer_is_short() -> None:
    text = " ".join(f"Tower {number} was built with much patience." for number in range(200))
    answer = ask("How was the tower built?", text)
    assert answer.count("[1]") == 4
    assert len(answer) < 700


def test_an_endless_line_is_cut() -> None:
    assert len(ask("Where is the needle?", "needle " + "hay " * 5000)) < 700


def test_the_answer_in_an_endless_line_is_not_cut_off() -> None:
    hay = "hay and straw, " * 100
    answer = ask(
        "Who deleted the payroll archive?", f"{hay}user 9 deleted the payroll archive{hay}"
    )
    assert "user 9 deleted the payroll archive" in answer
    assert answer.startswith("… ")
    assert answer.endswith(" … [1]")


def test_the_answer_in_a_text_without_blanks_is_not_cut_off() -> None:
    answer = ask("谁删除了工资档案", "甲乙丙丁" * 200 + "用户九删除了工资档案" + "子丑寅卯" * 200)
    assert "用户九删除了工资档案" in answer


def test_an_own_mark_of_a_document_is_not_a_citation() -> None:
    assert ask("Who found radium?", "Curie found radium [2].") == r"Curie found radium \[2]. [1]"


@pytest.mark.parametrize(
    ("question", "text", "answer"),
    [
        ("मीनार कब बनी थी?", "पेरिस बड़ा है। मीनार 1889 में बनी थी।", "मीनार 1889 में बनी थी। [1]"),
        ("铁塔建于哪一年?", "巴黎很大。铁塔建于1889年。", "铁塔建于1889年。 [1]"),
        ("متى بني البرج؟", "باريس كبيرة. بني البرج عام 1889.", "بني البرج عام 1889. [1]"),
    ],
)
def test_any_script_is_quoted(question: str, text: str, answer: str) -> None:
    assert ask(question, text) == answer
