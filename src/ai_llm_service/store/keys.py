"""Tenants and their API keys. A key's secret is kept as its SHA-256 alone."""

from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import Connection, insert, select, update

from ai_llm_service.store.clock import now
from ai_llm_service.store.tables import api_keys, tenants


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key as the store knows it."""

    id: str
    tenant_id: str
    tenant: str
    label: str
    secret_sha256: str
    created_at: float
    revoked_at: float | None


class Keys:
    """The rows of tenants and keys."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ensure_tenant(self, name: str, tenant_id: str | None = None) -> str:
        """The id of the tenant of that name, made if it is new."""
        found = self._connection.execute(
            select(tenants.c.id).where(tenants.c.name == name)
        ).scalar_one_or_none()
        if found is not None:
            return str(found)
        made = tenant_id or str(uuid4())
        self._connection.execute(insert(tenants).values(id=made, name=name, created_at=now()))
        return made

    def find_tenant(self, name: str) -> str | None:
        """The id of the tenant of that name."""
        return self._connection.execute(
            select(tenants.c.id).where(tenants.c.name == name)
        ).scalar_one_or_none()

    def add(self, key_id: str, tenant_id: str, label: str, secret_sha256: str) -> None:
        self._connection.execute(
            insert(api_keys).values(
                id=key_id,
                tenant_id=tenant_id,
                label=label,
                secret_sha256=secret_sha256,
                created_at=now(),
            )
        )

    def find(self, key_id: str) -> StoredKey | None:
        """The key of that id, revoked or not."""
        row = self._connection.execute(_ALL_KEYS.where(api_keys.c.id == key_id)).one_or_none()
        return StoredKey(**row._mapping) if row else None

    def all(self) -> list[StoredKey]:
        rows = self._connection.execute(_ALL_KEYS.order_by(api_keys.c.created_at))
        return [StoredKey(**row._mapping) for row in rows]

    def revoke(self, key_id: str) -> bool:
        """Whether there was a live key of that id."""
        statement = (
            update(api_keys)
            .where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None))
            .values(revoked_at=now())
        )
        return self._connection.execute(statement).rowcount == 1


_ALL_KEYS = select(
    api_keys.c.id,
    api_keys.c.tenant_id,
    tenants.c.name.label("tenant"),
    api_keys.c.label,
    api_keys.c.secret_sha256,
    api_keys.c.created_at,
    api_keys.c.revoked_at,
).join(tenants)
