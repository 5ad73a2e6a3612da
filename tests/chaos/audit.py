"""What really happened: every move of a task and a step, recorded by triggers in the database."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from tests.chaos.provider import MARK, Call

TERMINAL = {"completed", "failed", "cancelled"}
CLOCK = {
    "sqlite": "((julianday('now') - 2440587.5) * 86400.0)",
    "postgresql": "EXTRACT(EPOCH FROM clock_timestamp())",
}
NUMBERED = {
    "sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "postgresql": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
}
# What is watched, and the values of the columns task_id, step, before, after, owner, query.
WATCHED = {
    "tasks_move": (
        "UPDATE OF status ON tasks",
        "NEW.id, NULL, OLD.status, NEW.status, COALESCE(NEW.owner, OLD.owner), NULL",
    ),
    "steps_add": ("INSERT ON steps", "NEW.task_id, NEW.number, NULL, NEW.state, NULL, NEW.query"),
    "steps_move": (
        "UPDATE OF state ON steps",
        "NEW.task_id, NEW.number, OLD.state, NEW.state, NULL, NULL",
    ),
}
COLUMNS = "task_id, step, before, after, owner, query, at"


@dataclass(frozen=True, slots=True)
class Move:
    """One committed change of a task's status, or of a step's state."""

    task_id: str
    step: int | None
    before: str | None
    after: str
    owner: str | None
    query: str | None
    at: float


@dataclass(frozen=True, slots=True)
class Kill:
    """Processes that were killed at once, and when."""

    at: float
    pids: frozenset[int]


@dataclass(frozen=True, slots=True)
class Findings:
    """The count of everything that must not happen, and what it was counted in."""

    accepted: int
    lost: int
    finished_twice: int
    paid_twice: int
    unknown: int
    overtaken: int
    doubled: int
    worker_lost: int
    failed: Counter[str] = field(default_factory=Counter)
    recoveries: tuple[float, ...] = ()


class Audit:
    """Triggers in a migrated database, and what they recorded."""

    def __init__(self, database_url: str) -> None:
        self._engine: Engine = create_engine(database_url, pool_pre_ping=True)
        self._dialect = self._engine.dialect.name

    def install(self) -> None:
        with self._engine.begin() as connection:
            connection.execute(
                text(
                    f"CREATE TABLE audit (seq {NUMBERED[self._dialect]}, task_id TEXT, step INT,"
                    " before TEXT, after TEXT, owner TEXT, query TEXT, at DOUBLE PRECISION)"
                )
            )
            for name, (when, values) in WATCHED.items():
                insert = f"INSERT INTO audit ({COLUMNS}) VALUES ({values}, {CLOCK[self._dialect]});"  # noqa: S608
                for statement in self._trigger(name, when, insert):
                    connection.exec_driver_sql(statement)

    def _trigger(self, name: str, when: str, insert: str) -> Iterable[str]:
        if self._dialect == "sqlite":
            yield f"CREATE TRIGGER audit_{name} AFTER {when} BEGIN {insert} END"
            return
        yield (
            f"CREATE FUNCTION audit_{name}() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN {insert} RETURN NULL; END $$"
        )
        yield (
            f"CREATE TRIGGER audit_{name} AFTER {when} FOR EACH ROW EXECUTE FUNCTION audit_{name}()"
        )

    def moves(self) -> list[Move]:
        with self._engine.connect() as connection:
            rows = connection.execute(text(f"SELECT {COLUMNS} FROM audit ORDER BY seq"))  # noqa: S608
            return [Move(*row) for row in rows]

    def moves_of(self, task_id: str) -> list[Move]:
        return [move for move in self.moves() if move.task_id == task_id]

    def statuses(self) -> dict[str, tuple[str, str | None]]:
        """The status and the error code of every task."""
        with self._engine.connect() as connection:
            rows = connection.execute(text("SELECT id, status, error_code FROM tasks"))
            return {row.id: (row.status, row.error_code) for row in rows}

    def count_unfinished(self) -> int:
        """How many tasks have not ended."""
        statement = text("SELECT count(*) FROM tasks WHERE status IN ('queued', 'in_progress')")
        with self._engine.connect() as connection:
            return int(connection.execute(statement).scalar_one())

    def holders_of_suspects(self, lost_workers: int) -> set[int]:
        """The processes that hold a task that has lost so many workers."""
        statement = text(
            "SELECT owner FROM tasks WHERE status = 'in_progress' AND lost_workers >= :lost"
        )
        with self._engine.connect() as connection:
            owners = connection.execute(statement, {"lost": lost_workers}).scalars()
            return {int(owner.split("-")[0]) for owner in owners}

    def unfinished(self, accepted: Iterable[str]) -> set[str]:
        """The accepted tasks that are unknown or not ended, and any other that is not ended."""
        try:
            statuses = self.statuses()
        except DBAPIError:  # the database may be the one that is down
            return set(accepted)
        ended = {task_id for task_id, (status, _) in statuses.items() if status in TERMINAL}
        return (set(accepted) | set(statuses)) - ended

    def judge(self, accepted: Iterable[str], calls: list[Call], kills: list[Kill]) -> Findings:
        known = set(accepted)
        moves = self.moves()
        tasks = _by_task(move for move in moves if move.step is None)
        steps = _Steps.read(move for move in moves if move.step is not None)
        codes = Counter(
            code or "" for status, code in self.statuses().values() if status == "failed"
        )
        return Findings(
            accepted=len(known),
            lost=len(self.unfinished(known)),
            finished_twice=sum(_ends_wrongly(each) for each in tasks.values()),
            paid_twice=steps.intents_after_an_answer() + steps.calls_without_intent(calls),
            unknown=len(calls) - len(steps.answered_at),
            overtaken=steps.calls_after_an_answer(calls),
            doubled=len(steps.tasks_of_mark) - len(set(steps.mark_of_step.values())),
            worker_lost=codes.pop("worker_lost", 0),
            failed=codes,
            recoveries=tuple(sorted(_recoveries(tasks, kills))),
        )


def _by_task(moves: Iterable[Move]) -> dict[str, list[Move]]:
    found: dict[str, list[Move]] = defaultdict(list)
    for move in moves:
        found[move.task_id].append(move)
    return found


def _ends_wrongly(moves: list[Move]) -> bool:
    """Whether a task moved after its end."""
    return any(earlier.after in TERMINAL for earlier, _ in pairwise(moves))


@dataclass(frozen=True, slots=True)
class _Steps:
    mark_of_step: dict[tuple[str, int | None], str]
    tasks_of_mark: set[tuple[str, str]]
    moves: dict[tuple[str, int | None], list[Move]]
    answered_at: dict[str, float]

    @classmethod
    def read(cls, moves: Iterable[Move]) -> "_Steps":
        found = cls({}, set(), defaultdict(list), {})
        for move in moves:
            key = (move.task_id, move.step)
            if move.query is not None:
                mark = MARK.findall(move.query)[-1]
                found.mark_of_step[key] = mark
                found.tasks_of_mark.add((mark, move.task_id))
            found.moves[key].append(move)
            if move.after == "answered":
                found.answered_at.setdefault(found.mark_of_step[key], move.at)
        return found

    def intents_after_an_answer(self) -> int:
        return sum(
            later.after == "asking"
            for moves in self.moves.values()
            for number, earlier in enumerate(moves)
            if earlier.after == "answered"
            for later in moves[number + 1 :]
        )

    def calls_without_intent(self, calls: list[Call]) -> int:
        intents = Counter(
            self.mark_of_step[key]
            for key, moves in self.moves.items()
            for move in moves
            if move.after == "asking"
        )
        asked = Counter(call.mark for call in calls)
        return sum((asked - intents).values())

    def calls_after_an_answer(self, calls: list[Call]) -> int:
        """Calls whose intent came before the answer, and that were sent after it all the same."""
        never = float("inf")
        return sum(call.asked_at > self.answered_at.get(call.mark, never) for call in calls)


def _recoveries(tasks: dict[str, list[Move]], kills: list[Kill]) -> Iterable[float]:
    """Seconds from the kill of a worker to its task being in progress again."""
    for moves in tasks.values():
        for held, after in _held_until(moves):
            pid = int((held.owner or "0").split("-")[0])
            ends = [k.at for k in kills if pid in k.pids and held.at <= k.at < after[0].at]
            again = [move.at for move in after if move.after == "in_progress"][:1]
            yield from (at - end for end in ends for at in again)


def _held_until(moves: list[Move]) -> Iterable[tuple[Move, list[Move]]]:
    for number, move in enumerate(moves[:-1]):
        if move.after == "in_progress":
            yield move, moves[number + 1 :]
