"""Rings workers for queued tasks: new ones, and those whose time has come."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from ai_llm_service.domain import TaskKind
from ai_llm_service.store.database import Database
from ai_llm_service.store.dispatch import Dispatches

log = structlog.get_logger(__name__)


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
            with self._database.transaction() as store:
                chosen = store.dispatches.mark(numbers, self._limits.redeliver_seconds)
            if not self._send(chosen):
                return self._rest_seconds
        with self._database.snapshot() as store:
            soonest = store.dispatches.next_run_seconds()
        return self._rest_seconds if soonest is None else min(soonest, self._rest_seconds)

    def _choose(self) -> list[int]:
        numbers: list[int] = []
        with self._database.snapshot() as store:
            under_way = store.dispatches.in_flight(self._limits.redeliver_seconds)
            room = self._limits.window - under_way.rung
            for kind in sorted(TaskKind, key=lambda kind: kind not in self._limits.per_kind):
                cap = self._limits.per_kind.get(kind)
                allowed = room if cap is None else min(room, cap - under_way.by_kind[kind])
                chosen = self._choose_of(store.dispatches, kind, allowed)
                room -= len(chosen)
                numbers += chosen
        return numbers

    def _choose_of(self, dispatches: Dispatches, kind: TaskKind, room: int) -> list[int]:
        """An equal share of the room for each lane, beginning after the one served last."""
        if room <= 0:
            return []
        lanes = self._in_turn(kind, dispatches.lanes(kind))
        share = max(1, room // max(1, len(lanes)))
        chosen: list[int] = []
        for lane in lanes:
            if len(chosen) >= room:
                break
            wanted = min(share, room - len(chosen), self._lane_room(dispatches, kind, lane))
            if wanted > 0:
                chosen += dispatches.first_of(kind, lane, wanted, self._limits.redeliver_seconds)
                self._last_lane[kind] = lane
        return chosen

    def _in_turn(self, kind: TaskKind, lanes: list[str]) -> list[str]:
        last = self._last_lane.get(kind, "")
        return [lane for lane in lanes if lane > last] + [lane for lane in lanes if lane <= last]

    def _lane_room(self, dispatches: Dispatches, kind: TaskKind, lane: str) -> int:
        cap = self._limits.per_lane.get(kind)
        if cap is None:
            return self._limits.window
        return cap - dispatches.busy(lane, self._limits.redeliver_seconds)

    def _send(self, chosen: list[str]) -> bool:
        """Whether the broker took all of them."""
        for position, task_id in enumerate(chosen):
            try:
                self._ring(task_id)
            except Exception as error:  # noqa: BLE001 - each transport of the broker has its own
                log.warning("broker_unavailable", error=type(error).__name__)
                with self._database.transaction() as store:
                    store.dispatches.unsend(chosen[position:])
                return False
        return True
