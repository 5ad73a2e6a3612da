"""From the marks of a model to citations that can be checked, in the classic rendering."""

import pytest

from ai_llm_service.domain import Chunk, Extraction, Passage, Section, SectionKind
from ai_llm_service.search.cite import Cited, cite, with_list, without_marks

FOOD = "Travis likes pizza. Anna likes soup.\nBoth dislike 42 olives."
CITY = "Rome is old.\fParis is large. Paris has 2 airports."
PAGES = (Section(SectionKind.PAGE, "1", 0, 13), Section(SectionKind.PAGE, "2", 13, len(CITY)))
TEXTS = {"food": Extraction(FOOD), "city": Extraction(CITY, PAGES), "twin": Extraction(FOOD)}


def passage(document_id: str, start: int = 0, name: str | None = None) -> Passage:
    text = TEXTS[document_id].text[start:]
    chunk = Chunk(document_id, 0, start, start + len(text), text)
    return Passage(chunk, name or f"{document_id}.txt", 1.0)


PASSAGES = (passage("food"), passage("city", 13), passage("food", 20))


def rendered(text: str, *passages: Passage) -> str:
    cited = cite(text, "Who likes what?", passages or PASSAGES, TEXTS)
    return with_list(cited.text, cited.citations)


def quotes(cited: Cited) -> list[str]:
    return [citation.quote for citation in cited.citations]


@pytest.mark.parametrize(
    "text",
    [
        "Paris is large [2]. Travis likes pizza [1].",
        "Paris is large. [2] Travis likes pizza.[1]",
        "Paris is large[2]. Travis likes pizza 【1†food】.",
        "Paris is large [passage 2]. Travis likes pizza [1][3].",
        "Paris is large [2]. Travis likes pizza [1, 3].",
        "Paris is large [2, 77]. Travis likes pizza [1] [3].",
    ],
)
def test_files_are_numbered_in_the_order_of_their_first_mark(text: str) -> None:
    assert rendered(text) == (
        "Paris is large [1]. Travis likes pizza [2].\n\n[1] city.txt\n[2] food.txt"
    )


def test_a_range_cites_each_of_its_passages() -> None:
    assert rendered("All of it [1-3].") == "All of it [1] [2].\n\n[1] food.txt\n[2] city.txt"


def test_two_documents_of_one_name_keep_two_numbers() -> None:
    text = rendered("A [1]. B [2].", passage("food", 0, "a.txt"), passage("twin", 0, "a.txt"))
    assert text == "A [1]. B [2].\n\n[1] a.txt\n[2] a.txt"


@pytest.mark.parametrize(
    "text",
    [
        "Nothing is cited here.",
        "It was built [1998].",
        "Between [2019-2021] and later.",
        "Use `rows[1]` or:\n```\nrows[2] = x[1]\n```\n",
        "Set rows[2] = 5 and read rows[1].name now.",
        "A [link](somewhere), [1](there), an [x] and [0].",
    ],
)
def test_what_is_no_mark_is_left_alone(text: str) -> None:
    assert rendered(text) == text


def test_a_mark_of_no_passage_is_dropped() -> None:
    assert rendered("Travis likes pizza [1]. So it is [9].") == (
        "Travis likes pizza [1]. So it is.\n\n[1] food.txt"
    )


def test_without_passages_nothing_is_a_mark() -> None:
    cited = cite("As in [2].", "Why?", (), {})
    assert (cited.text, cited.citations) == ("As in [2].", ())


def test_a_quoted_mark_of_a_document_stays_a_quote() -> None:
    assert rendered(r"As shown in \[2] [1].") == "As shown in [2] [1].\n\n[1] food.txt"


def test_a_mark_may_open_its_line() -> None:
    cited = cite("[2] Paris has airports.\n[1] Anna eats soup.", "", PASSAGES, TEXTS)
    assert cited.text == "[1] Paris has airports.\n[2] Anna eats soup."
    assert quotes(cited) == ["Paris has 2 airports.", "Anna likes soup."]


def test_the_list_that_a_model_writes_itself_is_replaced() -> None:
    text = "Travis likes pizza [1].\n\nSources:\n[1] food.txt\n[2] city.txt, page 2"
    assert rendered(text) == "Travis likes pizza [1].\n\n[1] food.txt"


