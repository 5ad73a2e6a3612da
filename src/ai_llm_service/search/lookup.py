"""The best passages for a question."""

from ai_llm_service.domain import Query
from ai_llm_service.search.followup import CANDIDATES, found_together, full_question
from ai_llm_service.search.found import Found
from ai_llm_service.search.opened import Opened
from ai_llm_service.search.passages import Excerpt, best_of, chunks_of, with_openings


def look_up(opened: Opened, query: Query, limit: int) -> list[Excerpt]:
    """At most so many passages, best first."""
    hits = _hits(opened, query, limit)
    return best_of(opened.index, with_openings(opened.index, hits, limit, opened.allowed))


def look_up_closely(opened: Opened, query: Query, limit: int) -> list[Excerpt]:
    """The same for a prompt that not even one passage fits: chunks without their neighbours."""
    return chunks_of(opened.index, _hits(opened, query, limit))


def _hits(opened: Opened, query: Query, limit: int) -> list[tuple[int, float]]:
    found = find(opened, query, limit).hits
    return [hit for hit in found if hit[1] >= query.options.min_score]


def find(opened: Opened, query: Query, limit: int) -> Found:
    """The best chunks of those that the query allows."""
    opened.refresh()
    full = full_question(query)
    if full == query.text:
        return opened.ask(full, limit)
    wide = max(limit, CANDIDATES)
    alone = opened.ask(query.text, wide)
    joined = opened.ask(full, wide)
    return found_together(query, alone, joined, limit)
