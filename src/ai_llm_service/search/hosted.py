"""Looks up at a provider that hosts vector stores; what it does not take is looked up here.

Extraction stays ours: each citation is a range of the canonical text, whoever found it.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from ai_llm_service.domain import FileMark, Generation, Query
from ai_llm_service.providers.base import ChatModel, Message, Prompt
from ai_llm_service.providers.stores import VectorStores
from ai_llm_service.search.bookmark import LookUp
from ai_llm_service.search.hosting import HostedSession, Hosting
from ai_llm_service.search.locate import located
from ai_llm_service.search.lookup import look_up
from ai_llm_service.search.opened import Opened, chosen
from ai_llm_service.search.passages import Excerpt
from ai_llm_service.search.prompt import build_prompt
from ai_llm_service.search.reading import Reading
from ai_llm_service.text import words

# Left for the model when the provider takes its time to index.
ANSWER_SECONDS = 10.0
SEARCH_TOO = """\
More of the documents can be searched with file_search: search them before you answer, and rest \
the answer on what you find and on the passages."""


class HostedReader:
    """Implements `Reader`. A model of the same provider searches by itself; others are given."""

    def __init__(self, hosting: Hosting, stores: VectorStores, passages: int) -> None:
        self._hosting = hosting
        self._stores = stores
        self._passages = passages

    def read(
        self, query: Query, opened: Opened, model: ChatModel, budget: int | None, seconds: float
    ) -> Reading:
        give_up_at = time.monotonic() + seconds
        limit = query.options.at_most(self._passages)
        documents = [s.document for s in opened.sources if self._stores.takes(s.document.name)]
        if not documents or _is_narrowed(query):
            ours = chosen(opened, LookUp.BEST, lambda: look_up(opened, query, limit))
            return _given(query, ours, model, budget, seconds)
        session = self._hosting.ready(query.session_id, documents, give_up_at - ANSWER_SECONDS)
        hosted = {document.id for document in documents} - set(session.failed)
        left = max(give_up_at - time.monotonic(), 1.0)
        if _provider_of(model) == self._stores.provider:
            ours = chosen(
                opened, LookUp.BEST, lambda: _looked_up_here(query, opened, hosted, limit)
            )
            prompt = build_prompt(query, [excerpt.passage for excerpt in ours], budget)
            return _searching(
                prompt, ours, opened, session, lambda asked: model.generate(asked, left)
            )
        found = chosen(
            opened, LookUp.BEST, lambda: self._found(query, opened, session, hosted, limit)
        )
        return _given(query, found, model, budget, max(give_up_at - time.monotonic(), 1.0))

    def _found(
        self, query: Query, opened: Opened, session: HostedSession, hosted: set[str], limit: int
    ) -> list[Excerpt]:
        """What the provider finds, and then what is looked up here."""
        pieces = self._stores.search(session.store_id, query.text, limit)
        named = [(session.documents.get(piece.file_id, ""), piece) for piece in pieces]
        theirs = located(opened.index, opened.sources, named)
        return [*theirs, *_looked_up_here(query, opened, hosted, limit)]


def _searching(
    prompt: Prompt,
    ours: Sequence[Excerpt],
    opened: Opened,
    session: HostedSession,
    generate: Callable[[Prompt], Generation],
) -> Reading:
    """The model searches the store by itself; what it found becomes further passages."""
    given = list(ours[: len(prompt.passages)])
    asked = replace(prompt, messages=_told_to_search(prompt), store_id=session.store_id)
    generation = generate(asked)
    named = [(session.documents.get(piece.file_id, ""), piece) for piece in generation.found]
    excerpts = [*given, *located(opened.index, opened.sources, named)]
    text = _with_numbers(generation, session, excerpts, first_found=len(given))
    return Reading(replace(generation, text=text), tuple(excerpts))


def _given(
    query: Query, excerpts: Sequence[Excerpt], model: ChatModel, budget: int | None, seconds: float
) -> Reading:
    prompt = build_prompt(query, [excerpt.passage for excerpt in excerpts], budget)
    generation = model.generate(prompt, seconds)
    return Reading(generation, tuple(excerpts[: len(prompt.passages)]))


def _is_narrowed(query: Query) -> bool:
    """A part of the documents is asked, which the local index knows best."""
    filters = query.options.filters
    return bool(query.document_id or filters.document_ids or filters.pages or filters.metadata)


def _looked_up_here(query: Query, opened: Opened, hosted: set[str], limit: int) -> list[Excerpt]:
    """The best passages of what the provider does not have: tables, and files it can't read."""
    if all(source.document.id in hosted for source in opened.sources):
        return []
    found = look_up(opened, query, limit)
    return [each for each in found if each.passage.chunk.document_id not in hosted]


def _provider_of(model: ChatModel) -> str:
    return model.name.partition(":")[0]


def _told_to_search(prompt: Prompt) -> tuple[Message, ...]:
    first, *rest = prompt.messages
    return (replace(first, content=f"{first.content}\n\n{SEARCH_TOO}"), *rest)


def _with_numbers(
    generation: Generation, session: HostedSession, excerpts: Sequence[Excerpt], first_found: int
) -> str:
    """The text with each citation of a file as the mark of its best excerpt.

    The provider says where it cites which file, and often says it twice; the excerpt of the file
    that shares most with the text before the mark is the one that is meant.
    """
    text = generation.text
    marks = sorted(set(generation.marks), key=lambda mark: mark.index, reverse=True)
    for mark in marks:
        at = _end_of_word(text, min(max(mark.index, 0), len(text)))
        number = _best_excerpt(text[:at], mark, session, excerpts, first_found)
        if number is not None:
            text = f"{text[:at]} [{number}]{text[at:]}"
    return text


def _end_of_word(text: str, at: int) -> int:
    """A mark never stands within a word, whatever the provider counts."""
    while 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum():
        at += 1
    return at


def _best_excerpt(
    before: str,
    mark: FileMark,
    session: HostedSession,
    excerpts: Sequence[Excerpt],
    first_found: int,
) -> int | None:
    document_id = session.documents.get(mark.file_id)
    said = set(words(before[-400:]))
    shared = {
        number: len(said & set(words(excerpt.passage.chunk.text)))
        for number, excerpt in enumerate(excerpts, 1)
        if number > first_found and excerpt.passage.chunk.document_id == document_id
    }
    return max(shared, key=lambda number: shared[number]) if shared else None
