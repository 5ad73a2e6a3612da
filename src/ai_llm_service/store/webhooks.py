"""What webhooks need beside their deliveries: a session's endpoint, a tenant's secrets."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, or_, select, update

from ai_llm_service.store.clock import now
from ai_llm_service.store.deliveries import Endpoint
from ai_llm_service.store.tables import session_endpoints, tenants, webhook_secrets


class SessionEndpoints:
    """Where a session's events go, and those of tasks that name no endpoint."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, session_id: str, endpoint: Endpoint) -> None:
        """The latest one counts. The session is locked by the caller's transaction."""
        self.forget(session_id)
        self._connection.execute(
            insert(session_endpoints).values(
                session_id=session_id, url=endpoint.url, headers=dict(endpoint.headers)
            )
        )

    def find(self, session_id: str) -> Endpoint | None:
        row = self._connection.execute(
            select(session_endpoints).where(session_endpoints.c.session_id == session_id)
        ).one_or_none()
        return Endpoint(row.url, row.headers) if row else None

    def forget(self, session_id: str, url: str | None = None) -> None:
        """Tell nobody of this session any more; with a URL, only if it is the one told."""
        statement = delete(session_endpoints).where(session_endpoints.c.session_id == session_id)
        if url is not None:
            statement = statement.where(session_endpoints.c.url == url)
        self._connection.execute(statement)


@dataclass(frozen=True, slots=True)
class Rotated:
    """When the secret that was replaced stops signing; None when there was none."""

    old_until: float | None


class WebhookSecrets:
    """The secrets that sign a tenant's webhooks. They are kept as they are: each try needs them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def valid(self, tenant_id: str) -> list[str]:
        """All that sign now, the newest first."""
        rows = self._connection.execute(
            select(webhook_secrets.c.secret)
            .where(
                webhook_secrets.c.tenant_id == tenant_id,
                or_(webhook_secrets.c.expires_at.is_(None), webhook_secrets.c.expires_at > now()),
            )
            .order_by(webhook_secrets.c.seq.desc())
        )
        return list(rows.scalars())

    def ensure(self, tenant_id: str, secret: str) -> list[str]:
        """All that sign now; the given one becomes the first where there was none."""
        self._lock(tenant_id)
        found = self.valid(tenant_id)
        if not found:
            self._add(tenant_id, secret)
        return found or [secret]

    def rotate(self, tenant_id: str, secret: str, overlap_seconds: float) -> Rotated:
        """The given secret signs from now on; the one before it for a while still."""
        self._lock(tenant_id)
        ended = self._connection.execute(
            update(webhook_secrets)
            .where(webhook_secrets.c.tenant_id == tenant_id, webhook_secrets.c.expires_at.is_(None))
            .values(expires_at=now() + overlap_seconds)
            .returning(webhook_secrets.c.expires_at)
        ).scalar_one_or_none()
        self._add(tenant_id, secret)
        return Rotated(None if ended is None else float(ended))

    def purge(self) -> None:
        """Remove those that sign no more."""
        self._connection.execute(
            delete(webhook_secrets).where(webhook_secrets.c.expires_at <= now())
        )

    def _lock(self, tenant_id: str) -> None:
        self._connection.execute(
            select(tenants.c.id)
            .where(tenants.c.id == tenant_id)
            # Rows that refer to the tenant may be added meanwhile.
            .with_for_update(key_share=True)
        )

    def _add(self, tenant_id: str, secret: str) -> None:
        self._connection.execute(
            insert(webhook_secrets).values(tenant_id=tenant_id, secret=secret, created_at=now())
        )
