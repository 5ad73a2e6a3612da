"""File search of our own: plan, read, have the answer written, cite it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from ai_llm_service.domain import (
    Answer,
    Document,
    FileSearchName,
    Method,
    Mode,
    Query,
)
from ai_llm_service.providers.base import ChatModel, Prompt, Similarity
from ai_llm_service.search.base import Ingested, Library
from ai_llm_service.search.bookmark import KEEPS_NOTHING, BookmarkKeeper, LookUp
from ai_llm_service.search.cache import IndexCache
from ai_llm_service.search.computing import Computer
from ai_llm_service.search.confidence import ABSTAIN_BELOW, confidence_of
from ai_llm_service.search.coverage import coverage_of, whole_of
from ai_llm_service.search.extract.sandbox import Extractor
from ai_llm_service.search.extract.source import Told, silent
from ai_llm_service.search.followup import full_question
from ai_llm_service.search.logs.hiding import without_secrets
from ai_llm_service.search.logs.reading import DigestReader
from ai_llm_service.search.logs.shelf import LogShelf
from ai_llm_service.search.lookup import look_up, look_up_closely
from ai_llm_service.search.nearest import MAX_NEAREST, nearest
from ai_llm_service.search.opened import Opened, chosen, open_documents
from ai_llm_service.search.parts import read_parts
from ai_llm_service.search.passages import Excerpt
from ai_llm_service.search.prompt import build_prompt, fits
from ai_llm_service.search.reading import Reader
from ai_llm_service.search.route import Plan, make_plan
from ai_llm_service.search.split import SPLIT_RECIPE, split_text
from ai_llm_service.search.writing import Desk, Draft, rendered, to_answer
from ai_llm_service.text.questions import asks_for_all

COMPUTABLE = {Mode.AUTO, Mode.COMPUTE}


@dataclass(frozen=True, slots=True)
class LocalLimits:
    """How much one prompt takes, and who reads the files."""

    passages: int = 12
    # Token counts are estimates: this much of the model's context stays free.
    reserve_tokens: int = 500
    extractor: Extractor = field(default_factory=Extractor)


class LocalFileSearch:
    """Finds passages without a vendor, or hands the look-up to one of the readers.

    The computers are asked in their order, before anything is read.
    """

    def __init__(
        self,
        library: Library,
        cache: IndexCache,
        limits: LocalLimits,
        computers: Sequence[Computer] = (),
        *,
        readers: Mapping[FileSearchName, Reader] = MappingProxyType({}),
        default_reader: FileSearchName = FileSearchName.LOCAL,
        digests: DigestReader | None = None,
    ) -> None:
        self._library = library
        self._cache = cache
        self._limits = limits
        self._computers = tuple(computers)
        self._readers = readers
        self._default_reader = default_reader
        self._digests = digests or DigestReader(LogShelf())

    @property
    def recipe(self) -> str:
        return f"{self._limits.extractor.recipe} {SPLIT_RECIPE}"

    def ingest(self, document: Document, path: Path, told: Told = silent) -> Ingested:
        extraction = self._limits.extractor.extract(path, document.media_type, document.name, told)
        extraction = without_secrets(extraction)
        return Ingested(extraction, split_text(document.id, extraction))

    def answer(
        self,
        query: Query,
        model: ChatModel,
        timeout_seconds: float,
        keeper: BookmarkKeeper = KEEPS_NOTHING,
    ) -> Answer:
        give_up_at = time.monotonic() + timeout_seconds
        opened = open_documents(self._library, self._cache, query, timeout_seconds, keeper)
        answer = self._computed(query, opened, model, give_up_at)
        if answer is None:
            answer = self._read(query, opened, model, timeout_seconds)
        answer = replace(answer, missing_documents=opened.missing)
        return rendered(answer, query)

    def held(self) -> set[str]:
        return self._cache.held() | self._digests.held()

    def forget(self, session_id: str) -> None:
        self._cache.forget(session_id)
        self._digests.forget(session_id)

    def _computed(
        self, query: Query, opened: Opened, model: ChatModel, give_up_at: float
    ) -> Answer | None:
        if query.options.mode not in COMPUTABLE:
            return None
        for computer in self._computers:
            answer = computer.compute(query, opened, model, _left(give_up_at))
            if answer is not None:
                coverage = answer.coverage
                known = coverage.chunks_total or not opened.sources
                return answer if known else replace(answer, coverage=whole_of(opened.sources))
        return None

    def _read(self, query: Query, opened: Opened, model: ChatModel, seconds: float) -> Answer:
        give_up_at = time.monotonic() + seconds
        budget = self._budget(model)
        reader = self._readers.get(query.options.file_search or self._default_reader)
        if reader is not None and not _asks_for_the_whole(query):
            return self._read_elsewhere(query, opened, model, reader, give_up_at)
        plan = make_plan(query, opened, budget, self._digests.within(seconds))
        desk = Desk(opened.texts, model, lambda: _left(give_up_at), self._similarity())
        prompt, read = self._prompt(query, opened, plan, budget)
        confidence = confidence_of(read) if plan.method is Method.LOOKUP else None
        if plan.parts and budget is not None:
            draft = read_parts(query, plan.parts, model, budget, seconds)
            draft = replace(draft, passages=[excerpt.passage for excerpt in plan.excerpts])
        else:
            if budget is None and confidence is not None and confidence < ABSTAIN_BELOW:
                # What is shown nothing quotes nothing, and says so in its own words.
                prompt = replace(prompt, passages=())
            draft = Draft(model.generate(prompt, desk.left()), prompt, prompt.passages)
        answer = to_answer(query, draft, desk)
        coverage = coverage_of(opened.sources, read, plan.note or _unread(query, opened))
        answer = replace(answer, method=plan.method, coverage=coverage, confidence=confidence)
        if answer.found:
            return answer
        few = query.options.at_most(MAX_NEAREST)
        close = read if plan.method is Method.LOOKUP else look_up(opened, query, few)
        passages = [excerpt.passage for excerpt in close]
        return replace(answer, nearest=nearest(passages, full_question(query), opened.texts))

    def _read_elsewhere(
        self, query: Query, opened: Opened, model: ChatModel, reader: Reader, give_up_at: float
    ) -> Answer:
        """Somebody else finds the passages; what rests on them is checked here all the same."""
        budget = self._budget(model)
        reading = reader.read(query, opened, model, budget, _left(give_up_at))
        passages = tuple(excerpt.passage for excerpt in reading.excerpts)
        # Whoever asks once more asks with what was found.
        prompt = build_prompt(query, passages, budget)
        desk = Desk(opened.texts, model, lambda: _left(give_up_at), self._similarity())
        answer = to_answer(query, Draft(reading.generation, prompt, passages), desk)
        answer = replace(answer, coverage=coverage_of(opened.sources, reading.excerpts))
        if answer.found:
            return answer
        return replace(answer, nearest=nearest(passages, full_question(query), opened.texts))

    def _prompt(
        self, query: Query, opened: Opened, plan: Plan, budget: int | None
    ) -> tuple[Prompt, list[Excerpt]]:
        """The prompt of a reading that takes one, and what is read."""
        excerpts = list(plan.excerpts)
        if plan.method is Method.LOOKUP:
            excerpts = self._looked_up(query, opened, budget)
        if plan.parts:
            return Prompt((), query.text, ()), excerpts
        prompt = build_prompt(query, [excerpt.passage for excerpt in excerpts], budget)
        if budget is None and plan.method is Method.LOOKUP:
            prompt = replace(prompt, similarity=self._similarity())
        return prompt, excerpts[: len(prompt.passages)]

    def _looked_up(self, query: Query, opened: Opened, budget: int | None) -> list[Excerpt]:
        most = query.options.at_most(self._limits.passages)
        found = chosen(opened, LookUp.BEST, lambda: look_up(opened, query, most))
        if budget is None or fits(query, [each.passage for each in found[:1]], budget):
            return found
        return chosen(opened, LookUp.CLOSE, lambda: look_up_closely(opened, query, most))

    def _similarity(self) -> Similarity | None:
        """Compares by meaning, where there is an embedder."""
        return self._cache.asker.alike if self._cache.asker else None

    def _budget(self, model: ChatModel) -> int | None:
        """How many tokens a prompt may take; None where the model counts none."""
        context = model.context_tokens
        if not context:
            return None
        return context - min(self._limits.reserve_tokens, context // 8)


def _left(give_up_at: float) -> float:
    return max(give_up_at - time.monotonic(), 1.0)


def _asks_for_the_whole(query: Query) -> bool:
    if query.options.mode is Mode.AUTO:
        return asks_for_all(query.text)
    return query.options.mode is Mode.READ_ALL


def _unread(query: Query, opened: Opened) -> str | None:
    """The note for a question about the whole, where a document could not be read."""
    if not opened.missing or not asks_for_all(query.text):
        return None
    number = len(opened.missing)
    which = "a document" if number == 1 else f"{number} documents"
    return f"The question asks for the whole, but {which} of the session could not be read."
