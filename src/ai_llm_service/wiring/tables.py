"""From settings to what finds tables and computes over them."""

from dataclasses import dataclass

from ai_llm_service.search.tables.sandbox import RunLimits, Sandbox
from ai_llm_service.search.tables.workshop import BuildLimits, TableWorkshop


@dataclass(frozen=True, slots=True)
class TableParts:
    """Who makes the files of tables, and who runs statements over them; one of each a process."""

    workshop: TableWorkshop
    sandbox: Sandbox


def build_tables() -> TableParts:
    return TableParts(TableWorkshop(BuildLimits()), Sandbox(RunLimits()))
