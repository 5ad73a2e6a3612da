"""The time of a log's line, as seconds of its own clock.

Zones are not applied: people ask for the hours that they read in the log.
"""

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache

SECONDS_PER_DAY = 86_400
NOON_HOURS = 12
# A log that names no year is put into this one; it is a leap year.
YEARLESS = 2000

MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DAY_NAME = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_ZONE = r"(?: ?(?:Z\b|UTC\b|GMT\b|[+-]\d{2}:?\d{2}(?!\d)))?"

ISO = rf"\d{{4}}[-/.]\d\d[-/.]\d\d(?:[T_ ]|, ?){_CLOCK}{_ZONE}"
SYSLOG = rf"{MONTH} {{1,2}}\d{{1,2}}(?: \d{{4}})? {_CLOCK}"
APACHE = rf"{_DAY_NAME} {MONTH} +\d{{1,2}} {_CLOCK}(?: [A-Z]{{3,4}})? \d{{4}}"
ACCESS = rf"\d{{1,2}}/{MONTH}/\d{{4}}[: ]{_CLOCK}{_ZONE}"
SHORT = rf"\d\d/\d\d/\d\d {_CLOCK}"
TIME = rf"{_CLOCK}"
ANY = (
    rf"(?:{ISO}|{APACHE}|{SYSLOG}|{ACCESS}|\d\d[-/]\d\d[-/]\d{{4}} {_CLOCK}|{SHORT}|"
    rf"\d{{1,2}}[ -]{MONTH}[ -]\d{{4}} {_CLOCK}|\d\d-\d\d {_CLOCK}|{MONTH} \d{{1,2}}, \d{{4}} "
    rf"\d{{1,2}}:\d\d:\d\d(?: [AP]M)?|{TIME})"
)

_TIME_OF_DAY = re.compile(r"(?<!\d)(\d{1,2}):(\d\d?):(\d\d?)(?:[.,:](\d+))?")
_ISO_DATE = re.compile(r"(\d{4})[-/.](\d\d)[-/.](\d\d)")
_COMPACT_DATE = re.compile(r"(\d{4})(\d\d)(\d\d)")
_SHORT_DATE = re.compile(r"(\d\d)/(\d\d)/(\d\d)(?!\d)")
_DAY_FIRST = re.compile(r"(\d\d)[-/](\d\d)[-/](\d{4})")
_NAMED = re.compile(rf"(?:(\d{{1,2}})[ /-])?({MONTH})(?:[ /-]+(\d{{1,2}})(?!\d))?", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_MONTH_AND_DAY = re.compile(r"(\d\d)[-./]?(\d\d)")

ToSeconds = Callable[[str], float]


def usual(text: str) -> float:
    """The seconds of any time that writes its hours with colons."""
    match = _TIME_OF_DAY.search(text)
    if match is None:
        raise ValueError(text)
    start, end = match.span()
    hours, minutes, seconds, fraction = match.groups()
    rest = text[end:]
    day = day_of(text[:start] + "|" + rest)
    total = day * SECONDS_PER_DAY + int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    if rest[:3] in {" PM", " AM"}:
        total += (NOON_HOURS if rest[1] == "P" else 0) * 3600 - int(hours) // NOON_HOURS * 43_200
    return total + (float(f"0.{fraction}") if fraction else 0.0)


def hadoop(text: str) -> float:
    """`081109 203615`."""
    day, clock = text.split(" ", 1)
    days = day_of(f"20{day[:2]}-{day[2:4]}-{day[4:]}|")
    return days * SECONDS_PER_DAY + int(clock[:2]) * 3600 + int(clock[2:4]) * 60 + int(clock[4:])


def blue_gene(text: str) -> float:
    """`2005-06-03-15.42.50.675872`."""
    day, clock, fraction = text[:10], text[11:19].replace(".", ":"), text[20:]
    return usual(f"{day} {clock}.{fraction}")


def epoch(text: str) -> float:
    """Seconds since 1970, or thousandths, millionths, billionths of them."""
    value = float(text)
    while value > 1e11:
        value /= 1000
    return value


@lru_cache(maxsize=4096)
def day_of(text: str) -> int:
    """The number of the day that is written around a clock; 0 where there is only a clock."""
    text = text.strip(" |[]TZ,")
    try:
        return _day(text)
    except ValueError:
        return 0


def _day(text: str) -> int:
    if match := _ISO_DATE.search(text) or _COMPACT_DATE.match(text):
        return _number(*map(int, match.groups()))
    if match := _SHORT_DATE.search(text):
        return _number(2000 + int(match[1]), int(match[2]), int(match[3]))
    if match := _DAY_FIRST.search(text):
        return _number(int(match[3]), *_month_and_day(int(match[2]), int(match[1])))
    year = int(match[1]) if (match := _YEAR.search(text)) else YEARLESS
    if (match := _NAMED.search(text)) and (match[1] or match[3]):
        return _number(year, MONTHS[match[2].lower()], int(match[1] or match[3]))
    if match := _MONTH_AND_DAY.match(text):
        return _number(YEARLESS, int(match[1]), int(match[2]))
    return 0


def _month_and_day(month: int, day: int) -> tuple[int, int]:
    return (day, month) if month > NOON_HOURS else (month, day)


def _number(year: int, month: int, day: int) -> int:
    return date(year, month, day).toordinal() - date(1970, 1, 1).toordinal()


def clock_text(seconds: float) -> str:
    """`10:07:42`, the time of day."""
    whole = int(seconds) % SECONDS_PER_DAY
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"


def duration_text(seconds: float) -> str:
    """`11 min 22 s`: the two largest units."""
    if seconds < 60:
        return f"{seconds:.3g} s" if seconds < 10 else f"{seconds:.0f} s"
    units = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))
    left, parts = round(seconds), []
    for name, size in units:
        count, left = divmod(left, size)
        parts.append(f"{count} {name}" if count else "")
    first = next(place for place, part in enumerate(parts) if part)
    return " ".join(part for part in parts[first : first + 2] if part)
