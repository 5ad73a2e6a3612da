"""How much the calls for a question read at most, told before anything is read."""

from collections.abc import Callable
from dataclasses import dataclass

from ai_llm_service.domain import Document, Mode, Query
from ai_llm_service.search.part_prompts import part_cost
from ai_llm_service.search.parts import PASSAGE_TOKENS, calls_for
from ai_llm_service.search.passages import MAX_PASSAGE_CHARACTERS
from ai_llm_service.search.prompt import build_prompt, count_tokens
from ai_llm_service.search.route import is_read_in_parts
from ai_llm_service.search.tables.cues import asks_to_compute
from ai_llm_service.search.tables.session import tables_of
from ai_llm_service.search.tables.sql_prompt import statement_prompt
from ai_llm_service.text import estimate_tokens

# A result in a prompt: so many rows of some cells, and the rules.
RESULT_TOKENS = 4_000
# Of a document that is not read yet only its bytes are known; few scripts pack fewer to a token.
BYTES_PER_TOKEN = 3
CHARACTERS_PER_CHUNK = 1_000
# A passage is a chunk with both of its neighbours; chunks are about of one length.
CHUNKS_PER_PASSAGE = 3
LONGEST_CHUNK = 1.25


@dataclass(frozen=True, slots=True)
class Size:
    """How long the documents are: all of them, and one passage of them at most."""

    tokens: int
    passage_tokens: int

    @classmethod
    def of(cls, documents: tuple[Document, ...], sample: Callable[[Document], str]) -> "Size":
        """By samples of their texts: how many tokens a character takes is a matter of script."""
        tokens, longest = 0, 0
        for document in documents:
            characters, text = document.characters, sample(document)
            dense = estimate_tokens(text) / len(text) if text else 1 / BYTES_PER_TOKEN
            size = document.size_bytes if characters is None else characters
            chunks = document.chunks or size // CHARACTERS_PER_CHUNK + 1
            tokens += int(size * dense) + 1 + chunks * PASSAGE_TOKENS
            joined = CHUNKS_PER_PASSAGE * LONGEST_CHUNK * size / chunks
            longest = max(longest, int(min(MAX_PASSAGE_CHARACTERS, joined) * dense) + 1)
        return cls(tokens, longest + PASSAGE_TOKENS)


@dataclass(frozen=True, slots=True)
class Reads:
    """The tokens that each call of a question is told at most, and how much it looks up."""

    calls: tuple[int, ...]
    looked_up: int


def reads_of(query: Query, size: Size, budget: int, passages: int) -> Reads:
    """With the rules, instructions, question and memory; `passages` are the most of a look-up."""
    most = query.options.at_most(passages)
    looked_up = min(size.tokens, most * size.passage_tokens)
    frame = count_tokens(build_prompt(query, ()).messages)
    if is_read_in_parts(query, size.tokens, budget):
        frame_of_part = part_cost(query)
        calls = [frame_of_part + read for read in calls_for(size.tokens, budget)]
        return Reads(tuple(calls), looked_up)
    fits = size.tokens <= budget and query.options.mode is not Mode.LOOKUP
    return Reads((min(budget, frame + (size.tokens if fits else looked_up)),), looked_up)


def computing_reads(query: Query, documents: tuple[Document, ...], budget: int) -> tuple[int, ...]:
    """What a question that may be computed is told before its answer: tables, then the result."""
    tables = tables_of(documents)
    may_be = query.options.mode is Mode.COMPUTE or (
        query.options.mode is Mode.AUTO and asks_to_compute(query.text)
    )
    if not tables or not may_be:
        return ()
    told = count_tokens(statement_prompt(query, tables, budget).messages)
    return (told, RESULT_TOKENS)
