"""Celery's Redis transport, except that what is no message is dropped.

Kombu's own one ends the worker when an entry of the queue can't be read.
"""

from typing import Any

import structlog
from kombu.transport import TRANSPORT_ALIASES, redis

log = structlog.get_logger(__name__)
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)


class CarefulChannel(redis.Channel):
    """Reads as its parent does, and outlives what it can't read."""

    def _brpop_read(self, **options: Any) -> bool:
        try:
            return bool(super()._brpop_read(**options))  # type: ignore[no-untyped-call]
        except UNREADABLE as error:
            log.warning("message_dropped", error=type(error).__name__)
            return True


class CarefulTransport(redis.Transport):
    """The transport of such channels."""

    Channel = CarefulChannel


def use_careful_transport() -> None:
    """Read every broker that speaks Redis's protocol in this way."""
    for scheme in ("redis", "rediss"):
        TRANSPORT_ALIASES[scheme] = f"{__name__}:CarefulTransport"
