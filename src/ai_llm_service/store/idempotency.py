"""Idempotency keys: each stands in the same transaction as what its request made."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ai_llm_service.domain import Json
from ai_llm_service.store.clock import now
from ai_llm_service.store.tables import idempotency_keys


@dataclass(frozen=True, slots=True)
class FirstRequest:
    """The request that came first with a key, and what it was answered."""

    fingerprint: str
    response: Json


class IdempotencyKeys:
    """The rows of keys."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def reserve(self, tenant_id: str, key: str, fingerprint: str, kept_seconds: float) -> bool:
        """Whether the key was free; it is this transaction's then.

        While another transaction holds it, the database makes us wait for that one's end.
        """
        too_old = idempotency_keys.c.created_at < now() - kept_seconds
        given: dict[str, Any] = {
            "fingerprint": fingerprint,
            "response": {},
            "created_at": now(),
        }
        dialect = sqlite if self._connection.dialect.name == "sqlite" else postgresql
        statement = (
            dialect.insert(idempotency_keys)
            .values(tenant_id=tenant_id, key=key, **given)
            .on_conflict_do_update(index_elements=["tenant_id", "key"], set_=given, where=too_old)
            .returning(idempotency_keys.c.key)
        )
        return self._connection.execute(statement).one_or_none() is not None

    def first(self, tenant_id: str, key: str, kept_seconds: float) -> FirstRequest | None:
        """The request that used the key, if its answer is still kept."""
        row = self._connection.execute(
            select(idempotency_keys.c.fingerprint, idempotency_keys.c.response).where(
                *_named(tenant_id, key), idempotency_keys.c.created_at >= now() - kept_seconds
            )
        ).one_or_none()
        return FirstRequest(**row._mapping) if row else None

    def keep(self, tenant_id: str, key: str, response: Json) -> None:
        """Keep what the request is answered, in the transaction that reserved its key."""
        self._connection.execute(
            update(idempotency_keys).where(*_named(tenant_id, key)).values(response=response)
        )

    def purge(self, kept_seconds: float) -> int:
        """Forget the keys of long ago."""
        old = delete(idempotency_keys).where(idempotency_keys.c.created_at < now() - kept_seconds)
        return self._connection.execute(old).rowcount


def _named(tenant_id: str, key: str) -> tuple[Any, ...]:
    return (idempotency_keys.c.tenant_id == tenant_id, idempotency_keys.c.key == key)
