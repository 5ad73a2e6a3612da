"""Uploads documents, asks the questions, and notes what came of it: ingest, search and answer."""

import hashlib
import shutil
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from ai_llm_service.domain import (
    Answer,
    CitationStyle,
    Extraction,
    Query,
    QueryOptions,
    SectionKind,
)
from ai_llm_service.errors import ServiceError
from ai_llm_service.providers.base import ChatModel
from ai_llm_service.search.base import FileSearch, Library
from ai_llm_service.search.extract.sniff import HEAD_BYTES, sniff
from ai_llm_service.search.finding import PassageFinder
from ai_llm_service.store.files import FileStore
from ai_llm_service.usecases.evaluation.questions import Prediction, Question, Result
from ai_llm_service.usecases.session_values import IncomingFile
from ai_llm_service.usecases.sessions import Sessions

TENANT = "default"
PARALLEL_FILES = 4
CHUNKS = 60
PASSAGES = 12
ANSWER_SECONDS = 120.0
MANY = QueryOptions(max_passages=CHUNKS)


@dataclass(frozen=True, slots=True)
class Bench:
    """The working parts of a service, without its queue. `last_sentence` is of the last answer."""

    sessions: Sessions
    files: FileStore
    library: Library
    search: FileSearch
    finder: PassageFinder
    model: ChatModel
    run_task: Callable[[str], None]
    finish_vectors: Callable[[], None]
    best_sentence: Callable[[], str | None]


@dataclass(frozen=True, slots=True)
class File:
    """A file and the name that the questions have for it."""

    path: Path
    doc: str


class Session:
    """The documents of one group of questions, uploaded and indexed."""

    def __init__(self, bench: Bench, files: Sequence[File]) -> None:
        self._bench = bench
        self._ids: dict[str, str] = {}
        self._docs: dict[str, str] = {}
        self._maps: dict[str, tuple[Extraction, list[int]]] = {}
        first = self._add(files[0], None)
        with ThreadPoolExecutor(PARALLEL_FILES) as pool:
            list(pool.map(lambda file: self._add(file, first), files[1:]))
        self.session_id = first
        bench.finish_vectors()

    def predict(self, question: Question, *, narrow: bool, answers: bool) -> Prediction:
        """What the service finds for a question and, if wanted, what it answers."""
        scope = self._ids.get(question.scope[0]) if narrow and question.scope else None
        query = Query(self.session_id, question.text, options=MANY)
        began = time.perf_counter()
        try:
            found = self._bench.finder.search(query, ANSWER_SECONDS)
        except ServiceError as error:
            none = "" if answers else None
            return Prediction(error=error.message, found=False, answer=none)
        took = (time.perf_counter() - began) * 1000
        chunks = tuple(self._place(*span) for span in found.chunks)
        passages = tuple(self._place(*span) for span in found.passages)
        made = Prediction(chunks, passages, None, milliseconds=took, confidence=found.confidence)
        return self._answered(made, question, scope) if answers else made

    def _answered(self, made: Prediction, question: Question, scope: str | None) -> Prediction:
        options = QueryOptions(citations=CitationStyle.SEPARATE)
        query = Query(self.session_id, question.text, document_id=scope, options=options)
        try:
            answer = self._bench.search.answer(query, self._bench.model, ANSWER_SECONDS)
        except ServiceError as error:
            return Prediction(made.chunks, made.passages, error=error.message, found=False)
        computed = answer.computation is not None
        return Prediction(
            chunks=made.chunks,
            passages=made.passages,
            answer=_values(answer) if computed else answer.text,
            sentence=None if computed else self._bench.best_sentence(),
            citations=tuple(
                self._place(each.document_id, each.start, each.end) for each in answer.citations
            ),
            found=answer.found,
            confidence=made.confidence if answer.confidence is None else answer.confidence,
            milliseconds=made.milliseconds,
        )

    def _add(self, file: File, session_id: str | None) -> str:
        arrived = self._bench.files.incoming / uuid4().hex
        shutil.copyfile(file.path, arrived)
        with arrived.open("rb") as opened:
            head = opened.read(HEAD_BYTES)
            opened.seek(0)
            media_type = sniff(head, file.doc, opened)
        incoming = IncomingFile(
            arrived,
            file.doc,
            arrived.stat().st_size,
            hashlib.sha256(arrived.read_bytes()).hexdigest(),
            media_type,
        )
        added = self._bench.sessions.add_file(TENANT, incoming, session_id, "evaluation")
        self._bench.run_task(added.task_id)
        self._ids[file.doc], self._docs[added.document_id] = added.document_id, file.doc
        return added.session_id

    def _place(self, document_id: str, start: int, end: int) -> Result:
        extraction, lines = self._map(document_id)
        page = next(
            (
                int(section.label)
                for section in extraction.sections
                if section.kind is SectionKind.PAGE
                and section.start <= start < section.end
                and section.label.isdigit()
            ),
            None,
        )
        first = bisect_right(lines, start)
        last = bisect_right(lines, max(start, end - 1))
        return Result(self._docs[document_id], start, end, page, first, last)

    def _map(self, document_id: str) -> tuple[Extraction, list[int]]:
        """The map of a document and where its lines begin."""
        if document_id not in self._maps:
            extraction = self._bench.library.ingested(document_id).extraction
            lines, at = [0], extraction.text.find("\n")
            while at >= 0:
                lines.append(at + 1)
                at = extraction.text.find("\n", at + 1)
            self._maps[document_id] = (extraction, lines)
        return self._maps[document_id]


def _values(answer: Answer) -> tuple[str, ...]:
    """What was computed: the first column of the result."""
    rows = answer.computation.rows if answer.computation else ()
    return tuple("" if row[0] is None else str(row[0]) for row in rows if row)
