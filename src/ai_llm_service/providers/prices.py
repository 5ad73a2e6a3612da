"""What a call costs, by a dated table that is data: `prices.toml`, and a file of the operator's."""

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ai_llm_service.domain import Usage
from ai_llm_service.errors import InvalidConfiguration

BUILT_IN = Path(__file__).with_name("prices.toml")
MILLION = 1_000_000
NUMBERS = (
    "input",
    "output",
    "cached",
    "search_call",
    "long_from",
    "long_input_factor",
    "long_output_factor",
)


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens. `cached` None: a cached token costs as any other."""

    model: str
    input: float
    output: float
    since: str
    source: str
    cached: float | None = None
    search_call: float = 0.0
    long_from: float | None = None
    long_input_factor: float = 1.0
    long_output_factor: float = 1.0

    def cost(self, usage: Usage) -> float:
        cached_price = self.input if self.cached is None else self.cached
        fresh = max(0, usage.input_tokens - usage.cached_tokens)
        read = (fresh * self.input + usage.cached_tokens * cached_price) / MILLION
        written = usage.output_tokens * self.output / MILLION
        if self.long_from is not None and usage.input_tokens > self.long_from:
            read, written = read * self.long_input_factor, written * self.long_output_factor
        return read + written + usage.search_calls * self.search_call


class Prices:
    """The table. The first entry that fits a model's name counts."""

    def __init__(self, entries: tuple[Price, ...]) -> None:
        self._entries = entries

    def find(self, model: str) -> Price | None:
        """The price of `provider:model`; None when nobody told it."""
        return next((each for each in self._entries if fnmatchcase(model, each.model)), None)

    def cost(self, model: str, usage: Usage) -> float | None:
        """In US dollars; None when the price is not known."""
        price = self.find(model)
        return None if price is None else price.cost(usage)


def load_prices(own_file: Path | None = None) -> Prices:
    """The built-in table, with the operator's entries before it, or InvalidConfiguration."""
    own = () if own_file is None else _read(own_file)
    return Prices((*own, *_read(BUILT_IN)))


def _read(file: Path) -> tuple[Price, ...]:
    try:
        listed = tomllib.loads(file.read_text("utf-8"))["price"]
        return tuple(_entry(each) for each in listed)
    except OSError as error:
        raise InvalidConfiguration(f"PRICES_FILE can't be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InvalidConfiguration(
            "PRICES_FILE is not accepted: each [[price]] needs model, input, output, since and"
            " source; prices are numbers, in US dollars per million tokens."
        ) from None


def _entry(values: dict[str, Any]) -> Price:
    numbers = {name: float(values[name]) for name in NUMBERS if name in values}
    if any(not 0 <= number < float("inf") for number in numbers.values()):
        raise ValueError
    told = {name: str(values[name]) for name in ("model", "since", "source")}
    unknown = set(values) - set(numbers) - set(told)
    if unknown:
        raise ValueError
    return Price(**told, **numbers)  # type: ignore[arg-type]
