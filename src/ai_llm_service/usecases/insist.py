"""Writing what must not be lost, also while the database is away for a while."""

import time
from collections.abc import Callable
from typing import TypeVar

import structlog

from ai_llm_service.errors import StoreUnavailable

log = structlog.get_logger(__name__)
PATIENCE_SECONDS = 300.0
PAUSE_SECONDS = 0.5

T = TypeVar("T")


def insist(write: Callable[[], T]) -> T:
    """Do a guarded, repeatable write; try again for minutes while the database is away."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return write()
        except StoreUnavailable:
            if time.monotonic() >= give_up_at:
                raise
            log.warning("database_away")
            time.sleep(PAUSE_SECONDS)
