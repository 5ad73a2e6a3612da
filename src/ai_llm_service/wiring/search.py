"""From settings to the file search."""

from ai_llm_service.domain import FileSearchName
from ai_llm_service.search.cache import IndexCache
from ai_llm_service.search.extract.ocr import find_ocr_tool
from ai_llm_service.search.extract.sandbox import Extractor
from ai_llm_service.search.library import SqlLibrary
from ai_llm_service.search.local import LocalFileSearch, LocalLimits
from ai_llm_service.search.logs.computer import LogComputer
from ai_llm_service.search.logs.kept import LOG_FILE
from ai_llm_service.search.logs.reading import DigestReader
from ai_llm_service.search.logs.shelf import LogShelf
from ai_llm_service.search.tables.compute import TableComputer
from ai_llm_service.search.tables.session import TableFiles
from ai_llm_service.search.vectors import Asker
from ai_llm_service.settings import Settings
from ai_llm_service.store.database import Database
from ai_llm_service.usecases.background import Background
from ai_llm_service.usecases.remembering import Memory, Remembering
from ai_llm_service.wiring.hosted import HostedParts
from ai_llm_service.wiring.tables import TableParts
from ai_llm_service.wiring.vectors import question_vectorizer


def build_search(
    settings: Settings, database: Database, hosted: HostedParts, tables: TableParts
) -> LocalFileSearch:
    """The file search over what the database holds."""
    limits = LocalLimits(extractor=Extractor(ocr=find_ocr_tool(settings.ocr_languages)))
    logs = LogShelf(lambda document_id: hosted.files.derived(document_id) / LOG_FILE)
    computers = (
        LogComputer(logs),
        TableComputer(TableFiles(hosted.files, tables.workshop), tables.sandbox),
    )
    return LocalFileSearch(
        SqlLibrary(database),
        build_cache(settings, database),
        limits,
        computers,
        readers=hosted.readers,
        default_reader=FileSearchName(settings.file_search),
        digests=DigestReader(logs),
    )


def build_remembering(settings: Settings, database: Database, memory: Memory) -> Background:
    """Who drops what this process holds of sessions that were closed by another one."""
    remembering = Remembering(database, memory, settings.sweep_seconds)
    return Background("remembering", remembering.look, rest_after_error=settings.lease_seconds)


def build_cache(settings: Settings, database: Database) -> IndexCache:
    """The indexes of this process; they ask by meaning where there is an embedder."""
    vectorizer = question_vectorizer(settings, database)
    return IndexCache(asker=Asker(vectorizer) if vectorizer else None)
