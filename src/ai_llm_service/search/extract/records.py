"""Records of delimited text: which character delimits them, and what their cells are."""

import csv
from collections import Counter
from collections.abc import Iterable

DELIMITERS = ",\t;|"
MAX_RECORDS = 200
# Of the records of a table, nearly all have as many cells as the others.
REGULAR_SHARE = 0.9


def delimiter_of(text: str) -> str:
    """The character that cuts the lines most evenly, a comma where none does."""
    scored = [(_evenness(split_records(text, each)), each) for each in DELIMITERS]
    best = max(scored, key=lambda pair: pair[0])
    return best[1] if best[0] > 0 else ","


def is_regular(records: list[list[str]]) -> bool:
    """Whether nearly all records have the same number of cells, and more than one."""
    return len(records) > 1 and _evenness(records) >= REGULAR_SHARE


def split_records(text: str, delimiter: str) -> list[list[str]]:
    """The cells of the first records; a row that has no end within the text is left out."""
    lines = text.split("\n")
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter)
    records: list[list[str]] = []
    try:
        for record in reader:
            records.append(record)
            if len(records) == MAX_RECORDS:
                break
    except csv.Error:
        return records
    return records


def _evenness(records: Iterable[list[str]]) -> float:
    """The share of the commonest width among the records that are not blank."""
    widths = Counter(len(record) for record in records if any(record))
    if not widths:
        return 0.0
    width, count = widths.most_common(1)[0]
    return count / widths.total() if width > 1 else 0.0
