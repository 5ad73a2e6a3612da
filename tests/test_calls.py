"""The gateway: a call that was answered is never made again, and one that was lost is known."""

# ruff: noqa: ARG002 - the models take what real ones take

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import pytest

from ai_llm_service.domain import CallOutcome, Claim, Generation, LimitRules, Step, TaskKind, Usage
from ai_llm_service.errors import (
    ClaimLost,
    ProviderError,
    ProviderOutcomeUnknown,
    ProviderStillWriting,
    ProviderUnavailable,
)
from ai_llm_service.providers.base import ChatModel, GenerateOptions, Message, Prompt
from ai_llm_service.providers.prices import load_prices
from ai_llm_service.store.database import Database
from ai_llm_service.store.tasks import NewTask
from ai_llm_service.usecases.bookmarks import StepBookmark
from ai_llm_service.usecases.budget import Budget
from ai_llm_service.usecases.call_values import StepStopped, call_key, outcomes_unknown
from ai_llm_service.usecases.calls import Gateway, StepModel
from ai_llm_service.usecases.leases import Leases
from ai_llm_service.usecases.traffic import Traffic, rules_by_model

TENANT = "default"
LEASE = 60.0


@dataclass
class Model:
    """Answers with the text of its prompt, or raises what it was told to, once."""

    name: str = "openai:gpt-6-luna"
    context_tokens: int = 1000
    fault: BaseException | None = None
    asked: list[str] = field(default_factory=list)

    def generate(self, prompt: Prompt, timeout_seconds: float) -> Generation:
        self.asked.append(prompt.messages[-1].content)
        fault, self.fault = self.fault, None
        if fault is not None:
            raise fault
        return Generation(f"re: {self.asked[-1]}", self.name, Usage(10, 5))


@dataclass
class Written(Model):
    """A model that works in the background."""

    ready: bool = False
    collected: list[str] = field(default_factory=list)

    def submit(self, prompt: Prompt, timeout_seconds: float) -> str:
        self.asked.append(prompt.messages[-1].content)
        return f"ref-{len(self.asked)}"

    def collect(self, reference: str, timeout_seconds: float) -> Generation:
        self.collected.append(reference)
        if not self.ready:
            raise ProviderStillWriting
        return Generation("written", self.name, Usage(10, 5))

    def cancel(self, reference: str, timeout_seconds: float) -> None:
        """Nothing to stop."""

    def forget(self, reference: str, timeout_seconds: float) -> None:
        """Nothing to remove."""


class Bench:
    """One task with one step, and the workers that claim it one after the other."""

    def __init__(self, database: Database, *, requests_per_minute: int | None = None) -> None:
        self.database = database
        self.leases = Leases(database, "a-worker", LEASE)
        self.draining = threading.Event()
        listed = () if requests_per_minute is None else (("openai:*", requests_per_minute, None),)
        self.gateway = Gateway(
            database,
            self.leases,
            Budget(load_prices(), 100),
            Traffic(None, database, rules_by_model(listed, LimitRules())),
            self.draining.is_set,
        )
        self.task_id, session_id = str(uuid4()), str(uuid4())
        with database.transaction("test") as store:
            store.keys.ensure_tenant(TENANT, tenant_id=TENANT)
            store.sessions.open(session_id, TENANT, ttl_seconds=60)
            task = NewTask(self.task_id, TENANT, session_id, TaskKind.GENERATE, {}, 600, TENANT)
            store.tasks.add(task, ("Why?",))

    def claim(self) -> Claim:
        found = self.leases.claim(self.task_id)
        assert found is not None
        return found

    def claim_again(self) -> Claim:
        """Another worker takes the task over."""
        with self.database.transaction("test") as store:
            [held] = [store.tasks.find(TENANT, self.task_id)]
            assert held is not None
            store.claims.renew("a-worker", [self.task_id], -1)
            [lost] = store.claims.expired_leases(1)
            assert store.claims.requeue_lost(lost)
        return self.claim()

    def open(self, claim: Claim, *models: ChatModel) -> StepModel:
        with self.database.snapshot() as store:
            known = store.calls.of_step(self.task_id, 1)
        return self.gateway.open(claim, models, known, StepBookmark(self.step()))

    def step(self) -> Step:
        with self.database.snapshot() as store:
            [step] = store.steps.of_task(self.task_id)
        return step

    def unknown(self) -> int:
        with self.database.snapshot() as store:
            return len(outcomes_unknown(store.calls.of_step(self.task_id, 1)))

    def counted(self, outcome: CallOutcome) -> int:
        with self.database.snapshot() as store:
            return store.usage.count(self.task_id, outcome)


@pytest.fixture
def bench(database: Database) -> Bench:
    return Bench(database)


@pytest.fixture
def sqlite(tmp_path: Path) -> Callable[..., Bench]:
    database = Database(f"sqlite:///{tmp_path / 'calls.sqlite3'}")
    database.migrate()
    return lambda **given: Bench(database, **given)


def prompt(text: str, **options: float) -> Prompt:
    return Prompt((Message("user", text),), text, (), GenerateOptions(**options))  # type: ignore[arg-type]


