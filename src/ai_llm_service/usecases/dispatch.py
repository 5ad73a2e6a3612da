"""Rings workers for queued tasks: new ones, and those whose time has come."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from ai_llm_service.domain import TaskKind
from ai_llm_service.store.database import Database
from ai_llm_service.store.dispatch import Dispatches
from ai_llm_service.store.tasks import lane_kind

log = structlog.get_logger(__name__)
NO_CAP = 1_000_000_000


@dataclass(frozen=True, slots=True)
class DispatchLimits:
    """How much may be under way at once, in all workers together.

    `window` ids wait in the broker at most. `per_kind` keeps one kind of task from taking every
    slot, `per_lane` one tenant or one webhook endpoint.
    """

    window: int
    redeliver_seconds: float
    per_kind: Mapping[TaskKind, int] = field(default_factory=dict)
    per_lane: Mapping[TaskKind, int] = field(default_factory=dict)


class Dispatcher:
    """Sends ids to the broker, in turn among the lanes. The row is the outbox."""

    def __init__(
        self,
        database: Database,
        ring: Callable[[str], None],
        limits: DispatchLimits,
        *,
        rest_seconds: float,
    ) -> None:
        self._database = database
        self._ring = ring
        self._limits = limits
        self._rest_seconds = rest_seconds
        self._last_lane: dict[TaskKind, str] = {}

    def dispatch(self) -> float:
        """Send what may be sent; seconds until there may be more."""
        while numbers := self._choose():
            with self._database.transaction("dispatch.mark") as store:
                chosen = store.dispatches.mark(numbers, self._limits.redeliver_seconds)
            if not self._send(chosen):
                return self._rest_seconds
        with self._database.snapshot() as store:
            soonest = store.dispatches.next_run_seconds()
        return self._rest_seconds if soonest is None else min(soonest, self._rest_seconds)

    def _choose(self) -> list[int]:
        with self._database.snapshot() as store:
            rung, running = store.dispatches.busy(self._limits.redeliver_seconds)
            room = self._limits.window - rung.total()
            kinds = store.dispatches.kinds() if room > 0 else []
            if not kinds:
                return []
            busy = rung + running
            numbers: list[int] = []
            for kind in sorted(kinds, key=self._comes_first):
                allowed = min(room - len(numbers), self._left_of(kind, busy))
                if allowed > 0:
                    numbers += self._choose_of(store.dispatches, kind, busy, allowed)
        return numbers

    def _comes_first(self, kind: TaskKind) -> bool:
        """Kinds with a share of their own before those that take what is left."""
        return kind not in self._limits.per_kind

    def _left_of(self, kind: TaskKind, busy: Counter[str]) -> int:
        cap = self._limits.per_kind.get(kind)
        if cap is None:
            return NO_CAP
        return cap - sum(number for lane, number in busy.items() if lane_kind(lane) is kind)

    def _choose_of(
        self, dispatches: Dispatches, kind: TaskKind, busy: Counter[str], room: int
    ) -> list[int]:
        """An equal share of the room for each lane, beginning after the one served last."""
        cap = self._limits.per_lane.get(kind, NO_CAP)
        full = {lane for lane, number in busy.items() if number >= cap and lane_kind(lane) is kind}
        seconds, last = self._limits.redeliver_seconds, self._last_lane.get(kind, "")
        heads = dispatches.heads(kind, last, room + len(full), seconds)
        lanes = [lane for lane in heads if lane not in full]
        share = max(1, room // max(1, len(lanes)))
        chosen: list[int] = []
        for lane in lanes:
            wanted = min(share, room - len(chosen), cap - busy[lane])
            if wanted <= 0:
                break
            self._last_lane[kind] = lane
            if wanted == 1:
                chosen.append(heads[lane])
            else:
                chosen += dispatches.first_of(lane, wanted, seconds)
        return chosen

    def _send(self, chosen: list[str]) -> bool:
        """Whether the broker took all of them."""
        for position, task_id in enumerate(chosen):
            try:
                self._ring(task_id)
            except Exception as error:  # noqa: BLE001 - each transport of the broker has its own
                log.warning("broker_unavailable", error=type(error).__name__)
                with self._database.transaction("dispatch.unsend") as store:
                    store.dispatches.unsend(chosen[position:])
                return False
        return True
