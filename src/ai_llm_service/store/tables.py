"""The tables. Times are seconds since 1970 by the database's clock.

No JSON holds a secret, but the headers of an endpoint, which its owner gave us to send.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows only in a column of its own kind of integer.
Sequence = BigInteger().with_variant(Integer, "sqlite")

# Ordered by its bytes on either database, so that a range of names can be asked for.
InBytes = String(255).with_variant(String(255, collation="C"), "postgresql")

tenants = Table(
    "tenants",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(255), nullable=False, unique=True),
    Column("created_at", Double, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False),
    Column("label", String(255), nullable=False),
    Column("secret_sha256", String(64), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("revoked_at", Double),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("instructions", Text),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("closed_at", Double),
    Column("close_task_id", String(36)),
    Column("model", String(255)),
    Column("file_search", String(16)),
    Column("provider_files_removed", Integer, nullable=False, server_default="0"),
    Column("provider_stores_removed", Integer, nullable=False, server_default="0"),
    Index("ix_sessions_state_expires_at", "state", "expires_at"),
    Index("ix_sessions_tenant_id_created_at", "tenant_id", "created_at"),
)

documents = Table(
    "documents",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False),
    Column("session_id", ForeignKey("sessions.id"), nullable=False),
    Column("name", String(255), nullable=False),
    Column("media_type", String(255), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("ingest_task_id", String(36), nullable=False),
    Column("error_code", String(64)),
    Column("error_detail", Text),
    Column("characters", BigInteger),
    Column("pages", Integer),
    Column("chunks", Integer),
    Column("encoding", String(64)),
    Column("notes", JSON, nullable=False),
    Index("ix_documents_session_id_number", "session_id", "number", unique=True),
)

document_texts = Table(
    "document_texts",
    metadata,
    Column("document_id", ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    Column("text", Text, nullable=False),
    Column("sections", JSON, nullable=False),
    Column("chunk_spans", LargeBinary, nullable=False),
)

tasks = Table(
    "tasks",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False),
    Column("session_id", ForeignKey("sessions.id"), nullable=False),
    Column("document_id", String(36)),
    Column("kind", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("lane", InBytes, nullable=False),
    Column("ready", Boolean, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("result", JSON),
    Column("error_code", String(64)),
    Column("error_detail", Text),
    Column("error_hint", Text),
    Column("reason", Text),
    Column("progress", JSON),
    Column("request_id", String(64)),
    Column("attempt", Integer, nullable=False, default=0),
    Column("lost_workers", Integer, nullable=False, default=0),
    Column("fence", Integer, nullable=False, default=0),
    Column("owner", String(64)),
    Column("lease_until", Double),
    Column("sent_at", Double),
    Column("run_at", Double, nullable=False),
    Column("deadline_at", Double, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("finished_at", Double),
    Index("ix_tasks_status_seq", "status", "seq"),
    Index("ix_tasks_status_deadline_at", "status", "deadline_at"),
    Index("ix_tasks_status_run_at", "status", "run_at"),
    Index("ix_tasks_status_sent_at", "status", "sent_at"),
    Index("ix_tasks_status_ready_lane_seq", "status", "ready", "lane", "seq"),
    Index("ix_tasks_session_id_kind_status", "session_id", "kind", "status"),
    Index("ix_tasks_tenant_id_status_seq", "tenant_id", "status", "seq"),
)

steps = Table(
    "steps",
    metadata,
    Column("task_id", ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("query", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False, default=0),
    Column("intent_at", Double),
    Column("answered_at", Double),
    Column("answer", JSON),
    Column("error_code", String(64)),
    Column("error_detail", Text),
    Column("error_hint", Text),
    Column("bookmark", JSON),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("tenant_id", ForeignKey("tenants.id"), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("response", JSON, nullable=False),
    Column("created_at", Double, nullable=False),
    Index("ix_idempotency_keys_created_at", "created_at"),
)

workers = Table(
    "workers",
    metadata,
    Column("owner", String(64), primary_key=True),
    Column("seen_at", Double, nullable=False),
)

usage_entries = Table(
    "usage_entries",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False),
    Column("session_id", String(36), nullable=False),
    Column("task_id", String(36), nullable=False),
    Column("step", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("model", String(255)),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cached_tokens", BigInteger, nullable=False, server_default="0"),
    Column("reasoning_tokens", BigInteger, nullable=False, server_default="0"),
    Column("search_calls", BigInteger, nullable=False, server_default="0"),
    # In US dollars; None where the price is not known.
    Column("cost", Double),
    Column("created_at", Double, nullable=False),
    Index("ix_usage_entries_tenant_id_created_at", "tenant_id", "created_at"),
    Index("ix_usage_entries_task_id", "task_id"),
)

# Where the events of a session go, unless a task names an endpoint of its own.
session_endpoints = Table(
    "session_endpoints",
    metadata,
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("url", Text, nullable=False),
    Column("headers", JSON, nullable=False),
)

webhook_secrets = Table(
    "webhook_secrets",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False),
    Column("secret", String(255), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double),
    Index("ix_webhook_secrets_tenant_id", "tenant_id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("tenant_id", ForeignKey("tenants.id"), nullable=False),
    Column("session_id", String(36), nullable=False),
    Column("task_id", String(36), nullable=False),
    Column("document_id", String(36)),
    Column("deliver_task_id", String(36), nullable=False),
    Column("event", String(32), nullable=False),
    Column("url", Text, nullable=False),
    Column("shown_url", Text, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("status", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_status", Integer),
    Column("last_error", Text),
    Column("response_start", Text),
    Column("created_at", Double, nullable=False),
    Column("last_attempt_at", Double),
    Column("next_attempt_at", Double),
    Column("finished_at", Double),
    Index("ix_deliveries_tenant_id_seq", "tenant_id", "seq"),
    Index("ix_deliveries_tenant_id_status_seq", "tenant_id", "status", "seq"),
    Index("ix_deliveries_task_id", "task_id"),
    Index("ix_deliveries_status_finished_at", "status", "finished_at"),
)