def test_what_an_earlier_claim_was_answered_is_not_asked_again(bench: Bench) -> None:
    model = Model()
    first = bench.open(bench.claim(), model)
    assert [first.generate(prompt(text), 5).text for text in "ab"] == ["re: a", "re: b"]
    second = bench.open(bench.claim_again(), model)
    assert [second.generate(prompt(text), 5).text for text in "abc"] == ["re: a", "re: b", "re: c"]
    assert model.asked == ["a", "b", "c"]
    spent = second.spent()
    assert (spent.calls, spent.usage) == (3, Usage(30, 15))
    assert spent.cost == pytest.approx(3 * (10 * 0.10 + 5 * 0.50) / 1e6)
    assert bench.counted(CallOutcome.PAID) == 3


def test_a_call_is_known_by_model_messages_and_options() -> None:
    keys = {
        call_key("openai:a", prompt("x")),
        call_key("openai:b", prompt("x")),
        call_key("openai:a", prompt("y")),
        call_key("openai:a", prompt("x", temperature=0.5)),
    }
    assert len(keys) == 4
    assert call_key("openai:a", prompt("x")) in keys


def test_threads_that_ask_the_same_at_once_ask_it_once(sqlite: Callable[..., Bench]) -> None:
    bench, model = sqlite(), Model()
    step = bench.open(bench.claim(), model)
    texts = ["a", "b"] * 4
    threads = [threading.Thread(target=step.generate, args=(prompt(text), 5)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(model.asked) == ["a", "b"]


def test_a_worker_that_stops_in_a_call_leaves_an_unknown_outcome(bench: Bench) -> None:
    class Killed(BaseException):
        """The process is gone: nothing is caught."""

    step = bench.open(bench.claim(), Model(fault=Killed()))
    with pytest.raises(Killed):
        step.generate(prompt("a"), 5)
    assert bench.unknown() == 1


@pytest.mark.parametrize(
    ("error", "paid"), [(ProviderOutcomeUnknown(), 1), (ProviderUnavailable(), 0)]
)
def test_a_call_that_failed_is_over_and_counted_only_if_it_may_be_paid(
    sqlite: Callable[..., Bench], error: ProviderError, paid: int
) -> None:
    bench = sqlite()
    with pytest.raises(ProviderError):
        bench.open(bench.claim(), Model(fault=error)).generate(prompt("a"), 5)
    assert (bench.unknown(), bench.counted(CallOutcome.UNKNOWN)) == (0, paid)


def test_nothing_is_asked_for_a_claim_that_was_lost(bench: Bench) -> None:
    model = Model()
    step = bench.open(bench.claim(), model)
    bench.claim_again()
    with pytest.raises(ClaimLost):
        step.generate(prompt("a"), 5)
    assert model.asked == []


def test_no_further_call_starts_while_the_worker_stops(sqlite: Callable[..., Bench]) -> None:
    bench, model = sqlite(), Model()
    step = bench.open(bench.claim(), model)
    step.generate(prompt("a"), 5)
    bench.draining.set()
    assert step.generate(prompt("a"), 5).text == "re: a"
    with pytest.raises(StepStopped):
        step.generate(prompt("b"), 5)
    assert model.asked == ["a"]


def test_what_is_written_in_the_background_is_collected_by_the_next_worker(bench: Bench) -> None:
    model = Written()
    with pytest.raises(ProviderStillWriting):
        bench.open(bench.claim(), model).generate(prompt("a"), 5)
    assert bench.unknown() == 0
    model.ready = True
    step = bench.open(bench.claim_again(), model)
    assert step.generate(prompt("a"), 5).text == "written"
    assert (model.asked, model.collected) == (["a"], ["ref-1", "ref-1"])


def test_the_next_model_is_asked_where_the_first_is_down_and_its_answer_is_kept(
    bench: Bench,
) -> None:
    down, up = Model(fault=ProviderUnavailable()), Model(name="openai:another")
    step = bench.open(bench.claim(), down, up)
    assert step.generate(prompt("a"), 5).model == "openai:another"
    again = bench.open(bench.claim_again(), down, up)
    assert again.generate(prompt("a"), 5).model == "openai:another"
    [failed] = again.failovers.before("openai:another")
    assert failed == {"model": down.name, "code": "provider_unavailable"}
    assert (down.asked, up.asked) == (["a"], ["a"])


def test_a_call_without_a_place_gives_its_slot_back_and_says_until_when(
    sqlite: Callable[..., Bench],
) -> None:
    bench, model = sqlite(requests_per_minute=2), Model()
    step = bench.open(bench.claim(), model)
    step.generate(prompt("a"), 5)
    with pytest.raises(StepStopped) as stopped:
        step.generate(prompt("b"), 5)
    given_back = stopped.value.given_back
    assert given_back is not None
    assert given_back.reason.startswith("waiting for provider limit until 20")
    assert (given_back.counts, 20 < given_back.wait_seconds < 40) == (False, True)
    assert model.asked == ["a"]
