"""Whether a passage supports a sentence: facts literally, denials compared, the rest by words."""

import pytest

from ai_llm_service.search.verify import Claim, PassageText, Support, find_support
from tests.support_pairs import load_pairs, measure

PAIRS = load_pairs()


def support(sentence: str, passage: str) -> Support | None:
    return find_support(Claim(sentence), PassageText(passage))


def is_verified(sentence: str, passage: str) -> bool:
    found = support(sentence, passage)
    return found is not None and found.is_verified


def test_the_labelled_set_is_large_and_half_wrong() -> None:
    assert len(PAIRS) >= 400
    assert sum(bool(pair.wrong_in) for pair in PAIRS) * 2 == len(PAIRS)
    assert len({pair.language for pair in PAIRS}) >= 15
    assert sum(pair.language == "hi" for pair in PAIRS) >= 40


@pytest.mark.parametrize("tuned_on", [True, False])
def test_verified_is_right_and_misses_little(tuned_on: bool) -> None:
    figures = measure(pair for pair in PAIRS if pair.is_tuned_on is tuned_on)
    assert figures.precision >= 0.95
    assert figures.recall >= 0.85


@pytest.mark.parametrize(
    ("sentence", "passage"),
    [
        ("It cost 1234.5 euros.", "The machine cost €1,234.50 in all."),
        ("The machine cost two thousand dollars.", "The price of the machine was $2,000."),
        ("Sales of 2.5 million units were made.", "Sales: 2,500,000 units."),
        ("The grant is 2.5 crore rupees.", "The grant of ₹25,000,000 was paid."),
        ("Half of the pumps failed.", "Of the pumps 50% failed."),
        ("It opened on 3 October 1991.", "It opened on 1991-10-03."),
        ("The meeting began at 2:30 pm.", "The meeting began at 14:30."),
        ("२५ स्कूल खुले।", "जिले में 25 स्कूल खुले।"),
    ],
)
def test_a_fact_may_be_written_in_another_way(sentence: str, passage: str) -> None:
    assert is_verified(sentence, passage)


@pytest.mark.parametrize(
    ("sentence", "passage"),
    [
        ("It cost 1235.5 euros.", "The machine cost €1,234.50 in all."),
        ("Sales of 2.5 billion units were made.", "Sales: 2,500,000 units."),
        ("It opened on 3 September 1991.", "It opened on 1991-10-03."),
        ("The trail is 18 km long.", "The trail is 18 miles long."),
        ("The motion was not carried.", "The motion was carried."),
        ("Anita Rao signed the lease.", "Anita Roy signed the lease."),
    ],
)
def test_a_wrong_fact_is_never_verified(sentence: str, passage: str) -> None:
    assert not is_verified(sentence, passage)


def test_the_support_is_the_place_that_says_it() -> None:
    passage = "Snow fell. The bridge opened in 1991. It is long."
    found = support("The bridge was opened in 1991.", passage)
    assert found is not None
    assert passage[found.start : found.end] == "The bridge opened in 1991."
    assert found.score == 1.0


def test_a_claim_over_two_sentences_is_supported_by_both() -> None:
    passage = "Travis likes pizza. Anna likes soup."
    found = support("Travis likes pizza while Anna likes soup.", passage)
    assert found is not None
    assert (found.start, found.end, found.is_verified) == (0, len(passage), True)


def test_what_says_nothing_of_a_claim_is_no_support() -> None:
    assert support("Penguins dive deep.", "The invoice is due in May.") is None
    assert support("Yes.", "The invoice is due in May.") is None


def test_a_like_meaning_makes_up_for_other_words() -> None:
    claim = Claim("In 1991 cars and lorries began to roll over the bridge.")
    passage = PassageText("The bridge opened to traffic in 1991.")
    words_alone = find_support(claim, passage)
    with_meaning = find_support(claim, passage, lambda *_: [0.8])
    assert words_alone is not None
    assert with_meaning is not None
    assert (words_alone.is_verified, with_meaning.is_verified) == (False, True)


def test_a_like_meaning_makes_up_for_no_fact() -> None:
    claim = Claim("In 1992 cars and lorries began to roll over the bridge.")
    passage = PassageText("The bridge opened to traffic in 1991.")
    found = find_support(claim, passage, lambda *_: [1.0])
    assert found is not None
    assert not found.is_verified


@pytest.mark.parametrize("piece", ["Ab ", "1:11", "1-1-", "1,1,", "不中", "ก", "not May 3 ", "x"])
def test_an_endless_sentence_comes_to_an_end_and_is_not_verified(piece: str) -> None:
    """It would take minutes, where each word is compared with each."""
    text = (piece * 3000)[:4000]
    found = support(f"{piece * 3000} end", text)
    assert found is None or not found.is_verified
