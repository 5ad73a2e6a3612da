"""Reading all of the documents in parts: nothing is lost, marks survive, the cost is known."""

import threading

import pytest
import regex

from ai_llm_service.domain import (
    Answer,
    Generation,
    Method,
    Mode,
    Query,
    QueryOptions,
    Section,
    SectionKind,
    Turn,
    Usage,
)
from ai_llm_service.errors import ProviderUnavailable
from ai_llm_service.providers.base import NOT_FOUND, ChatModel, Prompt
from ai_llm_service.providers.extractive import Extractive
from ai_llm_service.search.cache import IndexCache
from ai_llm_service.search.local import LocalFileSearch, LocalLimits
from tests.shelf import Shelf

AUTO = QueryOptions()
READ_ALL = QueryOptions(mode=Mode.READ_ALL)
TOWNS = [f"Town {number:03} has {number + 7} wells and one school." for number in range(1200)]
PAGES = ["\n".join(TOWNS[at : at + 20]) for at in range(0, len(TOWNS), 20)]
BOOK = "\n".join(PAGES)


NOTES = regex.compile(r"<notes>\n(.*?)\n</notes>", regex.DOTALL)
PASSAGE = regex.compile(r"<passage>\n\[(\d+)\] [^\n]*\n(.*?)\n</passage>", regex.DOTALL)


class Reader:
    """A model that notes one town of each passage, and merges notes by joining them."""

    name = "reader:1"

    def __init__(self, wanted: str = r"Town \d+ has \d+ wells") -> None:
        self.context_tokens = 3_000
        self.wanted = regex.compile(wanted)
        self.prompts: list[Prompt] = []
        self.fail_at: int | None = None
        self._lock = threading.Lock()

    def generate(self, prompt: Prompt, timeout_seconds: float) -> Generation:
        assert timeout_seconds <= 10
        with self._lock:
            self.prompts.append(prompt)
            if self.fail_at == len(self.prompts):
                raise ProviderUnavailable
        return Generation(self._text(prompt.messages[-1].content), self.name, Usage(10, 1))

    def _text(self, asked: str) -> str:
        if "<notes>" in asked:
            return "\n".join(NOTES.findall(asked))
        found = [(number, self.wanted.search(body)) for number, body in PASSAGE.findall(asked)]
        lines = [f"{said.group()} [{number}]." for number, said in found if said]
        return "\n".join(lines) or NOT_FOUND


@pytest.fixture
def shelf() -> Shelf:
    shelf = Shelf()
    borders = [sum(len(page) + 1 for page in PAGES[:number]) for number in range(len(PAGES))]
    pages = [
        Section(SectionKind.PAGE, str(number), start, start + len(page))
        for number, (start, page) in enumerate(zip(borders, PAGES, strict=True), 1)
    ]
    shelf.add("s", "towns.txt", BOOK, tuple(pages))
    return shelf


def search(shelf: Shelf) -> LocalFileSearch:
    return LocalFileSearch(shelf, IndexCache(), LocalLimits())


def ask(shelf: Shelf, text: str, model: ChatModel, options: QueryOptions | None = None) -> Answer:
    query = Query("s", text, options=options or QueryOptions())
    return search(shelf).answer(query, model, 10.0)


def test_a_question_about_the_whole_reads_all_of_it(shelf: Shelf) -> None:
    model = Reader()
    answer = ask(shelf, "List all towns.", model)
    assert answer.method is Method.READ_ALL
    assert answer.coverage.chunks_read == answer.coverage.chunks_total
    assert answer.coverage.complete
    told = "\n".join(message.content for prompt in model.prompts for message in prompt.messages)
    assert all(told.count(town) == 1 for town in TOWNS)


def test_no_prompt_is_longer_than_the_model_reads(shelf: Shelf) -> None:
    model = Reader()
    ask(shelf, "List all towns.", model)
    assert len(model.prompts) > 4
    assert max(sum(len(m.content) for m in p.messages) / 4 for p in model.prompts) < 3_000


def test_citations_survive_the_merge(shelf: Shelf) -> None:
    answer = ask(shelf, "List all towns.", Reader())
    assert len(answer.citations) > 10
    assert all(citation.verified for citation in answer.citations)
    assert all(BOOK[each.start : each.end] == each.quote for each in answer.citations)
    assert answer.text.endswith("\n\n[1] towns.txt")


def test_what_is_asked_is_the_same_every_time(shelf: Shelf) -> None:
    first, second = Reader(), Reader()
    ask(shelf, "List all towns.", first)
    ask(shelf, "List all towns.", second)
    told = [sorted(str(prompt.messages) for prompt in model.prompts) for model in (first, second)]
    assert told[0] == told[1]


def test_the_usage_of_all_calls_is_counted(shelf: Shelf) -> None:
    model = Reader()
    answer = ask(shelf, "List all towns.", model)
    assert answer.usage == Usage(10 * len(model.prompts), len(model.prompts))


def test_an_error_of_one_part_ends_the_reading(shelf: Shelf) -> None:
    model = Reader()
    model.fail_at = 2
    with pytest.raises(ProviderUnavailable):
        ask(shelf, "List all towns.", model)


def test_where_no_part_holds_it_the_nearest_passages_are_told(shelf: Shelf) -> None:
    answer = ask(shelf, "List all castles of Town 042.", Reader(wanted="castle"))
    assert not answer.found
    assert not answer.citations
    assert "Town 042" in answer.nearest[0].text
    near = answer.nearest[0]
    assert BOOK[near.start : near.end] == near.text


def test_a_caller_may_force_either_way(shelf: Shelf) -> None:
    lookup = QueryOptions(mode=Mode.LOOKUP)
    answer = ask(shelf, "List all towns.", Reader(), lookup)
    assert answer.method is Method.LOOKUP
    assert not answer.coverage.complete
    assert answer.coverage.note
    assert answer.coverage.note.count(".") == 1
    assert ask(shelf, "Which town has 49 wells?", Reader(), READ_ALL).method is Method.READ_ALL


def test_a_narrow_question_is_looked_up_and_complete(shelf: Shelf) -> None:
    answer = ask(shelf, "Which town has 49 wells?", Reader())
    assert (answer.method, answer.coverage.complete) == (Method.LOOKUP, True)


def test_without_a_model_all_is_read_for_a_summary(shelf: Shelf) -> None:
    answer = ask(shelf, "Summarise this.", Extractive())
    assert answer.method is Method.READ_ALL
    assert answer.coverage.chunks_read == answer.coverage.chunks_total
    assert len(answer.citations) > 1
    assert all(citation.verified for citation in answer.citations)


def test_a_follow_up_takes_its_question_along(shelf: Shelf) -> None:
    model = Reader()
    history = (Turn("List all towns with wells.", "Town 001."),)
    search(shelf).answer(
        Query("s", "And all of their schools?", None, history, options=READ_ALL), model, 9.0
    )
    assert "Earlier question: List all towns with wells." in model.prompts[0].messages[-1].content
