"""What was closed is forgotten by every process, not only by the one that closed it."""

from pathlib import Path

import pytest

from ai_llm_service.usecases.remembering import Remembering
from tests.fake_vendor import FakeVendor
from tests.working import Working, working


def asked_by_both(ours: Working, theirs: Working) -> str:
    """A session of which both workers have an index, and both doors."""
    session_id = ours.upload()
    for each in (ours, theirs):
        task = each.asked(queries=["Which well is deep?"], session_id=session_id)
        assert task["status"] == "SUCCESS"
    return session_id


def closed(service: Working, session_id: str) -> None:
    answer = service.client.delete(f"/api/file/search/session/{session_id}")
    assert service.run(answer.json()["task_id"])["status"] == "SUCCESS"


@pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
def test_what_one_worker_closes_the_other_forgets(tmp_path: Path, database_url: str) -> None:
    with (
        FakeVendor() as vendor,
        working(tmp_path, database_url, vendor) as ours,
        working(tmp_path, database_url, vendor) as theirs,
    ):
        gone, kept = asked_by_both(ours, theirs), asked_by_both(ours, theirs)
        closed(ours, gone)
        memory = theirs.worker.search
        assert memory.held() == {gone, kept}
        Remembering(theirs.worker.core.database, memory, 1.0).look()
        assert memory.held() == {kept}
