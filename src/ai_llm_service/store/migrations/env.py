"""How Alembic runs here: on a connection that is handed to it, inside its transaction."""

from alembic import context

# Each adds its tables to the metadata.
from ai_llm_service.store import tables_calls, tables_computed  # noqa: F401
from ai_llm_service.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
