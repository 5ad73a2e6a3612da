"""The worker as it is shipped, except that its file search does nothing."""

from typing import Any

from ai_llm_service import programs, wiring
from benchmarks.noop_search import NoopSearch


def _noop(*_args: Any, **_named: Any) -> Any:
    return NoopSearch()


if __name__ == "__main__":
    wiring.build_search = _noop
    programs.run_worker()
