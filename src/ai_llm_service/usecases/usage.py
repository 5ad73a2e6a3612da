"""What a tenant's calls used and cost, summed up from the ledger."""

from dataclasses import dataclass

from ai_llm_service.store.database import Database
from ai_llm_service.store.usage import UsageFilter, UsageGroup, UsageTotal


@dataclass(frozen=True, slots=True)
class UsageView:
    """All of it, and its parts."""

    total: UsageTotal
    parts: list[UsageTotal]


class UsageReader:
    """Reads the ledger, always of one tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def view(self, tenant_id: str, wanted: UsageFilter, group: UsageGroup, limit: int) -> UsageView:
        with self._database.snapshot() as store:
            total = store.usage.total(tenant_id, wanted)
            return UsageView(total, store.usage.totals(tenant_id, wanted, group, limit))
