"""In which form the values of a column are written: 1,234.5 or 1.234,5, 12-Mar-24, ₹ or %."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ai_llm_service.domain import ColumnType
from ai_llm_service.search.tables.raw import is_null

# A column takes a type when all but a few of its values have it; the others count as empty.
MOST_STRAYS = 0.02
MAX_DIGITS = 18
LOOKED_AT = 20
# More ways to write a date in one column are no dates.
MOST_FORMATS = 4

_SIGNS = r"₹\$€£¥"
_CODES = r"(?:Rs\.?|INR|USD|EUR|GBP|CHF|JPY|US\$)"
_PREFIX = re.compile(rf"^([{_SIGNS}]|{_CODES})\s*(?=[-+−(]?\d)", re.IGNORECASE)
_SUFFIX = re.compile(rf"(?<=\d)\s*(%|‰|[{_SIGNS}]|{_CODES}|[A-Za-z²³°µ/][\w²³°µ/.]{{0,9}})$")
_BRACKETS = re.compile(r"^\((.*)\)$")
_INTEGER = re.compile(r"[-+]?\d+")
_PLAIN = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_COMMA_GROUPS = re.compile(r"[-+]?\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d+)?")
_POINT_GROUPS = re.compile(r"[-+]?\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")
_SPACE_GROUPS = re.compile(r"[-+]?\d{1,3}(?:[  \u202f’']\d{3})+(?:[.,]\d+)?")
_BOOLEANS = frozenset(("true", "false"))

DATE_FORMATS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y",
    "%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%b-%y", "%d-%b-%Y", "%d-%B-%Y", "%d %b %Y", "%d %B %Y",
    "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y", "%d %b %y", "%b-%d-%Y", "%d/%b/%Y",
)  # fmt: skip
TIME_PARTS = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
_LOOKS_DATED = re.compile(r"\d.*\d")
_ISO = {"%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"}
_OFFSET = re.compile(r"(?:Z|[+-]\d\d:?\d\d)$")


@dataclass(frozen=True, slots=True)
class Form:
    """A type and how it is written: the decimal sign, what stands around a number, date formats."""

    type: ColumnType
    decimal: str = "."
    grouping: str = ""
    around: str = ""
    formats: tuple[str, ...] = ()
    note: str | None = None

    @property
    def is_plain(self) -> bool:
        """Tell whether the written value is the canonical one."""
        numbers = self.decimal == "." and not self.grouping and not self.around
        return numbers and set(self.formats) <= _ISO


TEXT = Form(ColumnType.TEXT)


def is_value(cell: str) -> bool:
    """Tell whether a cell is a number or a date, not a name."""
    plain = cell.strip()
    if not plain or not any(map(str.isdigit, plain)):
        return False
    core, _ = _core(plain)
    return _number_kinds(core) != set() or _date_format(plain) is not None


def find_form(cells: Sequence[str]) -> Form:
    """Find the form that all but a few of the cells have; text when there is none."""
    values = [cell.strip() for cell in cells if not is_null(cell)]
    if not values:
        return TEXT
    if {value.lower() for value in values} <= _BOOLEANS:
        return Form(ColumnType.BOOLEAN)
    return _number_form(values) or _date_form(values) or TEXT


def _core(value: str) -> tuple[str, str]:
    """Take sign, currency, per cent and unit from around the number: what is left, what went."""
    value = value.replace("−", "-").replace("\u2009", " ")
    around = ""
    if _PLAIN.fullmatch(value):
        # The exponent of 1e5 is no unit.
        return value, around
    negative = bool(bracketed := _BRACKETS.match(value))
    if bracketed:
        value, around = bracketed[1], "()"
    if before := _PREFIX.match(value):
        value, around = value[before.end() :], around + before[1]
    elif re.match(rf"[-+][{_SIGNS}]", value):
        value, around = value[0] + value[2:], around + value[1]
    if after := _SUFFIX.search(value):
        value, around = value[: after.start()], around + after[1]
    if value.endswith("-") and value[:-1].isdigit():
        value, around = "-" + value[:-1], around + "-"
    return ("-" + value if negative else value), around


def _number_kinds(core: str) -> set[str]:
    patterns = {
        "plain": _PLAIN,
        "comma_groups": _COMMA_GROUPS,
        "point_groups": _POINT_GROUPS,
        "decimal_comma": _DECIMAL_COMMA,
        "space_groups": _SPACE_GROUPS,
    }
    return {kind for kind, pattern in patterns.items() if pattern.fullmatch(core)}


def _number_form(values: Sequence[str]) -> Form | None:
    cores = [_core(value) for value in values]
    units = {around.strip("()-") for _, around in cores}
    if len(units - {""}) > 1:
        return None
    kinds = [_number_kinds(core) for core, _ in cores]
    styles = [_style(kinds, style) for style in ("en", "de", "space")]
    best = max(styles)
    if best < (1 - MOST_STRAYS) * len(values):
        return None
    style = ("en", "de", "space")[styles.index(best)]
    plain = [core for core, kind in zip(cores, kinds, strict=True) if kind]
    if style == "en" and any(_is_code(core) for core, _ in plain):
        return None
    return _made([core for core, _ in plain], style, next(iter(units - {""}), ""), cores)


def _style(kinds: list[set[str]], style: str) -> int:
    accepted = {
        "en": {"plain", "comma_groups"},
        "de": {"point_groups", "decimal_comma"},
        "space": {"space_groups"},
    }[style]
    certain = sum(bool(kind & accepted) for kind in kinds)
    if style == "en" or not certain:
        return certain
    # Whole numbers below a thousand have no style of their own.
    return certain + sum(kind == {"plain"} for kind in kinds)


def _is_code(core: str) -> bool:
    """Zeros in front and very long digits are names, not amounts."""
    digits = core.lstrip("+-")
    whole = digits.partition(".")[0].replace(",", "")
    return len(whole) > MAX_DIGITS or (len(whole) > 1 and whole.startswith("0"))


def _made(cores: list[str], style: str, unit: str, pairs: list[tuple[str, str]]) -> Form:
    around = unit or ("()" if any(around for _, around in pairs) else "")
    if style == "de":
        return _noted(cores, Form(ColumnType.NUMBER, ",", ".", around))
    if style == "space":
        comma = any("," in core for core in cores)
        return _noted(cores, Form(ColumnType.NUMBER, "," if comma else ".", " ", around))
    grouping = "," if any("," in core for core in cores) else ""
    return _noted(cores, Form(ColumnType.NUMBER, ".", grouping, around))


def _noted(cores: list[str], form: Form) -> Form:
    whole = all(_is_whole(core, form) for core in cores)
    parts = []
    if form.grouping or form.decimal == ",":
        example = {".": "1.234,5", " ": "1 234,5", ",": "1,234.5"}[form.grouping]
        parts.append(f"numbers are written like {example}")
    if form.around == "%":
        parts.append("per cent, computed as the number before the sign")
    elif form.around == "()":
        parts.append("numbers in brackets or with a sign behind are negative")
    elif form.around:
        parts.append(f"with {form.around}")
    kind = ColumnType.INTEGER if whole else ColumnType.NUMBER
    return Form(kind, form.decimal, form.grouping, form.around, (), "; ".join(parts) or None)


def _is_whole(core: str, form: Form) -> bool:
    return bool(_INTEGER.fullmatch(core.replace(form.grouping or "\0", "")))


def _date_form(values: Sequence[str]) -> Form | None:
    """Find the formats that read the column; the order of day and month is one for all."""
    if not all(_LOOKS_DATED.search(value) for value in values[:20]):
        return None
    bare = [_OFFSET.sub("", value) if ":" in value else value for value in values]
    fits = {fmt: count for fmt in _formats(bare) if (count := _count(bare, fmt))}
    least = (1 - MOST_STRAYS) * len(values)
    best = max(fits, key=lambda fmt: fits[fmt], default=None)
    if best is None:
        return None
    if fits[best] < least:
        return _mixed_dates(bare, fits, least)
    twin = _twin(best)
    note = None if best in _ISO else f"dates are read as {_told(best)}"
    if twin and fits.get(twin) == fits[best]:
        note = f"dates are read as {_told(best)}, day first; the column does not tell"
    kind = ColumnType.TIMESTAMP if ":" in best else ColumnType.DATE
    return Form(kind, formats=(best,), note=note)


def _mixed_dates(values: Sequence[str], fits: dict[str, int], least: float) -> Form | None:
    """Put formats together until they read the column; never both orders of day and month."""
    chosen: list[str] = []
    left = list(values)
    while left and len(chosen) < MOST_FORMATS:
        orders = {_order(fmt) for fmt in chosen} - {""}
        allowed = [fmt for fmt in fits if not orders or _order(fmt) in orders | {""}]
        counts = {fmt: _count(left, fmt) for fmt in allowed}
        best = max(counts, key=lambda fmt: (counts[fmt], fits[fmt]), default=None)
        if best is None or not counts[best]:
            break
        chosen.append(best)
        left = [value for value in left if not _reads(value, best)]
    if len(values) - len(left) < least or len(chosen) < 2:
        return None
    # Two digits of a year are tried first: four would be taken for a year of the Romans.
    chosen.sort(key=lambda fmt: "%Y" in fmt)
    told = ", ".join(dict.fromkeys(_told(fmt) for fmt in chosen))
    note = f"dates are written in {len(chosen)} ways, read as {told}"
    if any(fits.get(_twin(fmt) or "") == fits[fmt] for fmt in chosen):
        note += ", day first; the column does not tell"
    kind = ColumnType.TIMESTAMP if ":" in chosen[0] else ColumnType.DATE
    return Form(kind, formats=tuple(chosen), note=note)


def _formats(values: Sequence[str]) -> list[str]:
    first = values[0]
    if ":" not in first:
        return list(DATE_FORMATS)
    joints = ("T",) if "T" in first else (" ", ", ")
    return [f"{d}{j}{t}" for d in DATE_FORMATS for j in joints for t in TIME_PARTS]


def _count(values: Sequence[str], fmt: str) -> int:
    # Most formats fail at once: some values decide whether the others are tried.
    if not any(_reads(value, fmt) for value in values[:LOOKED_AT]):
        return 0
    return sum(_reads(value, fmt) for value in values)


def _reads(value: str, fmt: str) -> bool:
    try:
        datetime.strptime(value, fmt)  # noqa: DTZ007
    except ValueError:
        return False
    return True


def _date_format(value: str) -> str | None:
    if len(value) > 40 or sum(map(str.isdigit, value)) < 3:
        return None
    bare = _OFFSET.sub("", value) if ":" in value else value
    return next((fmt for fmt in _formats([bare]) if _reads(bare, fmt)), None)


def _twin(fmt: str) -> str | None:
    """Name the format with day and month the other way round."""
    if fmt.startswith(("%d/%m", "%d-%m")):
        return fmt.replace("%d", "\0").replace("%m", "%d").replace("\0", "%m")
    return None


def _order(fmt: str) -> str:
    """Tell which of day and month is first, where both are numbers."""
    found = re.match(r"%([dm])[/-]%[dm]", fmt)
    return found[1] if found else ""


def _told(fmt: str) -> str:
    words = {"%Y": "year", "%y": "year", "%m": "month", "%b": "month", "%B": "month", "%d": "day"}
    found = re.findall(r"%[YymbBd]", fmt)
    return " – ".join(words[part] for part in found)
