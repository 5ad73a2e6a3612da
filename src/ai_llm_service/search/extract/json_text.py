"""The parsers of JSON: the text as it is, or over several lines if it is one."""

import json
import re

from ai_llm_service.domain import Extraction, Section, SectionKind
from ai_llm_service.search.extract.plain import parse_plain
from ai_llm_service.search.extract.source import Source

# A file of one line longer than this is written over several, so that its lines can be cited.
MAX_LINE_CHARACTERS = 300
# An object or list without further ones inside stays on its line up to this length.
MAX_FLAT_CHARACTERS = 300
MAX_INDENT = 8
# To check JSON takes ten times its size in memory.
MAX_CHECKED_CHARACTERS = 32 * 1024 * 1024

_STRING = r'"(?:[^"\\]++|\\.)*+"'
_MARK = rf"{_STRING}|[{{}}\[\],]\s*+"
_FLAT = rf'[{{\[](?:[^{{}}\[\]"]++|{_STRING})*+[}}\]]'
_NESTED = rf'[{{\[](?:[^{{}}\[\]"]++|{_STRING}|{_FLAT})*+[}}\]]'
_LEVELS = tuple(
    re.compile(pattern, re.DOTALL) for pattern in (_MARK, f"{_FLAT}|{_MARK}", f"{_NESTED}|{_MARK}")
)


def parse_json(source: Source) -> Extraction:
    """Read JSON as it is, or over several lines if it is one; broken JSON is text, with a note."""
    plain = parse_plain(source)
    text, notes = plain.text, plain.notes
    if not _is_json(text):
        notes = (*notes, "The file is not JSON that can be parsed; it was read as plain text.")
    elif "\n" not in text.strip() and len(text) > MAX_LINE_CHARACTERS:
        text = _Lines().of(text)
    return Extraction(text, (), plain.encoding, notes)


def parse_json_lines(source: Source) -> Extraction:
    """Read a record a line; the lines are rows."""
    plain = parse_plain(source)
    rows = Section(SectionKind.ROWS, "1", 0, len(plain.text))
    return Extraction(plain.text, (rows,), plain.encoding, plain.notes)


def _is_json(text: str) -> bool:
    if len(text) > MAX_CHECKED_CHARACTERS:
        return True
    return _parses(text) or all(_parses(line) for line in text.split("\n") if line.strip())


def _parses(text: str) -> bool:
    try:
        json.loads(text, parse_int=str, parse_float=str)
    except (RecursionError, ValueError):
        return False
    return True


class _Lines:
    """Breaks JSON into lines by adding white space alone: no value is changed.

    What fits one line stays on it: an object with at most one level of others inside.
    """

    def __init__(self) -> None:
        self._depth = 0

    def of(self, text: str, level: int = len(_LEVELS) - 1) -> str:
        return _LEVELS[level].sub(lambda match: self._broken(match[0], level), text)

    def _broken(self, part: str, level: int) -> str:
        mark = part.rstrip()
        if mark[0] == '"':
            return part
        if len(mark) > 1:
            return part if len(mark) <= MAX_FLAT_CHARACTERS else self.of(part, level - 1)
        self._depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(mark, 0)
        indent = "\n" + " " * min(self._depth, MAX_INDENT)
        return indent + mark if mark in "}]" else mark + indent
