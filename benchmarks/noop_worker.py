"""The worker as it is shipped, except that its file search does nothing."""

from typing import Any

from ai_llm_service import programs
from ai_llm_service.wiring import worker
from benchmarks.noop_search import NoopSearch


def _noop(*_args: Any, **_named: Any) -> Any:
    return NoopSearch()


if __name__ == "__main__":
    worker.build_search = _noop  # type: ignore[attr-defined]
    programs.run_worker()
