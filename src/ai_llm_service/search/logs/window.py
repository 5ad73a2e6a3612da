"""The part of a log that a question is about: between two times, after one, on a day."""

import re
from dataclasses import dataclass

from ai_llm_service.search.logs import clock
from ai_llm_service.search.logs.wording import Wording

_CLOCK = (
    r"(?P<{0}>\d{{1,2}}:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?[ap]\.?m\b\.?)?|\d{{1,2}} ?[ap]\.?m\b\.?)"
)
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DATE = (
    r"(?P<{0}>\d{{4}}[-/]\d\d[-/]\d\d|(?:"
    + _MONTHS
    + r")\w* \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?"
    r"|\d{{1,2}}(?:st|nd|rd|th)? (?:" + _MONTHS + r")\w*(?: \d{{4}})?)"
)


def _time(number: int) -> str:
    date, hours = _DATE.format(f"date{number}"), _CLOCK.format(f"clock{number}")
    return rf"(?:(?:on )?{date}(?:[t,]? ?(?:at )?))?{hours}"


_BETWEEN = re.compile(
    rf"\b(?:between|from|during) {_time(1)} ?(?:and|to|until|till|[-–]) ?{_time(2)}"
)
_FROM = re.compile(rf"\b(?:after|since|from|starting at) {_time(1)}")
_UNTIL = re.compile(rf"\b(?:before|until|till|up to|by) {_time(1)}")
_ON = re.compile(rf"\b(?:on|during|of|in) {_DATE.format('date1')}")
_WITHIN_HOUR = re.compile(r"\b(?:in|during) the (?P<hour>\d{1,2})(?::00)? ?(?:o'clock )?hour\b")
_RELATIVE = re.compile(
    r"\b(?:in|during|within|of|for|over) the (?P<end>last|final|past|first) "
    r"(?:(?P<count>\d{1,4}|two|three|five|ten) )?(?P<unit>second|minute|hour|day)s?\b"
    r"(?: of the (?:log|run|file))?"
)
_COUNTS = {"two": 2, "three": 3, "five": 5, "ten": 10}
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_DIGITS = re.compile(r"\d+")
MINUTE_PARTS, NOON_HOURS = 2, 12


@dataclass(frozen=True, slots=True)
class Window:
    """Half open. `start` and `end` are seconds of the day, the days numbers as `clock` has them.

    A yearless day fits that day of any year. `head` and `tail` are seconds from the first time of
    the log on, and up to its last one.
    """

    start: float | None = None
    end: float | None = None
    first_day: int | None = None
    last_day: int | None = None
    text: str = ""
    head: float | None = None
    tail: float | None = None

    @property
    def is_open(self) -> bool:
        return not self.text


def take_window(wording: Wording) -> Window:
    """Take the times out of the question."""
    match = wording.take(_RELATIVE)
    return _relative(match) if match else _absolute(wording)


def _relative(match: re.Match[str]) -> Window:
    """`In the last 30 minutes`: the log's own last ones."""
    count = match["count"] or "1"
    seconds = float(_COUNTS.get(count) or int(count)) * _UNITS[match["unit"]]
    if match["end"] == "first":
        return Window(head=seconds, text=_told(match))
    return Window(tail=seconds, text=_told(match))


def _absolute(wording: Wording) -> Window:
    if match := wording.take(_BETWEEN):
        first, last = _day(match["date1"]), _day(match["date2"] or match["date1"])
        start, end = _seconds(match["clock1"]), _end(match["clock2"])
        return Window(start, end, first, last, _told(match))
    if match := wording.take(_WITHIN_HOUR):
        hour = int(match["hour"])
        return Window(hour * 3600.0, hour * 3600.0 + 3600, text=_told(match))
    if match := wording.take(_FROM):
        day = _day(match["date1"])
        return Window(_seconds(match["clock1"]), None, day, None, _told(match))
    if match := wording.take(_UNTIL):
        day = _day(match["date1"])
        return Window(None, _seconds(match["clock1"]), None, day, _told(match))
    if match := wording.take(_ON):
        day = _day(match["date1"])
        return Window(None, None, day, day, _told(match))
    return Window()


def _told(match: re.Match[str]) -> str:
    return " ".join(match[0].split())


def _day(date: str | None) -> int | None:
    if not date:
        return None
    plain = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b|,", "", date)
    short = re.sub(rf"({_MONTHS})[a-z]*", r"\1", plain)
    return clock.day_of(short + "|")


def _seconds(hours: str) -> float:
    parts = _DIGITS.findall(hours.replace(",", "."))
    whole = [int(part) for part in parts[:3]] + [0, 0]
    hour = whole[0]
    if "p" in hours and hour < NOON_HOURS:
        hour += NOON_HOURS
    elif "a" in hours and hour == NOON_HOURS:
        hour = 0
    fraction = float(f"0.{parts[3]}") if len(parts) > 3 else 0.0
    return hour * 3600 + whole[1] * 60 + whole[2] + fraction


def _end(hours: str) -> float:
    """A second that is named is within; of minutes and hours the beginning is the end."""
    has_seconds = hours.count(":") == MINUTE_PARTS
    return _seconds(hours) + (1.0 if has_seconds and "." not in hours else 0.0)
