"""However many wait for tasks, the database is asked once for all of them."""

import asyncio
import threading

from ai_llm_service.api.waiting import Waiting
from ai_llm_service.errors import StoreUnavailable

LONG = 60.0


class Rounds:
    """What the database says, round after round; the last one for ever."""

    def __init__(self, *rounds: set[str] | Exception) -> None:
        self.asked: list[list[str]] = []
        self._rounds = list(rounds)
        self._lock = threading.Lock()

    def __call__(self, task_ids: list[str]) -> set[str]:
        with self._lock:
            self.asked.append(sorted(task_ids))
            said = self._rounds.pop(0) if len(self._rounds) > 1 else self._rounds[0]
        if isinstance(said, Exception):
            raise said
        return said


def test_all_who_wait_are_asked_for_at_once_and_told_of_their_own_end() -> None:
    rounds = Rounds({"b"}, set())

    async def wait_all() -> list[str]:
        waiting, ended = Waiting(rounds), []

        async def wait(task_id: str) -> None:
            await waiting.wait(task_id, LONG)
            ended.append(task_id)

        await asyncio.gather(*(wait(task_id) for task_id in ["a", "b", "a"]))
        return ended

    assert asyncio.run(wait_all()) == ["a", "a", "b"]
    assert rounds.asked == [["a", "b"], ["b"]]


def test_a_caller_waits_no_longer_than_it_said() -> None:
    asyncio.run(Waiting(Rounds({"a"})).wait("a", 0.01))


def test_who_waits_outlives_an_outage() -> None:
    rounds = Rounds(StoreUnavailable(), set())
    asyncio.run(Waiting(rounds).wait("a", LONG))
    assert len(rounds.asked) == 2
