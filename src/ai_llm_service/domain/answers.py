"""Queries and answers, with what they rest on and what they cost."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ai_llm_service.domain.tables import Computation


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier question of a session and the text that answered it."""

    question: str
    answer: str


class Mode(StrEnum):
    """How the caller wants the documents read; `auto` leaves the choice to the service."""

    AUTO = "auto"
    LOOKUP = "lookup"
    READ_ALL = "read_all"
    COMPUTE = "compute"


class CitationStyle(StrEnum):
    """Where citations stand: in the text and at its end, beside the text only, or nowhere."""

    INLINE = "inline"
    SEPARATE = "separate"
    NONE = "none"


class FileSearchName(StrEnum):
    """Who finds the passages: this service, or a provider that hosts vector stores."""

    LOCAL = "local"
    OPENAI = "openai"


class Operator(StrEnum):
    """How a value of a document's metadata is compared."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    IN = "in"
    NIN = "nin"


@dataclass(frozen=True, slots=True)
class MetadataFilter:
    """A condition on the metadata that a document was given at its upload."""

    key: str
    operator: Operator
    value: str | float | bool | tuple[str | float | bool, ...]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which parts of the documents may be read. `pages` is the first and the last page, from 1."""

    document_ids: tuple[str, ...] = ()
    pages: tuple[int, int] | None = None
    metadata: tuple[MetadataFilter, ...] = ()


@dataclass(frozen=True, slots=True)
class QueryOptions:
    """What the caller may choose for a query. `max_cost` is in US dollars."""

    mode: Mode = Mode.AUTO
    max_passages: int | None = None
    min_score: float = 0.0
    filters: Filters = field(default_factory=Filters)
    require_verified: bool = False
    response_schema: dict[str, Any] | None = None
    citations: CitationStyle = CitationStyle.INLINE
    model: str | None = None
    file_search: FileSearchName | None = None
    max_cost: float | None = None

    def at_most(self, passages: int) -> int:
        """So many passages, or fewer where the caller wants fewer."""
        return min(passages, self.max_passages or passages)


@dataclass(frozen=True, slots=True)
class Query:
    """A question as asked, with all that an answer may rest on."""

    session_id: str
    text: str
    instructions: str | None = None
    history: tuple[Turn, ...] = ()
    document_id: str | None = None
    options: QueryOptions = field(default_factory=QueryOptions)


@dataclass(frozen=True, slots=True)
class Usage:
    """What one generation used. Cached tokens are part of the input, reasoning of the output."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    search_calls: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_tokens + other.cached_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
            self.search_calls + other.search_calls,
        )


@dataclass(frozen=True, slots=True)
class ProviderLimits:
    """What a provider says of its limits, per minute; None where it says nothing."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None


class CallOutcome(StrEnum):
    """What came of a call to a provider: an answer, or nothing that tells whether it was paid."""

    PAID = "paid"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class FoundText:
    """A piece of a file that a hosted search gave its model. A higher score: a better match."""

    file_id: str
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class FileMark:
    """Where in the text of a generation, in code points, a model cited a hosted file."""

    index: int
    file_id: str


@dataclass(frozen=True, slots=True)
class Generation:
    """What a chat model sent back. `truncated`: it stopped at its output limit.

    `found` and `marks` come from a hosted search: what it found, and where the text rests on it.
    """

    text: str
    model: str
    usage: Usage = field(default_factory=Usage)
    truncated: bool = False
    limits: ProviderLimits | None = None
    found: tuple[FoundText, ...] = ()
    marks: tuple[FileMark, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """The place in a document that a statement rests on. `number` is its mark in the text.

    `start` and `end` are code points of the canonical text, end exclusive; `quote` is that range;
    `line` counts from 1 in that text; `page`, `slide`, `sheet` and `rows` (first and last) are None
    where the document has none. `verified`: the quote was found to support the sentence, with
    `support` from 0 to 1.
    """

    number: int
    document_id: str
    document: str
    page: int | None
    line: int
    start: int
    end: int
    quote: str
    verified: bool = False
    support: float = 0.0
    slide: int | None = None
    sheet: str | None = None
    rows: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class NearPassage:
    """A passage that came nearest to a question which the documents do not answer."""

    document_id: str
    document: str
    page: int | None
    line: int
    start: int
    end: int
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class DocumentCoverage:
    """How many chunks of one document an answer rests on."""

    document_id: str
    document: str
    chunks_read: int
    chunks_total: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the documents an answer rests on.

    Not `complete`: the question was about the whole and a part was read; `note` says so.
    """

    chunks_read: int
    chunks_total: int
    documents: tuple[DocumentCoverage, ...] = ()
    complete: bool = True
    note: str | None = None


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
    COMPUTE = "compute"


@dataclass(frozen=True, slots=True)
class Failover:
    """A model that did not answer, so that another one did; None where its code is not kept."""

    model: str
    code: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """A generation as given to the caller. `text` has the classic rendering of its citations.

    Not `found`: the documents do not hold the answer, and `nearest` is what came nearest.
    `unsupported` are sentences of the text that no cited passage supports, `dropped` those that
    were taken out for it.
    `failover` are the models that were asked before the one that answered.
    `usage` and `cost`, in US dollars, are the sums of all calls that the answer took.
    """

    query: str
    text: str
    method: Method
    model: str
    citations: tuple[Citation, ...]
    coverage: Coverage
    missing_documents: tuple[MissingDocument, ...] = ()
    usage: Usage = field(default_factory=Usage)
    truncated: bool = False
    found: bool = True
    confidence: float | None = None
    nearest: tuple[NearPassage, ...] = ()
    unsupported: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    cost: float | None = None
    price_unknown: bool = False
    computation: Computation | None = None
    failover: tuple[Failover, ...] = ()
