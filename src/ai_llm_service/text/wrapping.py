"""Lines of a text: which are records of their own, and which are prose that was wrapped."""

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from ai_llm_service.text.patterns import Pattern
from ai_llm_service.text.words import STOP_WORDS

# Start, end, and whether it is a record: a row of a log or a table.
Line = tuple[int, int, bool]

# A wrapped line is filled to about the width of its paragraph; nobody wraps wider than this.
MAX_WRAP_CHARACTERS = 200
MIN_WRAP_CHARACTERS = 45
FILLED, FILLED_BEFORE_SMALL = 0.85, 0.6
# A log of a million lines is looked at a few pages at a time.
LINES_AT_ONCE = 500
# Prose has a comma at least every so many lines, and a stop; its lines are full and go over into
# each other; and they don't say the same again, as entries of one kind do.
MAX_LINES_PER_MARK, MAX_LINES_PER_STOP = 6, 12
LEAST_FILLED = 0.75
LEAST_RUN_OVER = 0.5
LEAST_ALIKE, MAX_ALIKE_PAIRS = 0.4, 0.3

_NO_WRAP_AFTER = ".!?:;।॥۔؟。！？"
_MARK = Pattern(r"""[.!?:;,…]["'”’)\]]*+(?=\s|\Z)|[।॥۔؟،؛。！？、，；：]""")
_STOP = Pattern(r"""[.!?:;…]["'”’)\]]*+(?=\s|\Z)|[।॥۔؟؛。！？；]""")
_BEGINNING = Pattern(r"""[.!?…]["'”’)\]]*+\s++["'“‘(\[]?\p{Lu}""")
_WORD = Pattern(r"\p{L}[\p{L}\p{M}]++")
_ITEM = Pattern(r"[\-*•·–>]\s|\(?\d{1,3}[.)]\s|\(?\p{L}[.)]\s")
# A line of a log, a table, a heading or JSON shows itself among its first characters.
_RECORD_START = Pattern(r"""[\[<{|#+=]|\d[\d:/.\-]{5,}|"[^"]*"\s*[,:]""")
_LEVEL = Pattern(r"\b(?:INFO|WARN|WARNING|ERROR|DEBUG|TRACE|FATAL|CRITICAL)\b")
# By what each of them can't be without: most lines need no search.
_RECORD_SIGNS = (
    (":", 2, Pattern(r"\d\d:\d\d:\d\d")),
    ("\t", 1, Pattern(r"\t")),
    ("|", 1, Pattern(r"\ \|\ ")),
    ("=", 2, Pattern(r"\w=.*\w=")),
    (",", 1, Pattern(r"(?:[,;][^\s,;]++){3}")),
    (";", 1, Pattern(r"(?:[,;][^\s,;]++){3}")),
)
RECORD_HEAD_CHARACTERS = 200


def joined_lines(text: str, start: int, end: int) -> Iterator[Line]:
    """Take the lines of a paragraph; those that were only wrapped are one."""
    lines = ((*span, _is_record(text, *span)) for span in _lines(text, start, end))
    while page := list(islice(lines, LINES_AT_ONCE)):
        width = max((last - first for first, last, is_record in page if not is_record), default=0)
        run = page[:1]
        for line in page[1:]:
            if not _may_go_on(text, run[-1], line, width):
                yield from _prose_or_lines(text, run)
                run = []
            run.append(line)
        yield from _prose_or_lines(text, run)


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Take each line that is not blank, without the blanks at its ends."""
    while start < end:
        line_end = text.find("\n", start, end)
        line_end = end if line_end < 0 else line_end
        line = text[start:line_end]
        if content := line.strip():
            first = start + len(line) - len(line.lstrip())
            yield first, first + len(content)
        start = line_end + 1


def _is_record(text: str, start: int, end: int) -> bool:
    head = text[start : min(end, start + RECORD_HEAD_CHARACTERS)]
    if _RECORD_START.match(head) or (not head.islower() and _LEVEL.search(head)):
        return True
    return any(
        head.count(sign) >= least and pattern.search(head) is not None
        for sign, least, pattern in _RECORD_SIGNS
    )


def _may_go_on(text: str, line: Line, following: Line, width: int) -> bool:
    """Tell whether a line may go on in the next one: its first word had no place any more."""
    length = line[1] - line[0]
    if line[2] or following[2] or length < MIN_WRAP_CHARACTERS:
        return False
    if width > MAX_WRAP_CHARACTERS or text[line[1] - 1] in _NO_WRAP_AFTER:
        return False
    after = text[following[0] : following[1]]
    if _ITEM.match(after):
        return False
    filled = FILLED_BEFORE_SMALL if after[0].islower() else FILLED
    return length + 1 + len(_first_word(after)) > width * filled


def _prose_or_lines(text: str, run: Sequence[Line]) -> Iterator[Line]:
    """Join the lines if they read as prose: entries of a log may be of one width by chance."""
    if len(run) == 1 or _is_prose([text[first:last] for first, last, _ in run]):
        yield run[0][0], run[-1][1], run[0][2]
    else:
        yield from run


def _is_prose(lines: Sequence[str]) -> bool:
    marks, stops = (
        sum(len(mark.findall(line)) for line in lines) * most
        for mark, most in ((_MARK, MAX_LINES_PER_MARK), (_STOP, MAX_LINES_PER_STOP))
    )
    if min(marks, stops) < len(lines):
        return False
    borders = list(pairwise(lines))
    full = max(map(len, lines)) * FILLED
    filled = sum(len(line) + 1 + len(_first_word(after)) > full for line, after in borders)
    over = sum(_runs_over(line, after) for line, after in borders)
    if filled < LEAST_FILLED * len(borders) or over < LEAST_RUN_OVER * len(borders):
        return False
    alike = sum(_are_alike(line, after) for line, after in borders)
    return alike <= MAX_ALIKE_PAIRS * len(borders)


def _first_word(line: str) -> str:
    return line.split(maxsplit=1)[0]


def _runs_over(line: str, following: str) -> bool:
    """Whether a sentence goes over the end of the line."""
    first = following[0]
    is_small = first.isalpha() and not first.isupper()
    is_open = line[-1] in ",-–—" or line.rsplit(maxsplit=1)[-1].casefold() in STOP_WORDS
    return is_small or is_open or _BEGINNING.search(line) is not None


def _are_alike(line: str, following: str) -> bool:
    """Whether two lines share so many words that they are entries of one kind."""
    ours, theirs = (set(_WORD.findall(part.casefold())) for part in (line, following))
    return len(ours & theirs) >= LEAST_ALIKE * len(ours | theirs) > 0
