"""The tables of calls to providers: the journal by which no generation is paid twice."""

from sqlalchemy import JSON, Column, Double, ForeignKeyConstraint, Integer, String, Table, Text

from ai_llm_service.store.tables import metadata

calls = Table(
    "calls",
    metadata,
    Column("task_id", String(36), primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("key", String(64), primary_key=True),
    Column("model", String(255), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("provider_ref", Text),
    Column("generation", JSON),
    # What it cost; while it is under way, what it may cost at most. None: the price is unknown.
    Column("cost", Double),
    Column("intent_at", Double, nullable=False),
    Column("answered_at", Double),
    Column("error_code", String(64)),
    ForeignKeyConstraint(["task_id"], ["tasks.id"], ondelete="CASCADE"),
)

# What a provider writes in the background, until it is removed there. No foreign key: it outlives
# the rows of a task that is forgotten.
background_responses = Table(
    "background_responses",
    metadata,
    Column("reference", String(255), primary_key=True),
    Column("model", String(255), nullable=False),
    Column("task_id", String(36), nullable=False),
    Column("submitted_at", Double, nullable=False),
)

# What all workers know of the limits and the health of a provider's model, one row for each.
provider_limits = Table(
    "provider_limits",
    metadata,
    Column("key", String(255), primary_key=True),
    Column("state", JSON, nullable=False),
)
