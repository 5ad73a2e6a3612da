"""What a statement gave, and the answer that is made of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from ai_llm_service.domain import (
    Answer,
    Chunk,
    Citation,
    Computation,
    Coverage,
    Method,
    Passage,
    Query,
    Usage,
)
from ai_llm_service.search.bookmark import LookUp
from ai_llm_service.search.cite import cite
from ai_llm_service.search.lookup import look_up
from ai_llm_service.search.opened import Opened, chosen
from ai_llm_service.search.passages import Excerpt
from ai_llm_service.search.tables.citing import citation_of
from ai_llm_service.search.tables.sandbox import Result
from ai_llm_service.search.tables.session import SessionTable

PASSAGES_BESIDE = 4
BY_RULES = "rules"


@dataclass(frozen=True, slots=True)
class Computed:
    """A result, the statement that gave it, the tables that it read, and who wrote it."""

    statement: str
    result: Result
    tables: tuple[SessionTable, ...]
    model: str = BY_RULES
    usage: Usage = field(default_factory=Usage)

    def paid(self, model: str, usage: Usage) -> "Computed":
        return replace(self, model=model, usage=usage)

    def computation(self) -> Computation:
        """Return what a caller is shown of it."""
        return Computation(
            statement=self.statement,
            columns=self.result.columns,
            rows=self.result.rows,
            row_count=self.result.row_count,
            tables=tuple(table.view for table in self.tables),
            assumptions=tuple(note for table in self.tables for note in table.table.assumptions),
        )


def passages_beside(opened: Opened, query: Query) -> list[Passage]:
    """The best passages of the documents that are no tables: a question may need both."""
    texts = {
        source.document.id
        for source in opened.sources
        if not any(not table.of_log for table in source.document.tables)
    }
    if not texts:
        return []

    def look_up_beside() -> list[Excerpt]:
        found = look_up(opened, query, query.options.at_most(2 * PASSAGES_BESIDE))
        kept = [each for each in found if each.passage.chunk.document_id in texts]
        return [each for each in kept if each.passage.score > 0][:PASSAGES_BESIDE]

    return [each.passage for each in chosen(opened, LookUp.BESIDE, look_up_beside)]


def answer_of(
    query: Query,
    opened: Opened,
    computed: Computed,
    text: str,
    passages: Sequence[Passage] = (),
) -> Answer:
    """Cite the tables, and the passages whose marks the text has: those of tables come first."""
    tables = [
        citation_of(number, table, computed.result, opened.texts.get(table.document.id))
        for number, table in enumerate(computed.tables, 1)
    ]
    marked = text if "[1]" in text or not tables else _marked(text, len(tables))
    told = [_as_passage(citation) for citation in tables]
    cited = cite(marked, query.text, [*told, *passages], opened.texts)
    return Answer(
        query=query.text,
        text=cited.text,
        method=Method.COMPUTE,
        model=computed.model,
        citations=tuple(_exactly(cited.citations, tables)),
        coverage=Coverage(0, 0),
        usage=computed.usage,
        computation=computed.computation(),
    )


def _exactly(found: Sequence[Citation], tables: Sequence[Citation]) -> Iterator[Citation]:
    """Put the cited tables, with their rows, in the place of what stood for them."""
    exact = {table.document_id: table for table in tables}
    seen: set[str] = set()
    for citation in found:
        table = exact.get(citation.document_id)
        if table is None:
            yield citation
        elif citation.document_id not in seen:
            seen.add(citation.document_id)
            yield replace(table, number=citation.number)


def _as_passage(citation: Citation) -> Passage:
    chunk = Chunk(
        document_id=citation.document_id,
        number=0,
        start=citation.start,
        end=citation.end,
        text=citation.quote,
    )
    return Passage(chunk, citation.document, 1.0)


def _marked(text: str, count: int) -> str:
    marks = "".join(f"[{number}]" for number in range(1, count + 1))
    first, newline, rest = text.partition("\n")
    if newline:
        return f"{first.removesuffix(':')} {marks}:{newline}{rest}"
    body = first.rstrip(".")
    return f"{body} {marks}{first[len(body) :]}"
