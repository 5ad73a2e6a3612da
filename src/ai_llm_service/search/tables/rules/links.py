"""Links between the words of a question and a table: its columns, its cells."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ai_llm_service.search.tables.rules.grid import Column, Grid
from ai_llm_service.search.tables.rules.words import STOP, Word, stem, stems_of

MAX_WORDS = 14
LEAST_SHARE = 0.5
BEFORE_NAMES = frozenset(
    ("", "in", "of", "from", "by", "against", "at", "for", "with", "the", "on", "to", "did", "does",
     "and", "or", "than", "between", "after", "before", "as", "during")
)  # fmt: skip
# Words of any question that are part of the names of columns as well.
NAMING = frozenset(("time", "total", "record"))
# Words that stand for columns with other names.
ALIKE = (
    ("who", "name", "player", "driver", "person", "winner", "athlet", "rider", "artist", "candid"),
    ("date", "when", "day"),
    ("year", "when", "season"),
    ("film", "movi", "titl"),
    ("song", "titl", "singl"),
    ("albums", "album", "titl"),
    ("nation", "countri", "nat"),
    ("team", "club", "squad"),
    ("oppon", "opposit", "against", "versus", "rival"),
    ("venu", "locat", "stadium", "place", "site", "where", "ground"),
    ("citi", "town", "locat"),
    ("attend", "crowd", "spectat", "audienc"),
    ("point", "pts", "score"),
    ("posit", "pos", "rank", "place", "finish", "stand"),
    ("win", "won", "w", "victori"),
    ("loss", "lost", "l", "defeat"),
    ("draw", "d", "tie", "drawn"),
    ("goal", "gls", "score"),
    ("popul", "inhabit", "peopl", "resid"),
    ("area", "size"),
    ("height", "tall", "high", "elev"),
    ("length", "long", "durat", "distanc"),
    ("time", "durat", "fast", "slow", "quick"),
    ("age", "old", "young"),
    ("weight", "heavi", "light"),
    ("cost", "price", "expens", "cheap"),
    ("speed", "fast", "slow", "quick"),
    ("episod", "titl"),
    ("result", "outcom", "score"),
    ("gold", "1st"),
    ("job", "posit", "role"),
    ("locat", "where", "counti", "citi"),
    ("parti", "polit"),
    ("competit", "event", "tournament"),
    ("game", "match", "play"),
    ("number", "no", "num"),
    ("medal", "total"),
)


@dataclass(frozen=True)
class Span:
    """A run of words of the question, end exclusive."""

    start: int
    end: int

    def overlaps(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class ValueLink:
    """Words that are a cell, or stand in it; `cells` are the cells of the column that they name.

    `strength` is 1 for whole cells, less for parts.
    """

    span: Span
    column: Column
    cells: tuple[str, ...]
    strength: float

    @property
    def rows(self) -> tuple[int, ...]:
        wanted = set(self.cells)
        return tuple(at for at, cell in enumerate(self.column.cells) if cell in wanted)


@dataclass(frozen=True)
class ColumnLink:
    """Words that name a column; `strength` is 1 for its whole name."""

    span: Span
    column: Column
    strength: float


@dataclass(frozen=True)
class Links:
    """All that was found for a question."""

    words: tuple[Word, ...]
    values: tuple[ValueLink, ...]
    columns: tuple[ColumnLink, ...]
    alternatives: dict[Span, list[ValueLink]] = field(default_factory=dict)


def link(words: tuple[Word, ...], grid: Grid) -> Links:
    """Find columns first where a name is told whole, cells by their longest runs of words."""
    columns = list(_column_links(words, grid))
    whole = [found for found in columns if found.strength == 1]
    groups: dict[Span, list[ValueLink]] = {}
    for span, found in _value_groups(words, grid):
        if any(span.overlaps(taken) for taken in groups):
            continue
        if any(_is_covered(span, column.span) for column in whole):
            continue
        groups[span] = found
    values = [_best(found, words, columns) for found in groups.values()]
    free = [c for c in columns if not any(c.span.overlaps(v.span) for v in values)]
    return Links(words, tuple(values), tuple(free), groups)


def _is_covered(span: Span, column: Span) -> bool:
    return column.start <= span.start and span.end <= column.end


def _value_groups(words: Sequence[Word], grid: Grid) -> Iterator[tuple[Span, list[ValueLink]]]:
    """Longest runs first; of runs of one length, whole cells before parts of cells."""
    stems = [word.stem for word in words]
    index = _cell_index(grid, frozenset(w.stem for w in words if _may_name(w)))
    for size in range(min(MAX_WORDS, len(words)), 0, -1):
        found: list[tuple[Span, list[ValueLink]]] = []
        for start in range(len(words) - size + 1):
            span = Span(start, start + size)
            run = tuple(stems[start : start + size])
            links = _cells_of(index, run, span, words)
            if links:
                found.append((span, links))
        found.sort(key=lambda pair: -max(link.strength for link in pair[1]))
        yield from found


Index = dict[tuple[str, ...], dict[int, list[tuple[str, float]]]]


def _cell_index(grid: Grid, asked: frozenset[str]) -> tuple[Index, Grid]:
    """All runs of words of all cells that share a word with the question."""
    index: Index = {}
    for number, column in enumerate(grid.columns):
        for cell, stems in column.cell_stems.items():
            if not asked.isdisjoint(stems):
                _add_runs(index, number, cell, stems)
    return index, grid


def _add_runs(index: Index, number: int, cell: str, stems: tuple[str, ...]) -> None:
    for start in range(len(stems)):
        for end in range(start + 1, min(len(stems), start + MAX_WORDS) + 1):
            share = (end - start) / len(stems)
            index.setdefault(stems[start:end], {}).setdefault(number, []).append((cell, share))


def _cells_of(
    index: tuple[Index, Grid], run: tuple[str, ...], span: Span, words: Sequence[Word]
) -> list[ValueLink]:
    by_column = index[0].get(run)
    own = words[span.start : span.end]
    if not by_column or not any(_may_name(word) for word in own):
        return []
    links = []
    for number, entries in by_column.items():
        column = index[1].columns[number]
        whole = [cell for cell, share in entries if share == 1]
        if whole:
            whole += [cell for cell, share in entries if share < 1 and _lists(cell, run)]
            links.append(ValueLink(span, column, tuple(dict.fromkeys(whole)), 1.0))
        elif (
            index[1].has_all_of(column)
            and _may_be_part(own, column)
            and _is_told(entries, span, words)
        ):
            cells = tuple(dict.fromkeys(cell for cell, _ in entries))
            strength = max(share for _, share in entries)
            if len(cells) > 1 and len(own) == 1:
                strength *= 0.8
            links.append(ValueLink(span, column, cells, 0.3 + 0.6 * strength))
    return links


def _lists(cell: str, run: tuple[str, ...]) -> bool:
    """Tell whether the words are one item of a list in the cell."""
    items = re.split(r"\s*(?:[,;/&|\n]|\band\b)\s*", cell)
    return len(items) > 1 and any(stems_of(item) == run for item in items)


def _may_name(word: Word) -> bool:
    return word.is_telling and bool(word.text)


def _may_be_part(own: Sequence[Word], column: Column) -> bool:
    """A number within a longer number is nothing; a year within a date is something."""
    if len(own) > 1:
        return True
    word = own[0]
    if word.text.isdigit():
        return len(word.text) == 4 or not column.is_numeric
    return len(word.text) > 2


def _is_told(entries: Sequence[tuple[str, float]], span: Span, words: Sequence[Word]) -> bool:
    """One word out of many of a cell names it only where a name is expected."""
    if span.end - span.start > 1 or max(share for _, share in entries) >= LEAST_SHARE:
        return True
    before = words[span.start - 1].text if span.start else ""
    return before in BEFORE_NAMES


def _best(
    found: list[ValueLink], words: Sequence[Word], columns: Sequence[ColumnLink]
) -> ValueLink:
    """Of several columns that hold the words, take the one that is named beside them."""

    def rank(candidate: ValueLink) -> tuple[float, ...]:
        beside = max((_nearness(candidate, c) for c in columns), default=0.0)
        number = (
            candidate.span.end - candidate.span.start == 1
            and words[candidate.span.start].text.isdigit()
        )
        suits = 0.0
        if number:
            is_year = len(words[candidate.span.start].text) == 4
            suits = float(candidate.column.is_time if is_year else candidate.column.is_rank)
        return (candidate.strength + 0.6 * beside + 0.5 * suits, len(candidate.rows))

    return max(found, key=rank)


def _nearness(value: ValueLink, column: ColumnLink) -> float:
    if value.column is not column.column:
        return 0.0
    gap = min(abs(value.span.start - column.span.end), abs(column.span.start - value.span.end))
    return 1.0 if gap <= 1 else 0.3


def _column_links(words: Sequence[Word], grid: Grid) -> Iterator[ColumnLink]:
    """Of each column all places of its whole name, else the best other one."""
    for column in grid.columns:
        found = list(_links_of(words, column, grid))
        whole = [link for link in found if link.strength == 1]
        yield from whole or sorted(found, key=lambda link: -link.strength)[:1]


def _links_of(words: Sequence[Word], column: Column, grid: Grid) -> Iterator[ColumnLink]:
    """By the whole name, by one of its words, by a word that means the same."""
    stems = [word.stem for word in words]
    name = column.stems
    size = len(name)
    for start in range(len(words) - size + 1):
        if tuple(stems[start : start + size]) == name and any(part not in STOP for part in name):
            yield ColumnLink(Span(start, start + size), column, 1.0)
    if size > 1:
        yield from _parts_of(words, column, grid)
    for at, word in enumerate(words):
        is_asked = word.text not in STOP or word.text in {"who", "when", "where"}
        if is_asked and _is_alike(word, name):
            yield ColumnLink(Span(at, at + 1), column, 0.55)


def _parts_of(words: Sequence[Word], column: Column, grid: Grid) -> Iterator[ColumnLink]:
    shared = _shares(column, grid)
    for at, word in enumerate(words):
        may_name = word.is_telling or word.text in NAMING
        if word.stem in column.stems and word.stem not in STOP and may_name:
            yield ColumnLink(Span(at, at + 1), column, 0.7 if shared[word.stem] == 1 else 0.4)


def _shares(column: Column, grid: Grid) -> dict[str, int]:
    return {name: sum(name in other.stems for other in grid.columns) for name in column.stems}


def _is_alike(word: Word, name: Sequence[str]) -> bool:
    """Tell whether a word stands for a name of one or two words in other words."""
    forms = {word.text, word.stem}
    head = {stem(part) for part in name[:2]} if len(name) <= 2 else set()
    return any(forms & set(group) and head & set(group) for group in ALIKE)
