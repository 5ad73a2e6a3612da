"""Random faults under load: what was accepted ends, once, and is not paid for again."""

import random
from pathlib import Path

import pytest

from tests.chaos.soak import SHORT, soak


@pytest.mark.timeout(300)
def test_nothing_is_lost_repeated_or_paid_twice_in_chaos(database_url: str, tmp_path: Path) -> None:
    outcome = soak(SHORT, tmp_path, database_url, random.SystemRandom().randrange(10**6))
    report = f"{outcome.details()}\n{outcome.line()}"
    print(report)  # noqa: T201 - the seed, for whoever looks at a failure
    found = outcome.findings
    assert (found.lost, found.finished_twice, found.paid_twice) == (0, 0, 0), report
    assert (found.worker_lost, found.failed, found.doubled) == (0, {}, 0), report
    assert outcome.promises.wrong == [], report
    assert outcome.promises.refused == [], report
    assert found.accepted > 0, report
    assert outcome.record.number > 0, report
