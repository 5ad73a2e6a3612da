"""Removes what closed sessions and crashes left at a provider that hosts vector stores."""

import random

import structlog

from ai_llm_service.errors import ProviderError
from ai_llm_service.search.hosting import Hosting

log = structlog.get_logger(__name__)
HOUR = 3600.0


class Orphans:
    """Looks about once an hour; any number of workers may, for what is gone already is no error."""

    def __init__(self, hosting: Hosting) -> None:
        self._hosting = hosting
        self._first = True

    def sweep(self) -> float:
        """One look; seconds to rest, a little different each time so that workers spread."""
        rest = HOUR * random.uniform(0.7, 1.3)  # noqa: S311
        if self._first:
            # A worker that restarts again and again must not ask the provider each time.
            self._first = False
            return rest / 10
        try:
            removed = self._hosting.remove_orphans()
        except ProviderError as error:
            log.warning("orphans_not_removed", code=error.code)
            return rest
        if removed.files or removed.stores:
            log.warning("orphans_removed", files=removed.files, stores=removed.stores)
        return rest
