"""Which column an adjective measures: `faster` a time, `older` an age or a year."""

from ai_llm_service.search.tables.rules.grid import Column, Grid

_TIMES = ("time", "date", "year")
# The stems of the columns that a word asks for, and whether the larger number is meant.
_OWN: dict[str, tuple[tuple[str, ...], bool]] = {
    "faster": (("time", "speed"), False),
    "quicker": (("time",), False),
    "slower": (("time",), True),
    "older": (("age", "year", "built", "found", "establish", "open"), False),
    "younger": (("age",), False),
    "longer": (("length", "durat", "distanc", "time", "long"), True),
    "shorter": (("length", "durat", "distanc", "height", "time"), False),
    "taller": (("height", "elev", "tall"), True),
    "heavier": (("weight", "mass"), True),
    "later": (_TIMES, True),
    "earlier": (_TIMES, False),
}


def of_word(grid: Grid, word: str, but: Column | None = None) -> tuple[Column, bool, float] | None:
    """Find the column, whether more of it is meant, and how sure that is."""
    names, is_more = _OWN.get(word, ((), True))
    for name in names:
        columns = [c for c in grid.columns if c.is_numeric and name in c.stems]
        columns = [c for c in columns if c is not but]
        if columns:
            # Who is older has the larger age, or the earlier year.
            more = name == "age" if word == "older" else is_more
            more = more if name != "speed" else not is_more
            return columns[0], more, 0.9 if len(columns) == 1 else 0.7
    return None
