"""Alembic's entry: the connection is handed over by `bot.store.database`, transaction and all."""

from alembic import context

from bot.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, version_table="schema_version")
context.run_migrations()
