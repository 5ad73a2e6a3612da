"""Celery's Redis transport, except that what is no message is dropped and clients are kept.

Kombu's own one ends the worker when an entry of the queue can't be read, and makes a client anew
for each message that it sends or acknowledges, which takes longer than the sending.
"""

from typing import Any

import structlog
from kombu.transport import TRANSPORT_ALIASES, redis

log = structlog.get_logger(__name__)
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)


class CarefulChannel(redis.Channel):
    """Reads as its parent does, and outlives what it can't read."""

    _kept: Any = None

    def _create_client(self, asynchronous: bool = False) -> Any:
        if asynchronous:  # has one connection, which its caller takes for itself
            return super()._create_client(asynchronous=True)  # type: ignore[no-untyped-call]
        if self._kept is None or self._kept.connection_pool is not self.pool:
            self._kept = super()._create_client()  # type: ignore[no-untyped-call]
        return self._kept

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
