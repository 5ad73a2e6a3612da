"""API keys: made, shown once, kept as a hash, told apart in constant time, revoked."""

import hashlib
import hmac
import secrets

from ai_llm_service.errors import InvalidRequest, NotAuthenticated
from ai_llm_service.store.database import Database
from ai_llm_service.store.keys import StoredKey

DEFAULT_TENANT = "default"
PREFIX = "als"
ID_BYTES = 6
SECRET_BYTES = 32
MAX_NAME_CHARACTERS = 255


class KeyRing:
    """Who is behind a key. The configured key belongs to the tenant `default`."""

    def __init__(self, database: Database, default_key: str) -> None:
        self._database = database
        self._default_digest = _digest(default_key)

    def authenticate(self, key: str) -> str:
        """The tenant's id, or NotAuthenticated, which never says what was wrong."""
        if hmac.compare_digest(_digest(key), self._default_digest):
            return DEFAULT_TENANT
        key_id, secret = _parse(key)
        with self._database.snapshot() as store:
            stored = store.keys.find(key_id) if key_id else None
        expected = stored.secret_sha256 if stored else _digest("")
        right = hmac.compare_digest(_digest(secret), expected)
        if stored is None or stored.revoked_at is not None or not right:
            raise NotAuthenticated
        return stored.tenant_id


def ensure_default_tenant(database: Database) -> None:
    """The tenant of the configured key is there."""
    with database.transaction("keys.tenant") as store:
        store.keys.ensure_tenant(DEFAULT_TENANT, tenant_id=DEFAULT_TENANT)


def create_key(database: Database, tenant: str, label: str) -> str:
    """A new key of a tenant, which is made if it is new. This is the only time it can be seen."""
    name = tenant.strip()
    if not name or len(name) > MAX_NAME_CHARACTERS or not name.isprintable():
        message = "The tenant's name must have 1 to 255 printable characters."
        raise InvalidRequest(message, field="tenant")
    key_id, secret = secrets.token_hex(ID_BYTES), secrets.token_urlsafe(SECRET_BYTES)
    with database.transaction("keys.create") as store:
        tenant_id = store.keys.ensure_tenant(name)
        store.keys.add(key_id, tenant_id, label[:MAX_NAME_CHARACTERS], _digest(secret))
    return f"{PREFIX}_{key_id}_{secret}"


def list_keys(database: Database) -> list[StoredKey]:
    with database.snapshot() as store:
        return store.keys.all()


def revoke_key(database: Database, key_id: str) -> bool:
    """Whether there was a live key of that id."""
    with database.transaction("keys.revoke") as store:
        return store.keys.revoke(key_id)


def _parse(key: str) -> tuple[str, str]:
    prefix, _, rest = key.partition("_")
    key_id, _, secret = rest.partition("_")
    return (key_id, secret) if prefix == PREFIX else ("", "")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
