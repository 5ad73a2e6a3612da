"""The one who breaks things: random faults from a seed, and a supervisor that repairs them."""

import heapq
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from tests.chaos.audit import Kill
from tests.chaos.brokers import RedisBroker
from tests.chaos.plant import Part, Plant

TICK_SECONDS = 0.05
RESTART_SECONDS = 0.3
GRACE_SECONDS = 10.0
WARM_SECONDS = 8.0


class Fault(StrEnum):
    KILL_WORKER = "kill_worker"
    STOP_WORKER = "stop_worker"
    FREEZE_WORKER = "freeze_worker"
    FREEZE_WORKER_PAST_LEASE = "freeze_worker_past_lease"
    KILL_API = "kill_api"
    FREEZE_API = "freeze_api"
    KILL_BROKER = "kill_broker"
    KILL_AND_WIPE_BROKER = "kill_and_wipe_broker"
    FLUSH_BROKER = "flush_broker"
    FREEZE_BROKER = "freeze_broker"


WEIGHTS = {Fault.KILL_WORKER: 4, Fault.STOP_WORKER: 2, Fault.FREEZE_WORKER: 2, Fault.KILL_API: 2}
OF_BROKER = {
    Fault.KILL_BROKER,
    Fault.KILL_AND_WIPE_BROKER,
    Fault.FLUSH_BROKER,
    Fault.FREEZE_BROKER,
}


@dataclass(frozen=True, slots=True)
class Pace:
    """How often something breaks, and for how long something is frozen."""

    fault_seconds: tuple[float, float]
    freeze_seconds: tuple[float, float]
    lease_seconds: float
    # So many workers that have been up for a while stay untouched: a lost task finds a free slot.
    spare_workers: int = 0


@dataclass
class Record:
    """What was done."""

    faults: Counter[Fault] = field(default_factory=Counter)
    kills: list[Kill] = field(default_factory=list)
    diary: list[str] = field(default_factory=list)

    def note(self, what: str, part: Part) -> None:
        self.diary.append(f"{time.time():.3f} {what} {part.name} {part.running.pid}")

    @property
    def number(self) -> int:
        return sum(self.faults.values())


