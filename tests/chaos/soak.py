"""The chaos soak: a random hour in the life of the service, told by one line at its end.

make soak                                        10,000 tasks and 1,000 faults
SOAK_SECONDS=60 SOAK_SEED=7 SOAK_DATABASE=postgres make soak
"""

import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ai_llm_service.store.database import Database
from tests.chaos.audit import Audit, Findings
from tests.chaos.brokers import RedisBroker, started
from tests.chaos.clients import Crowd, Promises
from tests.chaos.monkey import Monkey, Pace, Record
from tests.chaos.plant import plant
from tests.chaos.provider import CountingProvider, between
from tests.postgres import postgres_address

MAX_LOST_WORKERS = 3  # the service's own default


@dataclass(frozen=True, slots=True)
class Plan:
    """What runs, how it is broken, and until when: `seconds`, or else `tasks` and `faults`."""

    pace: Pace
    workers: int
    apis: int
    clients: int
    latency: tuple[float, float]
    settings: dict[str, str]
    seconds: float | None = None
    tasks: int = 0
    faults: int = 0
    patience_seconds: float = 180.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that the soak found."""

    seed: int
    findings: Findings
    promises: Promises
    record: Record

    def line(self) -> str:
        found = self.findings
        recovery = " ".join(
            f"recovery_{name}={value}" for name, value in _spread(found.recoveries).items()
        )
        return (
            f"soak: accepted={found.accepted} lost={found.lost}"
            f" finished_twice={found.finished_twice} paid_twice={found.paid_twice}"
            f" faults={self.record.number} {recovery} seed={self.seed}"
        )

    def details(self) -> str:
        found = self.findings
        faults = " ".join(f"{name}={number}" for name, number in self.record.faults.most_common())
        failed = " ".join(f"{code}={number}" for code, number in found.failed.items())
        return (
            f"soak-faults: {faults}\n"
            f"soak-details: worker_lost={found.worker_lost} failed=[{failed}]"
            f" unknown={found.unknown} overtaken={found.overtaken} doubled={found.doubled}"
            f" wrong={len(self.promises.wrong)} refused={len(self.promises.refused)}"
        )


LONG = Plan(
    pace=Pace(fault_seconds=(0.5, 3), freeze_seconds=(2, 12), lease_seconds=9, spare_workers=1),
    workers=4,
    apis=2,
    clients=32,
    latency=(0.1, 0.6),
    settings={},
    tasks=10_000,
    faults=1_000,
)
SHORT = Plan(
    pace=Pace(fault_seconds=(0.5, 1.8), freeze_seconds=(0.3, 2), lease_seconds=1),
    workers=2,
    apis=1,
    clients=12,
    latency=(0.05, 0.4),
    settings={
        "LEASE_SECONDS": "1",
        "SWEEP_SECONDS": "0.3",
        "REDELIVER_SECONDS": "2",
        # Killed every few seconds, an innocent task meets three deaths soon; poison has its test.
        "MAX_LOST_WORKERS": "100",
    },
    seconds=15,
    patience_seconds=60,
)


def soak(plan: Plan, folder: Path, database_url: str, seed: int) -> Outcome:
    """Run the plan and judge what happened."""
    database = Database(database_url)
    database.migrate()
    database.close()
    audit = Audit(database_url)
    audit.install()
    broker = RedisBroker(folder / "broker")
    with started(broker), CountingProvider(between(*plan.latency, seed)) as provider:
        settings = {
            "DATABASE_URL": database_url,
            "CELERY_BROKER_URL": broker.url,
            "CHAT_MODEL": "openai-compatible:fake",
            "OPENAI_COMPATIBLE_BASE_URL": provider.url,
            **plan.settings,
        }
        with plant(folder / "plant", **settings) as made:
            for _ in range(plan.apis):
                made.add_api()
            for _ in range(plan.workers):
                made.add_worker()
            made.wait_ready()
            last_chance = int(plan.settings.get("MAX_LOST_WORKERS", MAX_LOST_WORKERS)) - 1
            spared = partial(audit.holders_of_suspects, last_chance)
            monkey = Monkey(made, broker, plan.pace, seed, spared)
            crowd = Crowd(made.addresses, plan.clients, seed)
            try:
                _run(plan, monkey, crowd, audit)
            finally:
                diary = "\n".join(monkey.record.diary)
                (folder / "faults.log").write_text(f"{diary}\n", "ascii")
        findings = audit.judge(crowd.promises.accepted, provider.calls, monkey.record.kills)
    return Outcome(seed, findings, crowd.promises, monkey.record)


def _run(plan: Plan, monkey: Monkey, crowd: Crowd, audit: Audit) -> None:
    started_at = time.monotonic()

    def enough() -> bool:
        if plan.seconds is not None:
            return time.monotonic() - started_at >= plan.seconds
        many = len(crowd.promises.accepted) >= plan.tasks
        return many and monkey.record.number >= plan.faults

    crowd.start()
    monkey.run(enough)
    crowd.stop()
    give_up_at = time.monotonic() + plan.patience_seconds
    monkey.watch(
        lambda: not audit.unfinished(crowd.promises.accepted) or time.monotonic() > give_up_at
    )


def _spread(recoveries: tuple[float, ...]) -> dict[str, str]:
    if not recoveries:
        return dict.fromkeys(("p50", "p95", "max"), "none")
    cuts = statistics.quantiles([*recoveries, *recoveries], n=100, method="inclusive")
    values = {"p50": cuts[49], "p95": cuts[94], "max": recoveries[-1]}
    return {name: f"{value:.1f}" for name, value in values.items()}


@contextmanager
def database_of(kind: str, folder: Path) -> Iterator[str]:
    """The address of an empty database of a kind."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'soak.sqlite3'}"
        return
    with postgres_address() as address:
        yield address


def main() -> int:
    seed = int(os.environ.get("SOAK_SEED") or secrets.randbelow(10**6))
    kind = os.environ.get("SOAK_DATABASE", "sqlite")
    seconds = os.environ.get("SOAK_SECONDS")
    plan = replace(LONG, seconds=float(seconds)) if seconds else LONG
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    print(f"soak: database={kind} seed={seed} logs={folder}", flush=True)  # noqa: T201
    with database_of(kind, folder) as address:
        outcome = soak(plan, folder, address, seed)
    print(outcome.details())  # noqa: T201
    print(outcome.line(), flush=True)  # noqa: T201
    found = outcome.findings
    wrong = found.lost + found.finished_twice + found.paid_twice + found.worker_lost
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
