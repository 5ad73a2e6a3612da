"""Words, sentences, lines and tokens of texts in any script."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_llm_service.text import best_part, estimate_tokens, line_of, sentences, words
from ai_llm_service.text.questions import asks_for_all


def found(query: str, text: str) -> bool:
    """Most of the terms are there: of an ending that was added, some are not."""
    asked = set(words(query))
    return len(asked & set(words(text))) * 2 > len(asked)


def quoted(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("किताब", "उसने मेज़ पर किताब रखी।"),
        ("२०२३", "रिपोर्ट 2023 की है"),
        ("রাজধানী", "ঢাকা বাংলাদেশের রাজধানী।"),
        ("ঢাকা", "তিনি ঢাকায় থাকেন।"),
        ("தலைநகரம்", "சென்னை தமிழ்நாட்டின் தலைநகரம்."),
        ("రాజధాని", "హైదరాబాద్ తెలంగాణ రాజధాని."),
        ("مدرسة", "ذهب الطالب إلى المدرسة صباحا"),
        ("ประเทศไทย", "กรุงเทพเป็นเมืองหลวงของประเทศไทยในปัจจุบัน"),
        ("首都", "北京是中国的首都。"),
        ("カタカナ", "これはｶﾀｶﾅの文です"),
        ("столица", "Москва является столицей России"),
    ],
)
def test_a_word_is_found_in_its_own_script(query: str, text: str) -> None:
    assert found(query, text)


@pytest.mark.parametrize("word", ["রাজধানী", "రాజధాని", "தலைநகரம்", "ഭാഷ", "কর্মীরা"])
def test_vowel_signs_do_not_cut_a_word(word: str) -> None:
    assert word in words(f"x {word} y")


def test_a_joiner_inside_of_a_word_does_not_cut_it() -> None:
    assert words("می\u200cروم") == words("میروم")


@pytest.mark.parametrize(
    "identifier",
    [
        "E-1234", "user_id", "10.251.43.21", "org.apache.hadoop.DataNode", "12:30:45",
        "blk_-1608999687919862906", "NullPointerException", "COVID19", "me@example.org", "3M",
    ],
)  # fmt: skip
def test_an_identifier_is_found_whole(identifier: str) -> None:
    assert identifier.lower() in words(f"failed: {identifier}, again")


def test_an_address_is_found_with_and_without_its_port() -> None:
    assert found("10.0.0.1", "connected to 10.0.0.1:8080")


def test_pieces_of_an_identifier_are_found_too() -> None:
    assert found("pointer exception 1234", "java NullPointerException E-1234")


def test_forms_of_an_english_word_are_one() -> None:
    assert words("The companies were running") == words("company runs")


def test_a_number_is_found_with_or_without_its_commas() -> None:
    assert found("1234567", "revenue of 1,234,567 dollars")
    assert found("234", "row 1,234,567")


def test_a_term_is_never_longer_than_a_word_can_be() -> None:
    assert max(map(len, words("x" * 100_000 + " " + "a.b" * 10_000))) <= 64


def test_sentences_end_at_their_marks_in_every_script() -> None:
    text = "Yes! Is it? It is. यह पहला है। यह दूसरा है। 北京。上海。 یہ ایک ہے۔"
    assert quoted(text) == [
        "Yes!", "Is it?", "It is.", "यह पहला है।", "यह दूसरा है।", "北京。", "上海。", "یہ ایک ہے۔",
    ]  # fmt: skip


def test_abbreviations_initials_and_decimals_do_not_end_a_sentence() -> None:
    text = "Dr. J. Smith paid 3.5 dollars, i.e. little. He left."
    assert quoted(text) == ["Dr. J. Smith paid 3.5 dollars, i.e. little.", "He left."]


def test_wrapped_prose_is_joined() -> None:
    text = (
        "This paragraph of prose was wrapped by a program at a width\n"
        "of sixty characters, as PDF files have it. The people of the\n"
        "United States know that. Short end."
    )
    assert quoted(text) == [
        (
            "This paragraph of prose was wrapped by a program at a width\n"
            "of sixty characters, as PDF files have it."
        ),
        "The people of the\nUnited States know that.",
        "Short end.",
    ]


LOGS_LIKE_PROSE = [
    [f"user {n:03} read the quarterly harbour report on floor 3" for n in range(30, 70)],
    [f"User {n}: failed to open the file. Retrying on floor {n} in a minute" for n in range(20)],
    [
        "cron removed 3 old files, kept 12 on floor 3 for this night",
        "anna opened the gate, walked to hall 2 and left it open again",
        "bob moved a crate from hall 3",
        "the harbour master signed the log and went home, as every night at that hour",
    ]
    * 5,
]


@pytest.mark.parametrize("lines", LOGS_LIKE_PROSE)
def test_lines_of_similar_width_are_not_therefore_wrapped(lines: list[str]) -> None:
    found = quoted("\n".join(lines))
    assert not any("\n" in sentence for sentence in found)


def test_prose_is_joined_wherever_its_sentences_end() -> None:
    prose = [
        "The harbour was built by two hundred people in the winter of a very hard year.",
        "Nobody had been paid, and yet they came each morning with their own tools.",
        "When the ice broke in March, three of the four walls were still standing.",
        "The master of the works, a Mr. Lind, wrote that he had never seen such a thing.",
    ]
    found = quoted("\n".join(textwrap.wrap(" ".join(prose), 70)))
    assert [" ".join(sentence.split()) for sentence in found] == prose


def test_a_long_text_is_cut_around_what_is_looked_for() -> None:
    hay = "hay and straw, " * 100
    text = f"{hay}the needle of gold, {hay}a needle, {hay}"
    start, end = best_part(text, {"needl": 1.0, "gold": 2.0}, 200)
    part = text[start:end]
    assert "the needle of gold" in part
    assert len(part) <= 200
    assert part.split()[0] in {"hay", "and", "straw,"}
    assert part.split()[-1] in {"hay", "and", "straw,"}


def test_without_anything_to_look_for_the_beginning_is_taken() -> None:
    assert best_part("one two three", {"four": 1.0}, 8) == (0, 7)
    assert best_part("one two", {}, 8) == (0, 7)


@given(st.text(alphabet="ab \n京क्", max_size=120), st.sampled_from(["a", "京京", "ab"]))
def test_a_part_is_never_longer_than_allowed(text: str, word: str) -> None:
    start, end = best_part(text, {word: 1.0}, 20)
    assert 0 <= start <= end <= len(text)
    assert end - start <= 20


@pytest.mark.parametrize(
    "lines",
    [
        [
            "081109 203615 148 INFO dfs.DataNode$Responder: Responder 1 for block a. Ok.",
            "081109 203807 222 INFO dfs.DataNode$Responder: Responder 0 for block b. Ok.",
        ],
        ["name,city,amount,comment", "Anna,Berlin,1200,pays late. Always.", "Ben,Rome,3,fine"],
        ["Jun 14 15:16:01 combo sshd[19939]: authentication failure; logname= uid=0 euid=0"] * 3,
        ["id\tname and a long description of it that goes on\tcity", "1\tAnna. B\tBerlin"],
    ],
)
def test_a_line_of_a_log_or_a_table_is_one_sentence(lines: list[str]) -> None:
    assert quoted("\n".join(lines)) == lines


@given(st.text(alphabet="aB1 .!?।。,;\n\t-\"'क्", max_size=300))
def test_sentences_hold_every_character_in_order(text: str) -> None:
    spans = sentences(text)
    assert [a for span in spans for a in span] == sorted(a for span in spans for a in span)
    held = "".join(text[start:end] for start, end in spans)
    assert "".join(held.split()) == "".join(text.split())


@given(st.text(max_size=200))
def test_any_text_has_words_and_tokens(text: str) -> None:
    assert all(words(text))
    assert bool(estimate_tokens(text)) == bool(text)


def test_lines_count_from_one() -> None:
    assert [line_of("a\nb\nc", offset) for offset in (0, 1, 2, 4)] == [1, 1, 2, 3]


def test_tokens_are_rather_too_many_than_too_few() -> None:
    assert estimate_tokens("word" * 100) == 100
    assert estimate_tokens("भारत" * 100) >= 260


@pytest.mark.parametrize(
    ("question", "is_whole"),
    [
        ("How often does the board meet?", False),
        ("How often is the board mentioned?", True),
        ("How many times does the word pump occur?", True),
        ("List all boards.", True),
    ],
)
def test_a_question_is_about_the_whole_where_its_answer_stands_everywhere(
    question: str, *, is_whole: bool
) -> None:
    assert asks_for_all(question) is is_whole


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_plain_text_has_the_same_words_beside_another_script(text: str) -> None:
    assert words(f"{text} é") == [*words(text), "é"]
