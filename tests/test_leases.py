"""A process pays for nothing on a claim that may be another one's by now."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from ai_llm_service.domain import Claim, TaskKind
from ai_llm_service.errors import ClaimLost
from ai_llm_service.store.database import Database
from ai_llm_service.store.tasks import NewTask
from ai_llm_service.usecases.leases import Leases

TENANT = "default"
LEASE_SECONDS = 60
# Of a lease that is over at once nothing may be trusted, so the database is asked each time.
DOUBTFUL = 1e-9


@pytest.fixture
def submit(database: Database) -> Callable[[], str]:
    """Accepts a task and gives its id."""
    with database.transaction("test") as store:
        store.keys.ensure_tenant(TENANT, tenant_id=TENANT)

    def accept() -> str:
        session_id, task_id = str(uuid4()), str(uuid4())
        task = NewTask(task_id, TENANT, session_id, TaskKind.CLOSE, {}, 60, "a")
        with database.transaction("test") as store:
            store.sessions.open(session_id, TENANT, ttl_seconds=60)
            store.tasks.add(task)
        return task_id

    return accept


def taken(leases: Leases, task_id: str) -> Claim:
    claim = leases.claim(task_id)
    assert claim is not None
    return claim


def lose(database: Database, claim: Claim) -> None:
    """What a sweeper does with a claim whose lease is over."""
    with database.transaction("test") as store:
        store.claims.give_back(claim, 0, "the worker that had it stopped")


def lease_left(database: Database, claim: Claim) -> bool:
    with database.snapshot() as store:
        return claim.task.id not in {c.task.id for c in store.claims.expired_leases(10)}


def test_a_young_lease_is_trusted_without_a_question(
    database: Database, submit: Callable[[], str]
) -> None:
    leases = Leases(database, "w", LEASE_SECONDS)
    claim = taken(leases, submit())
    lose(database, claim)  # nobody could have, within a lease; so it shows who is asked
    leases.ensure(claim)


def test_an_old_lease_is_renewed_where_the_claim_still_stands(
    database: Database, submit: Callable[[], str]
) -> None:
    slow = Leases(database, "w", DOUBTFUL)
    claim = taken(slow, submit())
    assert not lease_left(database, claim)
    slow.seconds = LEASE_SECONDS
    slow.ensure(claim)
    assert lease_left(database, claim)


def test_an_old_lease_that_another_worker_took_over_is_lost(
    database: Database, submit: Callable[[], str]
) -> None:
    slow, other = Leases(database, "w", DOUBTFUL), Leases(database, "other", LEASE_SECONDS)
    claim = taken(slow, submit())
    lose(database, claim)
    taken(other, claim.task.id)
    slow.seconds = LEASE_SECONDS
    with pytest.raises(ClaimLost):
        slow.ensure(claim)


def test_a_heartbeat_finds_what_is_lost(database: Database, submit: Callable[[], str]) -> None:
    leases = Leases(database, "w", LEASE_SECONDS)
    kept, lost = taken(leases, submit()), taken(leases, submit())
    lose(database, lost)
    leases.beat()
    leases.ensure(kept)
    with pytest.raises(ClaimLost):
        leases.ensure(lost)


def test_a_claim_that_the_same_process_has_anew_outlives_its_earlier_one(
    database: Database, submit: Callable[[], str]
) -> None:
    leases = Leases(database, "w", LEASE_SECONDS)
    earlier = taken(leases, submit())
    lose(database, earlier)
    claim = taken(leases, earlier.task.id)
    leases.beat()
    with pytest.raises(ClaimLost):
        leases.ensure(earlier)
    leases.drop(earlier)
    leases.ensure(claim)
    assert leases.in_time() == 1


def test_a_claim_that_was_dropped_is_not_trusted(
    database: Database, submit: Callable[[], str]
) -> None:
    leases = Leases(database, "w", LEASE_SECONDS)
    claim = taken(leases, submit())
    leases.drop(claim)
    with pytest.raises(ClaimLost):
        leases.ensure(claim)
