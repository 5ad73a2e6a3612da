"""From settings to the file search that a provider hosts."""

from ai_llm_service.domain import FileSearchName
from ai_llm_service.search.hosted import HostedReader
from ai_llm_service.search.hosting import Hosting
from ai_llm_service.search.local import LocalLimits
from ai_llm_service.search.reading import Reader
from ai_llm_service.settings import Settings
from ai_llm_service.store.database import Database
from ai_llm_service.store.files import FileStore
from ai_llm_service.usecases.background import Background
from ai_llm_service.usecases.orphans import HOUR, Orphans


class HostedParts:
    """The hosting of sessions, and the reader on it; none where no provider is configured."""

    def __init__(self, settings: Settings, database: Database, files: FileStore) -> None:
        self.files = files
        self.hosting: Hosting | None = None
        self.readers: dict[FileSearchName, Reader] = {}
        if not settings.can_host:
            return
        # The SDK takes longer to load than all else together: who does not use it does not wait.
        from ai_llm_service.providers.openai_stores import (  # noqa: PLC0415
            OpenAIStores,
            StoresOptions,
        )
        from ai_llm_service.providers.openai_wire import Server  # noqa: PLC0415

        with database.snapshot() as store:
            installation = store.hosted.installation()
        stores = OpenAIStores(
            StoresOptions(
                server=Server(
                    FileSearchName.OPENAI,
                    base_url=settings.openai_base_url,
                    api_key=settings.openai_api_key,
                ),
                installation=installation,
            )
        )
        self.hosting = Hosting(database, files, stores)
        self.readers = {
            FileSearchName.OPENAI: HostedReader(self.hosting, stores, LocalLimits().passages)
        }

    def orphans(self) -> list[Background]:
        """Who removes what was left at the provider."""
        if self.hosting is None:
            return []
        return [Background("orphans", Orphans(self.hosting).sweep, rest_after_error=HOUR)]
