"""The server of the HTTP application."""

from typing import Any

import uvicorn

from ai_llm_service.api.app import create_app
from ai_llm_service.api.parts import ApiParts

SHUTDOWN_SECONDS = 5
# Longer than clients keep idle connections (httpx 5 s, many 60 s): whoever closes first must not
# be the server, or a request that was just sent is lost.
KEEP_ALIVE_SECONDS = 75


class Server(uvicorn.Server):
    """Says so when it listens."""

    def __init__(self, parts: ApiParts, host: str, port: int, greeting: str | None) -> None:
        config = uvicorn.Config(
            create_app(parts),
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
        super().__init__(config)
        self._greeting = greeting

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self._greeting:
            print(self._greeting, flush=True)  # noqa: T201
