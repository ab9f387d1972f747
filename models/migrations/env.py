"""Alembic's entry: the caller hands the connection over, inside its transaction."""

from alembic import context

from models.schema import Base

connection = context.config.attributes["connection"]
if connection.dialect.name == "postgresql":
    # a migration that cannot get its lock in four seconds gives way to the desk's work
    connection.exec_driver_sql("SET LOCAL lock_timeout = '4s'")
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