class Monkey:
    """Breaks a plant in the thread that runs it. A broker that is not ours is left alone.

    `spared` names processes that are left alone now: those with a task that has lost its worker
    so often that the next time is the last. Killed by us once more, an innocent task would look
    just as a poisonous one; so whatever ends as `worker_lost` is the engine's own mistake.
    """

    def __init__(
        self,
        plant: Plant,
        broker: RedisBroker | None,
        pace: Pace,
        seed: int,
        spared: Callable[[], set[int]] = set,
    ) -> None:
        self.record = Record()
        self._plant = plant
        self._broker = broker
        self._pace = pace
        self._spared = spared
        self._random = random.Random(seed)
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        # Parts that are frozen, stopping, or about to be started again.
        self._busy: set[str] = set()
        self._up_since: dict[str, float] = {}
        self._faults = [fault for fault in Fault if broker is not None or fault not in OF_BROKER]

    def run(self, enough: Callable[[], bool]) -> None:
        """Cause faults until it is enough, then repair everything."""
        next_fault_at = time.monotonic()
        while not enough():
            self._repair()
            if time.monotonic() >= next_fault_at and self._break_something():
                next_fault_at = time.monotonic() + self._random.uniform(*self._pace.fault_seconds)
            time.sleep(TICK_SECONDS)
        while self._due or self._busy:
            self._repair()
            time.sleep(TICK_SECONDS)

    def watch(self, enough: Callable[[], bool]) -> None:
        """Only repair."""
        while not enough():
            self._repair()
            time.sleep(TICK_SECONDS)

    def _repair(self) -> None:
        for part in self._plant.parts:
            if not part.alive and part.name not in self._busy:
                self._start_later(part)
        while self._due and self._due[0][0] <= time.monotonic():
            heapq.heappop(self._due)[2]()

    def _break_something(self) -> bool:
        weights = [WEIGHTS.get(fault, 1) for fault in self._faults]
        fault = self._random.choices(self._faults, weights)[0]
        part = self._choose(fault)
        if part is None:
            return False
        self.record.note(fault, part)
        self._cause(fault, part)
        self.record.faults[fault] += 1
        return True

    def _choose(self, fault: Fault) -> Part | None:
        parts: list[Part] = self._plant.workers
        if fault in OF_BROKER:
            parts = [self._broker] if self._broker else []
        elif fault in {Fault.KILL_API, Fault.FREEZE_API}:
            parts = self._plant.apis
        spared = self._spared() if parts is self._plant.workers else set()
        idle = [
            part
            for part in parts
            if part.alive and part.name not in self._busy and part.running.pid not in spared
        ]
        chosen = self._random.choice(idle) if idle else None
        return None if chosen is not None and self._is_spare(chosen) else chosen

    def _is_spare(self, part: Part) -> bool:
        warm_since = time.monotonic() - WARM_SECONDS
        warm = [
            worker.name
            for worker in self._plant.workers
            if worker.name not in self._busy and self._up_since.get(worker.name, 0) < warm_since
        ]
        return part.name in warm and len(warm) <= self._pace.spare_workers

    def _cause(self, fault: Fault, part: Part) -> None:
        match fault:
            case Fault.KILL_WORKER:
                self._kill(part)
            case Fault.STOP_WORKER:
                self._stop(part)
            case Fault.FREEZE_WORKER_PAST_LEASE:
                low, high = self._pace.freeze_seconds
                self._freeze(part, self._pace.lease_seconds + self._random.uniform(low, high))
            case Fault.FREEZE_WORKER | Fault.FREEZE_API | Fault.FREEZE_BROKER:
                self._freeze(part, self._random.uniform(*self._pace.freeze_seconds))
            case Fault.KILL_API:
                part.kill()
            case Fault.KILL_BROKER | Fault.KILL_AND_WIPE_BROKER:
                self._kill_broker(wiped=fault is Fault.KILL_AND_WIPE_BROKER)
            case Fault.FLUSH_BROKER if self._broker:
                self._broker.say("FLUSHALL")

    def _kill(self, worker: Part) -> None:
        at = time.time()
        self.record.kills.append(Kill(at, frozenset(worker.kill())))

    def _stop(self, worker: Part) -> None:
        worker.send(signal.SIGTERM)
        self._busy.add(worker.name)
        self._later(TICK_SECONDS, partial(self._after_stop, worker, time.monotonic()))

    def _after_stop(self, worker: Part, since: float) -> None:
        """As Docker does: a worker that is not gone after its grace is killed."""
        if worker.alive and time.monotonic() - since > GRACE_SECONDS:
            self._kill(worker)
        if worker.alive:
            self._later(TICK_SECONDS, partial(self._after_stop, worker, since))
        else:
            self._start_later(worker)

    def _freeze(self, part: Part, seconds: float) -> None:
        part.freeze()
        self._busy.add(part.name)
        self._later(seconds, partial(self._thaw, part))

    def _thaw(self, part: Part) -> None:
        part.thaw()
        self._up_since[part.name] = time.monotonic()
        self.record.note("thawed", part)
        self._busy.discard(part.name)

    def _kill_broker(self, *, wiped: bool) -> None:
        assert self._broker is not None
        self._broker.kill()
        if wiped:
            self._broker.wipe()
        self._start_later(self._broker)

    def _start_later(self, part: Part) -> None:
        self._busy.add(part.name)
        self._later(RESTART_SECONDS, partial(self._start, part))

    def _start(self, part: Part) -> None:
        part.end()
        part.start()
        self._up_since[part.name] = time.monotonic()
        self.record.note("started", part)
        self._busy.discard(part.name)

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._due, (time.monotonic() + seconds, self._count, action))
