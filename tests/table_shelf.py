"""A library of real tables, and a chat model that says what it was told to."""

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from ai_llm_service.domain import Answer, Document, Extraction, Generation, Query, Usage
from ai_llm_service.providers.base import ChatModel, Prompt
from ai_llm_service.providers.extractive import Extractive
from ai_llm_service.search.base import Ingested
from ai_llm_service.search.cache import IndexCache
from ai_llm_service.search.local import LocalFileSearch, LocalLimits
from ai_llm_service.search.split import split_text
from ai_llm_service.search.tables.compute import TableComputer
from ai_llm_service.search.tables.sandbox import Result, RunLimits, Sandbox, StatementFailed
from ai_llm_service.search.tables.session import TableFiles, tables_of
from ai_llm_service.search.tables.workshop import BuildLimits, TableWorkshop
from ai_llm_service.store.files import FileStore
from tests.shelf import Shelf

SANDBOX = Sandbox(RunLimits(seconds=5, processes=1))


class Told:
    """A chat model with its generations written before; the last one is said again."""

    name = "told:1"
    context_tokens = 8000

    def __init__(self, *texts: str) -> None:
        self._texts = list(texts)
        self.prompts: list[Prompt] = []

    def generate(self, prompt: Prompt, timeout_seconds: float) -> Generation:
        assert timeout_seconds <= 10
        self.prompts.append(prompt)
        text = self._texts.pop(0) if len(self._texts) > 1 else self._texts[0]
        return Generation(text, self.name, Usage(10, 5))

    def told(self, number: int) -> str:
        return "\n".join(message.content for message in self.prompts[number].messages)


class TableShelf(Shelf):
    """Documents whose tables lie in a file store."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._files = FileStore(folder)
        self._workshop = TableWorkshop(BuildLimits())
        computer = TableComputer(TableFiles(self._files, self._workshop), SANDBOX)
        self.search = LocalFileSearch(self, IndexCache(), LocalLimits(), (computer,))

    def add_table(self, name: str, text: str, media_type: str = "text/csv") -> Document:
        known = self.receive("s", name)
        own = self._documents["s"]
        document = replace(known, id=str(uuid4()), media_type=media_type)
        own[-1] = document
        path = self._files.path(document.id)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        folder = self._files.derived(document.id)
        tables = self._workshop.build(path, folder, media_type, name)
        document = self._replace(replace(document, tables=tables))
        extraction = Extraction(text)
        self.keep(document, Ingested(extraction, split_text(document.id, extraction)))
        return document

    def run(self, statement: str) -> Result | None:
        """Run a statement over all tables; None where it does not run."""
        tables = tables_of(document for document in self.documents("s") if document.tables)
        try:
            return SANDBOX.run(statement, TableFiles(self._files, self._workshop).views(tables))
        except StatementFailed:
            return None

    def answer(self, question: str | Query, model: ChatModel | None = None) -> Answer:
        query = question if isinstance(question, Query) else Query("s", question)
        return self.search.answer(query, model or Extractive(), 10)
