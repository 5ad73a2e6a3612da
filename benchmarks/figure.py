"""What a benchmark returns, and how figures are made of samples."""

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. `goal` is told as the issue words it; `reached` is None without one."""

    name: str
    value: float
    unit: str
    goal: str = ""
    reached: bool | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


Benchmark = Callable[[], list[Figure]]


def at_most(name: str, value: float, unit: str, bound: float) -> Figure:
    return Figure(name, value, unit, f"≤ {bound:g}", value <= bound)


def at_least(name: str, value: float, unit: str, bound: float) -> Figure:
    return Figure(name, value, unit, f"≥ {bound:g}", value >= bound)


def percentile(samples: Sequence[float], percent: float) -> float:
    """The smallest sample that is not exceeded by that share of all."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def size(name: str, default: int) -> int:
    """A number that `BENCH_<NAME>` may change, to try a benchmark out in short."""
    return int(os.environ.get(f"BENCH_{name}", default))
