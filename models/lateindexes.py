"""Indexes of tables that hold rows are made after the migration on PostgreSQL: nobody waits for them.

A migration is one transaction, and an index made in it keeps every writer out until it ends. So a revision's
`create_index` on a table that was there before is put off, and made when the revision is in force. Killed in
between, the next start makes what is missing; until then queries are slower and nothing else.
"""

import logging
from collections.abc import Collection, Iterable

from alembic.operations import Operations
from alembic.operations.ops import CreateIndexOp, DropIndexOp
from sqlalchemy import Connection, Dialect, Engine, Index, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateIndex

from models.schema import Base

LOG = logging.getLogger("kiemchung.migrate")
LATER = "later"
TABLES = "tables"
LONGEST_S = 600
"""How long an index may wait for transactions that are older than it; nobody waits meanwhile."""
_INDEXES = text(
    "SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
    "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema()"
)


@Operations.implementation_for(CreateIndexOp, replace=True)
def _create(operations: Operations, operation: CreateIndexOp) -> None:
    index = operation.to_index(operations.migration_context)
    later, tables = _put_off(operations)
    if operation.table_name in tables and not index.unique:
        later.append(index)
        return
    words = {} if operation.if_not_exists is None else {"if_not_exists": operation.if_not_exists}
    operations.impl.create_index(index, **words)


@Operations.implementation_for(DropIndexOp, replace=True)
def _drop(operations: Operations, operation: DropIndexOp) -> None:
    later, _ = _put_off(operations)
    waiting = [one for one in later if one.name == operation.index_name]
    if waiting:
        later.remove(waiting[0])
        return
    words = {} if operation.if_exists is None else {"if_exists": operation.if_exists}
    operations.impl.drop_index(operation.to_index(operations.migration_context), **words)


def _put_off(operations: Operations) -> tuple[list[Index], Collection[str]]:
    config = operations.migration_context.config
    found = {} if config is None else config.attributes
    return found.get(LATER, []), found.get(TABLES, ())


def missing(connection: Connection) -> list[Index]:
    """The indexes of this version that a PostgreSQL does not have whole; unique ones are never late."""
    whole = {name for name, valid in connection.execute(_INDEXES) if valid}
    named = [index for table in Base.metadata.sorted_tables for index in table.indexes]
    return sorted(
        (one for one in named if not one.unique and one.name not in whole), key=lambda one: str(one.name)
    )


def build(engine: Engine, indexes: Iterable[Index]) -> list[str]:
    """Make indexes while everybody works on; gives the names of those that could not be made now."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"SET lock_timeout = '{LONGEST_S}s'")
        connection.exec_driver_sql("SET statement_timeout = 0")
        try:
            return [str(index.name) for index in indexes if not _built(connection, index)]
        finally:
            # the next user of a pooled connection has the server's own limits
            connection.exec_driver_sql("RESET lock_timeout")
            connection.exec_driver_sql("RESET statement_timeout")


def _built(connection: Connection, index: Index) -> bool:
    halves = [name for name, valid in connection.execute(_INDEXES) if name == index.name and not valid]
    try:
        if halves:
            quoted = connection.dialect.identifier_preparer.quote(halves[0])
            connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY IF EXISTS {quoted}")
        connection.exec_driver_sql(concurrently(index, connection.dialect))
    except DBAPIError as error:
        LOG.warning("index_waits index=%s error=%s", index.name, type(error.orig).__name__)
        return False
    return True


def concurrently(index: Index, dialect: Dialect) -> str:
    """The statement that makes an index and keeps no writer waiting (PostgreSQL manual, CREATE INDEX)."""
    made = str(CreateIndex(index, if_not_exists=True).compile(dialect=dialect))
    return made.replace(" INDEX ", " INDEX CONCURRENTLY ", 1)
