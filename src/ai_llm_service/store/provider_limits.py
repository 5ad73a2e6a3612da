"""What all workers know of a provider's limits, where no Redis keeps it: one row a model."""

from dataclasses import asdict

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ai_llm_service.domain import LimitState
from ai_llm_service.store.tables_calls import provider_limits


class ProviderLimitRows:
    """The rows; `lock` first, so that states follow one another."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, key: str) -> LimitState:
        """What is known now; at first nothing."""
        state = self._connection.execute(
            select(provider_limits.c.state).where(provider_limits.c.key == key)
        ).scalar_one_or_none()
        return LimitState(**state) if state else LimitState()

    def lock(self, key: str) -> LimitState:
        """What is known, kept from all others until this transaction ends."""
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        self._connection.execute(
            dialect.insert(provider_limits).values(key=key, state={}).on_conflict_do_nothing()
        )
        state = self._connection.execute(
            select(provider_limits.c.state).where(provider_limits.c.key == key).with_for_update()
        ).scalar_one()
        return LimitState(**state)

    def keep(self, key: str, state: LimitState) -> None:
        self._connection.execute(
            update(provider_limits).where(provider_limits.c.key == key).values(state=asdict(state))
        )
