"""Conditions on how a text is written: `with the word "love" in the title`, `begins with P`."""

import re
from collections.abc import Iterator

from ai_llm_service.search.tables.rules.grid import Column
from ai_llm_service.search.tables.rules.plan import Filter
from ai_llm_service.search.tables.rules.words import fold
from ai_llm_service.search.tables.sqltext import text_of

_QUOTE = r"[\"'“”]?"
_FORMS = (
    (
        re.compile(
            r"\b(?:have|has|had|with|contain\w*|includ\w*|featur\w*|us(?:e|es|ing))\s+"
            rf"(?:the )?(?:words?|phrase|letters?|text)\s+{_QUOTE}([\w' -]+?){_QUOTE}"
            r"(?=\s+(?:in|as)\b|[?,.]|$)"
        ),
        "%{}%",
        "contains",
    ),
    (
        re.compile(
            r"\b(?:start|begin)(?:s|ning|ing)?\s+(?:with|in)\s+(?:an? |the )?"
            rf"(?:letters?\s+)?{_QUOTE}(\w+){_QUOTE}"
        ),
        "{}%",
        "begins with",
    ),
    (
        re.compile(
            r"\bend(?:s|ing)?\s+(?:with|in)\s+(?:an? |the )?(?:letters?\s+)?"
            rf"{_QUOTE}(\w+){_QUOTE}"
        ),
        "%{}",
        "ends with",
    ),
)


def written(text: str, column: Column | None) -> Iterator[tuple[Filter, re.Match[str]]]:
    """All such conditions, on the column that is meant."""
    if column is None or column.is_numeric:
        return
    for pattern, like, word in _FORMS:
        for match in pattern.finditer(text):
            part = match[1].strip()
            rows = frozenset(at for at, cell in enumerate(column.cells) if _is_so(cell, part, word))
            wanted = like.format(re.sub(r"([%_\\])", r"\\\1", part))
            # Quotes around a cell are no part of it.
            bare = f"""trim(strip_accents({column.written}), '"“”''* ')"""
            sql = f"{bare} ILIKE {text_of(wanted)} ESCAPE '\\'"
            yield Filter(sql, f"{column.name} {word} {part}", rows, column), match


def _is_so(cell: str, part: str, word: str) -> bool:
    bare = fold(cell).strip("\"“”'* ")
    if word == "contains":
        return part in bare
    return bare.startswith(part) if word == "begins with" else bare.endswith(part)
