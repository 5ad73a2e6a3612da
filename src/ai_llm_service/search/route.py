"""Chooses how the documents are read for a question: by it, by their size, and by the caller."""

from collections.abc import Sequence
from dataclasses import dataclass

from ai_llm_service.domain import Method, Mode, Query
from ai_llm_service.search.logs.asking import wants_digest
from ai_llm_service.search.logs.reading import ReadDigests
from ai_llm_service.search.opened import Opened
from ai_llm_service.search.parts import Part, calls_for, cut_into_parts, merges_of
from ai_llm_service.search.passages import Excerpt, all_of
from ai_llm_service.search.prompt import fits
from ai_llm_service.text.questions import asks_for_all

# No script packs more characters than this into a token: longer texts need no exact count.
MOST_CHARACTERS_PER_TOKEN = 8
# What is read whole without being told to; more costs too much to be a guess.
MAX_PARTS = 24
# Without a model: what is read of the documents in about a second; of more, evenly spaced parts.
MAX_CHARACTERS_WITHOUT_MODEL = 1_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """How to read, and what. `excerpts` is empty for a lookup, which has to be made yet.

    `note` is the sentence for an answer about the whole that rests on a part.
    """

    method: Method
    excerpts: tuple[Excerpt, ...] = ()
    parts: tuple[Part, ...] = ()
    note: str | None = None


def make_plan(query: Query, opened: Opened, budget: int | None, digests: ReadDigests) -> Plan:
    """Plan without asking a model. `budget`: tokens of a prompt; None: no model reads it."""
    if _is_for_a_digest(query, opened, budget):
        read = digests(query.text, opened.sources, budget)
        if read is not None:
            return _plan_digests(query, read, budget)
    wants_all = query.options.mode is Mode.READ_ALL or (
        query.options.mode is not Mode.LOOKUP and asks_for_all(query.text)
    )
    if budget is None:
        return _plan_without_model(opened) if wants_all else _lookup(query)
    may_fit = opened.characters <= budget * MOST_CHARACTERS_PER_TOKEN
    if query.options.mode is not Mode.LOOKUP and may_fit:
        everything = all_of(opened.sources)
        if fits(query, [excerpt.passage for excerpt in everything], budget):
            return Plan(Method.READ_ALL, tuple(everything))
    return _plan_in_parts(query, opened, budget) if wants_all else _lookup(query)


def is_read_in_parts(query: Query, tokens: int, budget: int) -> bool:
    """Whether documents of that size are read whole, in several prompts; told by size alone."""
    mode = query.options.mode
    wants_all = mode is Mode.READ_ALL or (mode is not Mode.LOOKUP and asks_for_all(query.text))
    if tokens <= budget or not wants_all:
        return False
    most = MAX_PARTS + merges_of(MAX_PARTS)
    return mode is Mode.READ_ALL or len(calls_for(tokens, budget)) <= most


def _is_for_a_digest(query: Query, opened: Opened, budget: int | None) -> bool:
    """Whether logs are better read as their digests: asked for, or too large to be read at all."""
    if query.options.mode is Mode.READ_ALL:
        most = (budget or 0) * MOST_CHARACTERS_PER_TOKEN * MAX_PARTS
        return wants_digest(query.text) or opened.characters > most
    return query.options.mode is Mode.AUTO and wants_digest(query.text)


def _plan_digests(query: Query, read: Sequence[Excerpt], budget: int | None) -> Plan:
    if budget is None or fits(query, [excerpt.passage for excerpt in read], budget):
        return Plan(Method.READ_ALL, tuple(read))
    return Plan(Method.READ_ALL, tuple(read), tuple(cut_into_parts(query, read, budget)))


def _plan_in_parts(query: Query, opened: Opened, budget: int) -> Plan:
    is_told = query.options.mode is Mode.READ_ALL
    if not is_told and opened.characters > budget * MOST_CHARACTERS_PER_TOKEN * MAX_PARTS:
        return _lookup(query)
    everything = all_of(opened.sources)
    parts = cut_into_parts(query, everything, budget)
    if is_told or len(parts) <= MAX_PARTS:
        return Plan(Method.READ_ALL, tuple(everything), tuple(parts))
    calls = len(parts) + merges_of(len(parts))
    return Plan(
        Method.LOOKUP,
        note="The question asks for the whole, but only the best passages were read: with"
        f' "mode": "read_all" all of it is read, in about {calls} calls of the model.',
    )


def _lookup(query: Query) -> Plan:
    if query.options.mode is Mode.COMPUTE:
        note = (
            "Nothing could be computed for this question: it was answered from the best passages."
        )
        return Plan(Method.LOOKUP, note=note)
    if not asks_for_all(query.text):
        return Plan(Method.LOOKUP)
    note = "The question asks for the whole, but only the best passages were read."
    return Plan(Method.LOOKUP, note=note)


def _plan_without_model(opened: Opened) -> Plan:
    everything = all_of(opened.sources)
    kept = _spaced(everything, opened.characters)
    if len(kept) == len(everything):
        return Plan(Method.READ_ALL, tuple(kept))
    note = (
        "The documents are too large to be read whole without a model:"
        f" {len(kept)} of {len(everything)} evenly spaced parts were read."
    )
    return Plan(Method.READ_ALL, tuple(kept), note=note)


def _spaced(excerpts: Sequence[Excerpt], characters: int) -> list[Excerpt]:
    """All of them, or as many as are allowed, from the beginning to the end."""
    if characters <= MAX_CHARACTERS_WITHOUT_MODEL:
        return list(excerpts)
    wanted = max(1, len(excerpts) * MAX_CHARACTERS_WITHOUT_MODEL // characters)
    return [excerpts[number * len(excerpts) // wanted] for number in range(wanted)]
