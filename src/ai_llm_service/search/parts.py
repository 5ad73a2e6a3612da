"""Reads all of the documents in parts: notes on each part, merged level by level."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise

from ai_llm_service.domain import Generation, Passage, Query, Usage
from ai_llm_service.providers.base import NOT_FOUND, ChatModel, Prompt
from ai_llm_service.search.part_prompts import (
    merge_prompt,
    part_cost,
    part_prompt,
    room_for_notes,
)
from ai_llm_service.search.passages import Excerpt
from ai_llm_service.search.writing import Draft
from ai_llm_service.text import estimate_tokens

# A model reads less well the more it is given at once.
MAX_PART_TOKENS = 60_000
MAX_AT_ONCE = 4
# What the frame of a passage takes: its number, its name, its page.
PASSAGE_TOKENS = 40
# What the rules of a prompt take, about.
RULES_TOKENS = 400
# How long notes are, for estimates; and how many are merged at least, however long they are.
NOTE_TOKENS = 600
LEAST_MERGED = 2
NOTES_PER_MERGE = 12


@dataclass(frozen=True, slots=True)
class Part:
    """Passages that are read in one prompt. `first` is the number of the first one, from 1."""

    first: int
    passages: tuple[Passage, ...]


def cut_into_parts(query: Query, excerpts: Sequence[Excerpt], budget: int) -> list[Part]:
    """Fill each part with as many passages as fit; a passage that is too long stands alone."""
    room = min(budget, MAX_PART_TOKENS) - part_cost(query)
    borders = [0]
    left = room
    for number, excerpt in enumerate(excerpts):
        cost = estimate_tokens(excerpt.passage.chunk.text) + PASSAGE_TOKENS
        if cost > left and number > borders[-1]:
            borders.append(number)
            left = room
        left -= cost
    borders.append(len(excerpts))
    return [
        Part(first + 1, tuple(excerpt.passage for excerpt in excerpts[first:last]))
        for first, last in pairwise(borders)
        if last > first
    ]


def merges_of(parts: int) -> int:
    """About how many merges so many parts take."""
    merges = 0
    while parts > 1:
        parts = -(-parts // NOTES_PER_MERGE)
        merges += parts
    return merges


def calls_for(tokens: int, budget: int) -> list[int]:
    """How many tokens each call reads when so many are read in parts and their notes merged."""
    room = max(min(budget, MAX_PART_TOKENS) - RULES_TOKENS, RULES_TOKENS)
    parts = -(-tokens // room)
    merges = merges_of(parts)
    return [room] * parts + [NOTE_TOKENS * NOTES_PER_MERGE] * merges


def read_parts(
    query: Query,
    parts: Sequence[Part],
    model: ChatModel,
    budget: int,
    seconds: float,
) -> Draft:
    """Ask for notes on each part and have them merged until one text is left.

    The prompts depend on nothing but documents and question, so that a reading that was cut off
    goes on where it stood. `seconds`: how long one call may take.
    """
    prompts = [part_prompt(query, part.first, part.passages) for part in parts]
    usage, is_last = Usage(), False
    while True:
        generations = _generate_all(prompts, model, seconds)
        usage = sum((each.usage for each in generations), usage)
        if is_last:
            return Draft(replace(generations[0], usage=usage), prompts[0], ())
        notes = [each.text for each in generations if not each.text.strip().startswith(NOT_FOUND)]
        if not notes:
            nothing = Generation(NOT_FOUND, generations[0].model, usage)
            return Draft(nothing, prompts[0], ())
        prompts, is_last = _merges(query, notes, budget)


def _merges(query: Query, notes: Sequence[str], budget: int) -> tuple[list[Prompt], bool]:
    """The prompt that answers from all notes, or several that merge some of them each."""
    room = room_for_notes(query, budget)
    costs = [estimate_tokens(note) + 20 for note in notes]
    if sum(costs) <= room or len(notes) == 1:
        return [merge_prompt(query, [_cut(note, room) for note in notes], is_last=True)], True
    groups: list[list[str]] = [[]]
    left = room
    for note, cost in zip(notes, costs, strict=True):
        if cost > left and len(groups[-1]) >= LEAST_MERGED:
            groups.append([])
            left = room
        groups[-1].append(note)
        left -= cost
    return [
        merge_prompt(query, [_cut(note, room // len(group)) for note in group], is_last=False)
        for group in groups
    ], False


def _cut(note: str, tokens: int) -> str:
    """The whole lines of a note that fit; notes that long are rare, and their end is repetition."""
    if estimate_tokens(note) <= tokens:
        return note
    kept: list[str] = []
    for line in note.splitlines():
        tokens -= estimate_tokens(line) + 1
        if tokens < 0:
            break
        kept.append(line)
    return "\n".join(kept) or note[: max(1, tokens)]


def _generate_all(prompts: Sequence[Prompt], model: ChatModel, seconds: float) -> list[Generation]:
    """Ask for all of them, a few at once, in their order; the first error ends it."""
    if len(prompts) == 1:
        return [model.generate(prompts[0], seconds)]
    with ThreadPoolExecutor(MAX_AT_ONCE, thread_name_prefix="read-all") as pool:
        futures = [pool.submit(model.generate, prompt, seconds) for prompt in prompts]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
