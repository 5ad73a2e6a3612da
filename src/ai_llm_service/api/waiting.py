"""Callers that wait for the end of a task: the database is asked once for all of them."""

import asyncio
from collections import defaultdict
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool

from ai_llm_service.errors import StoreUnavailable

LOOK_AGAIN_SECONDS = 0.1


class Waiting:
    """One per process; `unfinished` tells which of some tasks have not ended."""

    def __init__(self, unfinished: Callable[[list[str]], set[str]]) -> None:
        self._unfinished = unfinished
        self._waiters: dict[str, set[asyncio.Future[None]]] = defaultdict(set)
        self._looking: asyncio.Task[None] | None = None

    async def wait(self, task_id: str, seconds: float) -> None:
        """Return once the task has ended, or after so many seconds."""
        ended = asyncio.get_running_loop().create_future()
        self._waiters[task_id].add(ended)
        self._begin_to_look()
        try:
            async with asyncio.timeout(seconds):
                await ended
        except TimeoutError:
            return
        finally:
            self._forget(task_id, ended)

    def _begin_to_look(self) -> None:
        looking, loop = self._looking, asyncio.get_running_loop()
        if looking is None or looking.done() or looking.get_loop() is not loop:
            self._looking = loop.create_task(self._look_again())

    async def _look_again(self) -> None:
        """As long as somebody waits."""
        while self._waiters:
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            wanted = list(self._waiters)
            if not wanted:
                return
            try:
                unfinished = await run_in_threadpool(self._unfinished, wanted)
            except StoreUnavailable:
                continue
            for task_id in set(wanted) - unfinished:
                self._tell(task_id)

    def _tell(self, task_id: str) -> None:
        for ended in self._waiters.get(task_id, ()):
            if not ended.done():
                ended.set_result(None)

    def _forget(self, task_id: str, ended: asyncio.Future[None]) -> None:
        waiters = self._waiters[task_id]
        waiters.discard(ended)
        if not waiters:
            del self._waiters[task_id]
