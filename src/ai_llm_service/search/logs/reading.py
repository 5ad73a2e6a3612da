"""Logs as they are read whole: the digest in the place of a million lines."""

import time
from collections.abc import Callable, Sequence
from functools import partial

from ai_llm_service.domain import Chunk, Passage
from ai_llm_service.errors import DocumentsTooLarge
from ai_llm_service.search.base import Source
from ai_llm_service.search.logs.asking import wants_digest
from ai_llm_service.search.logs.digest import DIGEST_TOKENS, Digest, digest
from ai_llm_service.search.logs.shelf import LogShelf
from ai_llm_service.search.logs.table import LogTable
from ai_llm_service.search.passages import Excerpt, all_of
from ai_llm_service.text import estimate_tokens
from ai_llm_service.text.questions import asks_for_summary

# A log that is not much longer than its digest is read as it stands, by a model.
WORTH_A_DIGEST_TOKENS = 2 * DIGEST_TOKENS
MOST_CHARACTERS_PER_TOKEN = 8
# What the digests of all logs may take of a prompt.
SHARE_OF_PROMPT = 0.6


# From the question, the documents and the tokens of a prompt (None: no model reads it) to all that
# is to be read; None where none of the documents is a log that is worth a digest.
ReadDigests = Callable[[str, Sequence[Source], int | None], list[Excerpt] | None]


class DigestReader:
    """Reads the logs among the documents as digests, and the others whole."""

    def __init__(self, shelf: LogShelf) -> None:
        self._shelf = shelf

    def held(self) -> set[str]:
        """The sessions of which a log is kept."""
        return self._shelf.held()

    def forget(self, session_id: str) -> None:
        """Drop what is kept of a session's logs."""
        self._shelf.forget(session_id)

    def within(self, seconds: float) -> ReadDigests:
        """Who reads all documents, and gives up after so many seconds with DocumentsTooLarge."""
        give_up_at = time.monotonic() + seconds
        check = partial(_check, give_up_at)
        return lambda question, sources, budget: self._excerpts(
            question, _named(question, sources), budget, check
        )

    def _excerpts(
        self,
        question: str,
        sources: Sequence[Source],
        budget: int | None,
        check: Callable[[], None],
    ) -> list[Excerpt] | None:
        """All of the documents for a summary; only the logs for what went wrong in them."""
        tables = [self._table(source, budget, check) for source in sources]
        logs = sum(table is not None for table in tables)
        if not logs:
            return None
        room = None if budget is None else int(budget * SHARE_OF_PROMPT) // logs
        read: list[Excerpt] = []
        for source, table in zip(sources, tables, strict=True):
            if table is not None:
                read += _as_digest(source, table, room)
            elif asks_for_summary(question) or not wants_digest(question):
                read += all_of([source])
        return read

    def _table(
        self, source: Source, budget: int | None, check: Callable[[], None]
    ) -> LogTable | None:
        text = source.ingested.extraction.text
        is_short = len(text) <= WORTH_A_DIGEST_TOKENS * MOST_CHARACTERS_PER_TOKEN
        if budget is not None and is_short and estimate_tokens(text) <= WORTH_A_DIGEST_TOKENS:
            return None
        return self._shelf.table(source, check)


def _named(question: str, sources: Sequence[Source]) -> Sequence[Source]:
    """The documents that the question names, or all of them."""
    asked = question.lower()
    named = [source for source in sources if source.document.name.lower() in asked]
    return named or sources


def _check(give_up_at: float) -> None:
    if time.monotonic() > give_up_at:
        raise DocumentsTooLarge


def _as_digest(source: Source, table: LogTable, room: int | None) -> list[Excerpt]:
    """The digest as passages; the first one stands for all chunks, since all lines were read."""
    frame = estimate_tokens(f"<passage>\n[99] {source.document.name}, \n\n</passage>") + 2
    made = _sized(table, room, frame)
    every = tuple(range(len(source.ingested.chunks)))
    return [
        Excerpt(_passage(source, table, start=entry.start, end=entry.end, note=entry.note,
                         weight=entry.weight), () if number else every)
        for number, entry in enumerate(made.entries)
    ]  # fmt: skip


def _sized(table: LogTable, room: int | None, frame: int) -> Digest:
    """Of the usual size; larger where that has not room for each kind of error."""
    usual = DIGEST_TOKENS if room is None else min(DIGEST_TOKENS, room)
    made = digest(table, usual, frame)
    if made.left_out and room is not None and room > usual:
        return digest(table, room, frame)
    return made


def _passage(
    source: Source, table: LogTable, *, start: int, end: int, note: str, weight: float
) -> Passage:
    chunk = Chunk(source.document.id, table.row_at(start), start, end, table.text[start:end])
    return Passage(chunk, source.document.name, weight, note=note)
