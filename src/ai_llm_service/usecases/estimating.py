"""What questions to documents may cost at most, told before anything is asked."""

from collections.abc import Callable
from dataclasses import dataclass

from ai_llm_service.domain import (
    Document,
    FileSearchName,
    Query,
    QueryOptions,
    Session,
    Turn,
    Usage,
)
from ai_llm_service.errors import DocumentNotFound
from ai_llm_service.search.sizing import Size, computing_reads, reads_of
from ai_llm_service.store.database import Database
from ai_llm_service.store.store import Store
from ai_llm_service.text import estimate_tokens
from ai_llm_service.usecases.budget import FOUND_TOKENS, TOKENS_PER_MESSAGE, Budget
from ai_llm_service.usecases.call_values import FREE
from ai_llm_service.usecases.generating import Estimate
from ai_llm_service.usecases.handles import find_document, open_session
from ai_llm_service.usecases.session_values import Ask, chosen_options

SAMPLE_CHARACTERS = 2_000
# What asks once more, or for JSON, says besides the prompt and the answer.
ASKING_AGAIN_TOKENS = 400


@dataclass(frozen=True, slots=True)
class Setup:
    """What of the configuration an estimate depends on. `embedder`: that of a provider, if any."""

    default_model: str
    context_tokens: Callable[[str], int]
    passages: int
    file_search: FileSearchName = FileSearchName.LOCAL
    embedder: str | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """The questions with all that decides how long their prompts will be."""

    queries: tuple[Query, ...]
    documents: tuple[Document, ...]
    size: Size


class Estimating:
    """Estimates from the prompts' own words and samples of the documents; nothing is asked."""

    def __init__(self, database: Database, setup: Setup, budget: Budget) -> None:
        self._database = database
        self._setup = setup
        self._budget = budget

    def query(self, tenant_id: str, ask: Ask) -> Estimate:
        """The most that the questions may take, if each answer comes at the first try."""
        with self._database.snapshot() as store:
            asked = self._asked(store, tenant_id, ask)
        options = asked.queries[0].options
        model = options.model or self._setup.default_model
        calls, vectors = [], []
        for query in asked.queries:
            looked_up, of_query = self._calls(query, asked, model)
            calls += of_query
            vectors.append(self._vectors(query, looked_up))
        if model in FREE:
            calls = []
        used = sum((*calls, *vectors), Usage())
        costs = [self._budget.cost(model, call) for call in calls]
        if self._setup.embedder is not None:
            costs += [self._budget.cost(self._setup.embedder, each) for each in vectors]
        known = [cost for cost in costs if cost is not None]
        cost = sum(known) if len(known) == len(costs) else None
        return Estimate(model, len(calls), used.input_tokens, used.output_tokens, cost)

    def _asked(self, store: Store, tenant_id: str, ask: Ask) -> _Asked:
        session, documents = self._documents(store, tenant_id, ask)
        options = chosen_options(session, ask.options)
        turns = store.steps.turns_of_session(session.id)
        queries = tuple(
            Query(
                session_id=session.id,
                text=text,
                instructions=session.instructions if ask.instructions is None else ask.instructions,
                history=(*turns, *(() if ask.parallel else self._own(ask.queries[:number]))),
                options=options,
            )
            for number, text in enumerate(ask.queries)
        )
        return _Asked(queries, documents, Size.of(documents, lambda each: _sample(store, each)))

    def _own(self, earlier: tuple[str, ...]) -> tuple[Turn, ...]:
        """The task's own earlier questions, with answers as long as they may be."""
        longest = "word" * self._budget.max_output_tokens
        return tuple(Turn(question, longest) for question in earlier)

    def _documents(
        self, store: Store, tenant_id: str, ask: Ask
    ) -> tuple[Session, tuple[Document, ...]]:
        document = find_document(store, tenant_id, ask.file_path)
        if document is not None and ask.session_id not in {None, document.session_id}:
            raise DocumentNotFound("The file_path belongs to another session.")
        named = document.session_id if document is not None else ask.session_id or ""
        session = open_session(store, tenant_id, named)
        if document is not None and ask.session_id is not None:
            return session, (document,)
        return session, store.documents.of_session(session.id)

    def _calls(self, query: Query, asked: _Asked, model: str) -> tuple[int, list[Usage]]:
        """The tokens that are looked up, and the calls of the chat model."""
        written = self._budget.max_output_tokens
        budget = self._setup.context_tokens(model) or asked.size.tokens
        reads = reads_of(query, asked.size, budget, self._setup.passages)
        told = [*computing_reads(query, asked.documents, budget), *reads.calls]
        if query.options.require_verified:
            told.append(min(budget, reads.calls[-1] + written + ASKING_AGAIN_TOKENS))
        if (schema := query.options.response_schema) is not None:
            asking = estimate_tokens(query.text) + estimate_tokens(str(schema))
            told.append(asking + written + ASKING_AGAIN_TOKENS)
        calls = [Usage(tokens, written) for tokens in told]
        if self._is_hosted(query.options):
            calls[0] += Usage(FOUND_TOKENS, search_calls=1)
        return reads.looked_up, calls

    def _is_hosted(self, options: QueryOptions) -> bool:
        return (options.file_search or self._setup.file_search) is not FileSearchName.LOCAL

    def _vectors(self, query: Query, looked_up: int) -> Usage:
        """Of the question; and of what answer and passages say, where their words differ."""
        if self._setup.embedder is None:
            return Usage()
        earlier = sum(estimate_tokens(turn.question) for turn in query.history[-3:])
        asked = estimate_tokens(query.text) + earlier + TOKENS_PER_MESSAGE
        return Usage(asked + looked_up + self._budget.max_output_tokens)


def _sample(store: Store, document: Document) -> str:
    """Pieces of the text from its beginning, its middle and its end."""
    last = max(0, (document.characters or 0) - SAMPLE_CHARACTERS)
    return store.documents.sample(document.id, (0, last // 2, last), SAMPLE_CHARACTERS)
