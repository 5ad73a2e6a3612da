"""How Alembic runs here: on a connection that is handed to it, inside its transaction."""

from alembic import context

from ai_llm_service.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
