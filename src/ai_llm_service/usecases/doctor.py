"""Looks at the whole and says, in one sentence for each part, what is wrong and what to do."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from ai_llm_service.errors import StoreUnavailable
from ai_llm_service.queue import BrokerFacts
from ai_llm_service.store.checkup import Waiting
from ai_llm_service.store.database import Database
from ai_llm_service.store.files import FileStore
from ai_llm_service.store.store import Store

SAFE_POLICY = "noeviction"
LONG_WAIT_SECONDS = 300
ORPHAN_SECONDS = 3600
MAX_SKEW_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one part."""

    subject: str
    healthy: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Doctor:
    """Changes nothing. `ask_broker` raises whatever the broker's transport raises."""

    database: Database
    files: FileStore
    ask_broker: Callable[[], BrokerFacts]
    lease_seconds: float
    grace_seconds: float
    about_embedder: str = ""

    def examine(self) -> list[Finding]:
        """Every part in the order of the flow; what rests on the database only if it answers."""
        database = self._database()
        findings = [self._broker(), database]
        if not database.healthy:
            return findings
        with self.database.snapshot() as store:
            findings += [self._workers(store), _queue(store), self._stuck(store)]
            findings += [self._files(store), self._clock()]
        return [*findings, _fine("embedder", self.about_embedder)]

    def _broker(self) -> Finding:
        try:
            return _broker_of(self.ask_broker())
        except Exception:  # noqa: BLE001 - each transport of the broker has its own
            return _wrong(
                "broker",
                "It can't be reached, and accepted tasks wait: start it (the embedded one starts "
                "with the service) or correct CELERY_BROKER_URL.",
            )

    def _workers(self, store: Store) -> Finding:
        number = store.workers.alive(self.lease_seconds)
        if number == 0:
            return _wrong("workers", "None is alive: start one with 'ai-llm-service worker'.")
        return _fine("workers", f"{number} alive.")

    def _database(self) -> Finding:
        try:
            if not self.database.is_migrated():
                return _wrong(
                    "database",
                    "Its tables are not those of this version: run 'ai-llm-service migrate'.",
                )
        except StoreUnavailable:
            return _wrong("database", "It can't be reached: start it or correct DATABASE_URL.")
        name = "SQLite" if self.database.is_sqlite else "PostgreSQL"
        return _fine("database", f"{name} answers and has the tables of this version.")

    def _stuck(self, store: Store) -> Finding:
        stuck = store.checkup.stuck(self.grace_seconds)
        if not stuck:
            return _fine("tasks", "None is stuck.")
        return _wrong(
            "tasks",
            f"{len(stuck)} should have been moved on by a sweeper, the first is {stuck[0]}: "
            "see that an API or a worker runs, and look for 'sweeper' in its log.",
        )

    def _files(self, store: Store) -> Finding:
        long_ago = time.time() - ORPHAN_SECONDS
        old = self.files.older_than(long_ago)
        known = store.checkup.known_documents([path.name for path in old])
        orphans = [path for path in old if path.name not in known]
        orphans += self.files.leftovers(long_ago)
        missing = self._missing(store)
        if missing:
            return _wrong(
                "files",
                f"{len(missing)} documents have lost theirs, the first is {missing[0]}: restore "
                "the data folder from its backup, or close their sessions.",
            )
        if orphans:
            return _wrong(
                "files",
                f"{len(orphans)} belong to no document: remove them, the first is {orphans[0]}.",
            )
        return _fine("files", "Each belongs to a document, and each document has its file.")

    def _missing(self, store: Store) -> list[str]:
        absent = [id_ for id_ in store.checkup.open_documents() if not self.files.has(id_)]
        if not absent:
            return []
        with self.database.snapshot() as later:  # a session may have begun to close meanwhile
            still_open = set(later.checkup.open_documents())
        return [id_ for id_ in absent if id_ in still_open]

    def _clock(self) -> Finding:
        asked_at = time.time()
        theirs = self.database.now()
        round_trip = time.time() - asked_at
        skew = theirs - asked_at - round_trip / 2
        if abs(skew) <= MAX_SKEW_SECONDS + round_trip:
            return _fine("clock", "This machine and the database agree.")
        where = "ahead of" if skew < 0 else "behind"
        return _wrong(
            "clock",
            f"This machine is {abs(skew):.1f} s {where} the database: let NTP set both clocks.",
        )


def evicts(facts: BrokerFacts) -> bool:
    """Whether the broker may throw waiting messages away when its memory is full."""
    return facts.policy is not None and facts.policy != SAFE_POLICY


def _broker_of(facts: BrokerFacts) -> Finding:
    name = f"{facts.product} {facts.version}"
    if evicts(facts):
        return _wrong(
            "broker",
            f"{name} throws messages away when its memory is full (maxmemory-policy "
            f"{facts.policy}): set maxmemory-policy to {SAFE_POLICY}.",
        )
    return _fine("broker", f"{name} answers and throws no message away.")


def _queue(store: Store) -> Finding:
    oldest = store.checkup.oldest_waiting()
    if oldest is None:
        return _fine("queue", "No task waits.")
    shown = (
        f"{store.checkup.waiting()} wait; the first, {oldest.id} ({oldest.kind}), "
        f"for {oldest.age_seconds:.0f} s"
    )
    if oldest.ready and oldest.due_seconds > LONG_WAIT_SECONDS:
        return _wrong("queue", f"{shown}: start more workers or raise WORKER_CONCURRENCY.")
    return _fine("queue", f"{shown}, because {_why(oldest)}.")


def _why(oldest: Waiting) -> str:
    if not oldest.ready:
        return "its session's documents and earlier questions come first"
    if oldest.due_seconds < 0:
        return f"{oldest.reason or 'it has to'} (for {-oldest.due_seconds:.0f} s more)"
    return "no worker has taken it yet"


def _fine(subject: str, sentence: str) -> Finding:
    return Finding(subject, True, sentence)


def _wrong(subject: str, sentence: str) -> Finding:
    return Finding(subject, False, sentence)
