"""Which column two rows are compared by, and which of them is ahead."""

from ai_llm_service.search.tables.rules.adjectives import of_word
from ai_llm_service.search.tables.rules.grid import Column
from ai_llm_service.search.tables.rules.question import Question

LESS = frozenset(("less", "fewer", "lower", "smaller", "worse", "earlier", "shorter", "younger"))


def measure_of(question: Question, word: str, but: Column) -> tuple[Column, bool, float] | None:
    """Find the column, whether more is meant, and how sure that is."""
    own = of_word(question.grid, word, but)
    if own is not None:
        return own
    links = [c for c in question.links.columns if c.column.is_numeric and c.column is not but]
    if links:
        best = max(links, key=lambda c: c.strength)
        return best.column, _is_more(word, best.column), best.strength
    measures = [c for c in question.grid.columns if c.is_measure and c is not but]
    if word in {"better", "worse", "higher", "lower"}:
        ranks = [c for c in question.grid.columns if c.is_rank and c.is_numeric]
        measures = ranks or measures
    if len(measures) == 1:
        return measures[0], _is_more(word, measures[0]), 0.6
    return None


def _is_more(word: str, column: Column) -> bool:
    is_more = word not in LESS
    lower_wins = column.is_rank or column.is_duration
    return not is_more if lower_wins and word in {"higher", "better", "worse", "lower"} else is_more
