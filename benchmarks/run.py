"""Measures what the service promises: `make bench`, or `make bench ONLY=submit,pick`.

Prints a table and writes bench.json. Run it on a quiet machine.
"""

import json
import os
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import (
    followups,
    http_figures,
    ingest,
    load,
    logs,
    machine,
    noop,
    queue_growth,
    search_speed,
    table_figures,
)
from benchmarks.figure import Benchmark, Figure

REPORT = Path("bench.json")
BENCHMARKS: dict[str, Benchmark] = {
    "fsync": machine.fsync,
    "submit": http_figures.submit,
    "frozen": http_figures.frozen,
    "pick": queue_growth.pick,
    "growth": queue_growth.growth,
    "noop": noop.noop,
    "overhead": load.overhead,
    "calls": load.calls,
    "recovery": http_figures.recovery,
    "logs": logs.logs,
    "pdf": ingest.pdf_pages,
    "log": ingest.log_megabytes,
    "search": search_speed.search,
    "embedding": search_speed.embedding,
    "followups": followups.followups,
    "table": table_figures.question,
    "hostile": table_figures.hostile,
    "big_table": table_figures.big,
}


def main() -> int:
    chosen = [name for name in os.environ.get("ONLY", "").split(",") if name] or list(BENCHMARKS)
    unknown = set(chosen) - set(BENCHMARKS)
    if unknown:
        print(f"There is no benchmark {sorted(unknown)}; there are: {', '.join(BENCHMARKS)}.")
        return 2
    facts = machine.facts()
    results: dict[str, list[Figure]] = {}
    for name in chosen:
        print(f"bench: {name} …", flush=True)
        results[name] = BENCHMARKS[name]()
        _write(facts, results)
    _show(facts, results)
    return 0


def _write(facts: dict[str, object], results: dict[str, list[Figure]]) -> None:
    figures = {name: [figure.as_json() for figure in found] for name, found in results.items()}
    report = {"machine": facts, "figures": figures}
    REPORT.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _show(facts: dict[str, object], results: dict[str, list[Figure]]) -> None:
    for name, fact in facts.items():
        print(f"{name}: {fact}")
    table = Table("figure", "value", "goal", "reached")
    for found in results.values():
        for figure in found:
            reached = {None: "", True: "yes", False: "no"}[figure.reached]
            value = f"{figure.value:.3g}" if figure.value < 100 else f"{figure.value:.0f}"
            table.add_row(figure.name, f"{value} {figure.unit}", figure.goal, reached)
    Console(width=110).print(table)


if __name__ == "__main__":
    sys.exit(main())
