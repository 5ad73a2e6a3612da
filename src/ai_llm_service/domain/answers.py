"""Queries and answers, with what they rest on and what they cost."""

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier question of a session and the text that answered it."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Query:
    """A question as asked, with all that an answer may rest on."""

    session_id: str
    text: str
    instructions: str | None = None
    history: tuple[Turn, ...] = ()
    document_id: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What one generation cost, in tokens."""

    input_tokens: int = 0
    output_tokens: int = 0


class CallOutcome(StrEnum):
    """What came of a call to a provider: an answer, or nothing that tells whether it was paid."""

    PAID = "paid"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Generation:
    """What a chat model sent back. `truncated`: it stopped at its output limit."""

    text: str
    model: str
    usage: Usage = field(default_factory=Usage)
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Citation:
    """The place in a document that a statement rests on. `number` is its mark in the text.

    `start` and `end` are code points of the canonical text, end exclusive; `quote` is that range;
    `line` counts from 1 in that text; `page` is None where the document has no pages.
    """

    number: int
    document_id: str
    document: str
    page: int | None
    line: int
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class DocumentCoverage:
    """How many chunks of one document an answer rests on."""

    document_id: str
    document: str
    chunks_read: int
    chunks_total: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the documents an answer rests on."""

    chunks_read: int
    chunks_total: int
    documents: tuple[DocumentCoverage, ...] = ()


@dataclass(frozen=True, slots=True)
class MissingDocument:
    """A document of the session that could not be read, and why."""

    document_id: str
    document: str
    reason: str


class Method(StrEnum):
    """How the documents were read for an answer."""

    LOOKUP = "lookup"
    READ_ALL = "read_all"


@dataclass(frozen=True, slots=True)
class Answer:
    """A generation as given to the caller. `text` has the classic rendering of its citations."""

    query: str
    text: str
    method: Method
    model: str
    citations: tuple[Citation, ...]
    coverage: Coverage
    missing_documents: tuple[MissingDocument, ...] = ()
    usage: Usage = field(default_factory=Usage)
    truncated: bool = False