def test_a_citation_holds_the_exact_place_of_its_quote() -> None:
    cited = cite("There are 42 olives [3]. Airports: 2 [2].", "", PASSAGES, TEXTS)
    olives, airports = cited.citations
    assert (olives.quote, olives.line, olives.page) == ("Both dislike 42 olives.", 2, None)
    assert (airports.quote, airports.line, airports.page) == ("Paris has 2 airports.", 1, 2)
    for citation in cited.citations:
        text = TEXTS[citation.document_id].text
        assert text[citation.start : citation.end] == citation.quote


def test_a_statement_over_several_sentences_is_quoted_whole() -> None:
    cited = cite("Travis likes pizza while Anna likes soup [1].", "", PASSAGES, TEXTS)
    assert quotes(cited) == ["Travis likes pizza. Anna likes soup."]


def test_a_statement_in_other_words_quotes_what_the_question_is_about() -> None:
    cited = cite("उन्हें पसंद है [1].", "What does Anna like?", PASSAGES, TEXTS)
    assert quotes(cited) == ["Anna likes soup."]


def test_the_same_place_is_cited_once() -> None:
    cited = cite("Anna likes soup [1]. Yes, Anna likes soup [1].", "", PASSAGES, TEXTS)
    assert len(cited.citations) == 1


def test_a_quote_is_never_endless() -> None:
    text = "x " * 5000 + "needle " + "y " * 5000
    endless = Passage(Chunk("d", 0, 0, len(text), text), "d.txt", 1.0)
    (citation,) = cite("The needle [1].", "", (endless,), {"d": Extraction(text)}).citations
    assert "needle" in citation.quote
    assert len(citation.quote) <= 600
    assert text[citation.start : citation.end] == citation.quote


def test_an_earlier_answer_reads_without_its_citations() -> None:
    assert without_marks("Pizza [1]. Soup [2] [1].\n\n[1] a.txt\n[2] b.txt") == "Pizza. Soup."
    assert without_marks("Row [1] and no list.") == "Row [1] and no list."


def test_a_sentence_is_verified_by_what_it_cites_or_listed() -> None:
    cited = cite("Anna likes soup [1]. Paris has 3 airports [2].", "", PASSAGES, TEXTS)
    assert [citation.verified for citation in cited.citations] == [True, False]
    assert cited.unsupported == ("Paris has 3 airports.",)


def test_two_marks_of_a_sentence_stand_for_its_parts() -> None:
    cited = cite("Anna likes soup [1], and Paris has 2 airports [2].", "", PASSAGES, TEXTS)
    assert [citation.verified for citation in cited.citations] == [True, True]


def test_passages_cited_side_by_side_may_support_a_sentence_together() -> None:
    cited = cite("Anna likes soup and Paris has 2 airports [1][2].", "", PASSAGES, TEXTS)
    assert [citation.verified for citation in cited.citations] == [True, True]
    assert not cited.unsupported


def test_a_sentence_without_a_mark_is_looked_for_in_all_passages() -> None:
    text = "Travis likes pizza. Anna likes soup [1]. Berlin has 9 airports."
    assert cite(text, "", PASSAGES, TEXTS).unsupported == ("Berlin has 9 airports.",)


def test_one_place_may_support_one_sentence_and_not_another() -> None:
    cited = cite("Anna likes soup [1]. Anna likes no soup [1].", "", PASSAGES, TEXTS)
    assert [citation.verified for citation in cited.citations] == [True, False]
    assert len({(citation.start, citation.end) for citation in cited.citations}) == 1


def test_a_citation_names_slide_sheet_and_rows() -> None:
    text = "city,people\nRome,3\nParis,2\n"
    sections = (
        Section(SectionKind.SHEET, "Cities", 0, len(text)),
        Section(SectionKind.HEADER, "1", 0, 12),
        Section(SectionKind.ROWS, "2", 12, len(text)),
    )
    row = Passage(Chunk("t", 0, 0, len(text), text), "t.csv", 1.0)
    (citation,) = cite(
        "Paris has 2 people [1].", "", (row,), {"t": Extraction(text, sections)}
    ).citations
    assert (citation.sheet, citation.rows, citation.quote) == ("Cities", (3, 3), "Paris,2")
