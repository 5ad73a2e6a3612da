"""A receiver that is away for an hour is told everything when it is back, unasked.

The hour passes in the database: all times of what waits are moved back together, as they would
lie if so much time had gone by.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest
from sqlalchemy import Engine, bindparam, create_engine, text

from tests.receiver import Receiver
from tests.service import Service, running
from tests.webhook_steps import ask, of_session, until, upload, verified

HOUR = 3600.0
# Of document, answers and session.
EVENTS = 5
MOVE = text(
    "UPDATE tasks SET created_at = created_at - :seconds, run_at = run_at - :seconds,"
    " deadline_at = deadline_at - :seconds WHERE kind = 'deliver' AND status = 'queued'"
).bindparams(bindparam("seconds"))
WAITS = text(
    "SELECT count(*), max(run_at - created_at), min(run_at - created_at) FROM tasks"
    " WHERE kind = 'deliver' AND status = 'queued'"
)


@dataclass(frozen=True, slots=True)
class Time:
    """The time of deliveries that wait."""

    engine: Engine

    def go_on(self, seconds: float) -> None:
        with self.engine.begin() as connection:
            connection.execute(MOVE, {"seconds": seconds})

    def of_next_tries(self) -> tuple[float, float]:
        """When the last and the first are tried next, in seconds after events; once all wait."""
        waiting = 0
        while waiting < EVENTS:
            with self.engine.begin() as connection:
                waiting, last, first = connection.execute(WAITS).one()
        return float(last), float(first)


@pytest.fixture(scope="module")
def service(database_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    settings = {"WEBHOOK_ALLOWED_HOSTS": "127.0.0.1", "DATABASE_URL": database_address}
    with running(tmp_path_factory.mktemp("hour"), **settings) as service:
        yield service


@pytest.fixture
def time(database_address: str) -> Iterator[Time]:
    engine = create_engine(database_address)
    yield Time(engine)
    engine.dispose()


def test_a_receiver_that_is_away_for_an_hour_is_told_everything_when_it_is_back(
    service: Service, http: httpx2.Client, receiver: Receiver, secret: str, time: Time
) -> None:
    receiver.down = True
    sent = upload(service, receiver)
    for _ in range(3):
        service.finished(ask(service, sent["session_id"])["task_id"])
    service.close(sent["session_id"])
    receiver.events("session.closed")
    last, first = time.of_next_tries()
    while first < HOUR:
        before = tries(http, sent["session_id"])
        time.go_on(last)
        until_each_was_tried_again(http, sent["session_id"], before)
        last, first = time.of_next_tries()
    assert {each["status"] for each in of_session(http, sent["session_id"])} == {"pending"}
    receiver.down = False
    time.go_on(last)
    until(http, sent["session_id"], "delivered", EVENTS)
    told = Counter(each.headers["webhook-id"] for each in receiver.received)
    assert told == tries(http, sent["session_id"])
    assert min(told.values()) > 4
    for each in receiver.received:
        verified(secret, each)


def tries(http: httpx2.Client, session_id: str) -> dict[str, int]:
    """How often each delivery was tried."""
    return {each["id"]: each["attempts"] for each in of_session(http, session_id)}


def until_each_was_tried_again(
    http: httpx2.Client, session_id: str, before: dict[str, int]
) -> None:
    while not all(now > before[each] for each, now in tries(http, session_id).items()):
        pass
