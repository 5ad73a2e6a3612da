"""Which documents and pages of a session a query may read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ai_llm_service.domain import Filters, MetadataFilter, Operator, SectionKind
from ai_llm_service.search.base import Source
from ai_llm_service.search.retrieve import SessionIndex

Value = str | float | bool
Entries = Mapping[str, Any]
NUMBERED = {SectionKind.PAGE, SectionKind.SLIDE}


def fits(entries: Entries, conditions: Sequence[MetadataFilter]) -> bool:
    """Whether the metadata of a document meets all conditions."""
    return all(_meets(entries.get(condition.key), condition) for condition in conditions)


def within_pages(sources: Sequence[Source], pages: tuple[int, int] | None) -> list[Source]:
    """The documents with the chunks of these pages (or slides) alone; those without are left."""
    if pages is None:
        return list(sources)
    narrowed = [(source, _chunks_of(source, pages)) for source in sources]
    return [
        replace(source, ingested=replace(source.ingested, chunks=source.ingested.chunks[chunks]))
        for source, chunks in narrowed
        if chunks.start < chunks.stop
    ]


def allowed_positions(
    index: SessionIndex, sources: Sequence[Source], filters: Filters
) -> tuple[range, ...] | None:
    """The positions of what the sources hold; None where that is all of the index."""
    if len(sources) == len(index.sources) and filters.pages is None:
        return None
    ranges = []
    for source in sources:
        positions = index.positions(source.document.id)
        numbers = [source.ingested.chunks[at].number for at in (0, -1) if source.ingested.chunks]
        if numbers:
            ranges.append(range(positions.start + numbers[0], positions.start + numbers[-1] + 1))
    return tuple(ranges)


def _chunks_of(source: Source, pages: tuple[int, int]) -> slice:
    extraction = source.ingested.extraction
    inside = [
        section
        for section in extraction.sections
        if section.kind in NUMBERED
        and section.label.isdecimal()
        and pages[0] <= int(section.label) <= pages[1]
    ]
    if not inside:
        return slice(0, 0)
    starts = np.fromiter((chunk.start for chunk in source.ingested.chunks), np.int64)
    first, last = min(each.start for each in inside), max(each.end for each in inside)
    return slice(int(np.searchsorted(starts, first)), int(np.searchsorted(starts, last)))


def _meets(value: Value | None, condition: MetadataFilter) -> bool:
    wanted = condition.value
    match condition.operator:
        case Operator.EQ:
            return _same(value, wanted)
        case Operator.NE:
            return not _same(value, wanted)
        case Operator.IN:
            return any(_same(value, each) for each in _listed(wanted))
        case Operator.NIN:
            return not any(_same(value, each) for each in _listed(wanted))
        case _:
            return _compares(value, condition.operator, wanted)


def _listed(wanted: Value | tuple[Value, ...]) -> tuple[Value, ...]:
    return wanted if isinstance(wanted, tuple) else (wanted,)


def _same(value: Value | None, wanted: Value | tuple[Value, ...]) -> bool:
    # In Python True is 1; in metadata it is not.
    return isinstance(value, bool) == isinstance(wanted, bool) and value == wanted


def _compares(value: Value | None, operator: Operator, wanted: Value | tuple[Value, ...]) -> bool:
    """Compare numbers with numbers and texts with texts; nothing else has an order."""
    both_numbers = all(
        isinstance(each, int | float) and not isinstance(each, bool) for each in (value, wanted)
    )
    if not both_numbers and not (isinstance(value, str) and isinstance(wanted, str)):
        return False
    left: Any = value
    right: Any = wanted
    match operator:
        case Operator.GT:
            return bool(left > right)
        case Operator.GTE:
            return bool(left >= right)
        case Operator.LT:
            return bool(left < right)
        case _:
            return bool(left <= right)
