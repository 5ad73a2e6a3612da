"""Files and vector stores of OpenAI, and of servers that copy them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Literal

import openai

from ai_llm_service.domain import FoundText
from ai_llm_service.errors import ProviderMisbehaved
from ai_llm_service.providers.openai_errors import ParameterRefused
from ai_llm_service.providers.openai_wire import SERVICE, OpenAIWire, Server
from ai_llm_service.providers.stores import FileIndexing, LeftFile, LeftStore

# OpenAI's own list of what its file search reads; tables are no part of it.
SEARCHABLE = (
    *(".c", ".cpp", ".cs", ".css", ".doc", ".docx", ".go", ".html", ".java", ".js", ".json"),
    *(".log", ".md", ".pdf", ".php", ".pptx", ".py", ".rb", ".sh", ".tex", ".ts", ".txt"),
)
# Files that bear another name there, for the parser follows from the name.
SENT_AS = {".log": ".txt"}
PURPOSE: Literal["user_data"] = "user_data"
PAGE = 100
MAX_RESULTS = 50
CALL_SECONDS = 30.0
# Servers that copy OpenAI answer 400 for an unknown id, and nothing else of this call can be wrong.
UNKNOWN_STORE = (openai.NotFoundError, openai.BadRequestError)
# Some of them close a connection after an error and don't say so, which breaks the next call on it.
OWN_CONNECTION = {"Connection": "close"}


@dataclass(frozen=True, slots=True)
class StoresOptions:
    """Where the stores are, and for how long what lies there is kept if nobody removes it.

    `installation` marks what is ours: 8 letters or digits at least.
    """

    server: Server
    installation: str
    file_days: int = 30
    idle_days: int = 7


class OpenAIStores:
    """Implements `VectorStores`."""

    def __init__(self, options: StoresOptions) -> None:
        self._options = options
        self._wire = OpenAIWire(options.server)

    @property
    def provider(self) -> str:
        return self._options.server.provider

    def takes(self, name: str) -> bool:
        return PurePath(name).suffix.casefold() in SEARCHABLE

    def upload(self, document_id: str, name: str, path: Path, timeout_seconds: float) -> str:
        with self._errors(), path.open("rb") as file:
            made = self._api(timeout_seconds).files.create(
                file=(self._marked_name(document_id, name), file),
                purpose=PURPOSE,
                expires_after={
                    "anchor": "created_at",
                    "seconds": self._options.file_days * 86_400,
                },
            )
        return made.id

    def find_file(self, document_id: str) -> str | None:
        found = (file for file in self.left_files() if file.document_id == document_id)
        return next((file.file_id for file in found), None)

    def remove_file(self, file_id: str) -> None:
        with self._errors(), _gone_is_gone():
            self._api().files.delete(file_id)

    def make_store(self, session_id: str) -> str:
        with self._errors():
            made = self._api().vector_stores.create(
                name=f"{SERVICE} session {session_id}",
                expires_after={"anchor": "last_active_at", "days": self._options.idle_days},
                metadata={
                    "service": SERVICE,
                    "installation": self._options.installation,
                    "session": session_id,
                },
            )
        return made.id

    def find_store(self, session_id: str) -> str | None:
        found = (store for store in self.left_stores() if store.session_id == session_id)
        return next((store.store_id for store in found), None)

    def is_alive(self, store_id: str) -> bool:
        with self._errors():
            try:
                return self._api().vector_stores.retrieve(store_id).status != "expired"
            except UNKNOWN_STORE:
                return False

    def remove_store(self, store_id: str) -> None:
        try:
            with self._errors(), _gone_is_gone():
                self._api().vector_stores.delete(store_id)
        except ParameterRefused:
            if self.is_alive(store_id):
                raise

    def attach(self, store_id: str, file_id: str, document_id: str) -> bool:
        with self._errors():
            try:
                self._api().vector_stores.files.create(
                    store_id, file_id=file_id, attributes={"document_id": document_id}
                )
            except openai.NotFoundError:
                return False
            except openai.BadRequestError:
                # Servers that copy OpenAI say so of a store that is gone, too.
                if self.is_alive(store_id):
                    raise
                return False
        return True

    def indexing(self, store_id: str) -> Mapping[str, FileIndexing]:
        with self._errors():
            files = list(self._api().vector_stores.files.list(store_id, limit=PAGE))
        return {
            file.id: FileIndexing(
                is_done=file.status != "in_progress",
                error_code=_error_code(file.status, file.last_error),
            )
            for file in files
        }

    def search(self, store_id: str, question: str, limit: int) -> list[FoundText]:
        with self._errors():
            found = self._api().vector_stores.search(
                store_id, query=question, max_num_results=min(limit, MAX_RESULTS)
            )
            return [
                FoundText(
                    _file_of(result.file_id, result.attributes),
                    "".join(part.text for part in result.content),
                    result.score,
                )
                for result in found
            ]

    def left_files(self) -> Iterator[LeftFile]:
        mark = f".{self._options.installation}."
        with self._errors():
            for file in self._api().files.list(purpose=PURPOSE, limit=PAGE):
                _, found, rest = file.filename.rpartition(mark)
                if found:
                    yield LeftFile(file.id, PurePath(rest).stem)

    def left_stores(self) -> Iterator[LeftStore]:
        with self._errors():
            for store in self._api().vector_stores.list(limit=PAGE):
                marks = store.metadata or {}
                if marks.get("installation") == self._options.installation:
                    yield LeftStore(store.id, marks.get("session", ""))

    def _marked_name(self, document_id: str, name: str) -> str:
        """The name with the marks of its owner before its ending, which tells the parser."""
        path = PurePath(name)
        ending = path.suffix.casefold()
        stem = path.stem[:100]
        return f"{stem}.{self._options.installation}.{document_id}{SENT_AS.get(ending, ending)}"

    def _api(self, timeout_seconds: float = CALL_SECONDS) -> openai.OpenAI:
        return self._wire.client().with_options(
            timeout=timeout_seconds, default_headers=OWN_CONNECTION
        )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            with self._wire.as_our_errors():
                yield
        except (AttributeError, TypeError, ValueError):
            # The SDK checks nothing: what a server leaves out shows itself here.
            raise ProviderMisbehaved(
                f"The provider {self.provider} sent an answer that can't be read."
            ) from None


@contextmanager
def _gone_is_gone() -> Iterator[None]:
    try:
        yield
    except openai.NotFoundError:
        return


def _error_code(status: str, last_error: Any) -> str | None:
    if status in {"failed", "cancelled"}:
        return getattr(last_error, "code", None) or status
    return None


def _file_of(file_id: str, attributes: Mapping[str, Any] | None) -> str:
    """Some servers name a chunk where OpenAI names the file; our own mark is on both."""
    return str((attributes or {}).get("document_id") or file_id)
