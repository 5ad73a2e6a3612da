"""Which lines are the rows of a table, by the line that names their cells."""

import re

MIN_CELLS = 3
_DELIMITERS = ",;\t|"


def is_row_of(header: str, line: str) -> bool:
    """Whether a line has as many cells as the table's first one, which names them."""
    # Two sentences with as many commas are no table, nor is a text whose cells are sentences.
    if line == header or "\n" in line or re.search(r"\d|[.!?।…]\Z", header):
        return False
    delimiter = max(_DELIMITERS, key=header.count)
    cells = header.count(delimiter) + 1
    return cells >= MIN_CELLS and line.count(delimiter) + 1 == cells
