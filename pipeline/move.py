"""A desk's database into another, empty one: from SQLite to PostgreSQL, or the other way round.

Every table in order, from one snapshot into one transaction; then every row is read again on both sides, the
hash chain is verified and its head compared. The desk stands still; nothing is changed where it was.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Table,
    bindparam,
    delete,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from models import audit, migrate
from models.errors import ConflictError, StoreError
from models.schema import Base
from models.session import make_engine
from pipeline import inuse
from pipeline.compose import build, prepare
from pipeline.progress import Progress, silent
from pipeline.settings import Settings

BATCH = 2000
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Moved:
    """What was moved: rows of each table, and the head of the log that both have."""

    tables: Mapping[str, int]
    audit_entries: int
    audit_head: str


def move(settings: Settings, to: str, progress: Progress = silent) -> Moved:
    """Copy the desk's database into the empty one at `to`, whole or not at all.

    Raises `ConflictError` while the desk is in use or if the target holds rows, `StoreError` if what arrived
    is not what was sent, `UsageError` for an address that cannot be read.
    """
    target = make_engine(to)
    try:
        with inuse.alone(settings.path("paths.var")), closing(build(settings, migrated=False)) as desk:
            if desk.engine.url == target.url:
                raise ConflictError("--to: is the database that the desk has now")
            prepare(desk)
            return _move(desk.engine, target, progress)
    except DBAPIError as error:
        raise StoreError(f"{target.url.render_as_string()}: {error.orig}") from error
    finally:
        target.dispose()


def order() -> list[Table]:
    """Every table after those that it refers to."""
    tables = [table for table in Base.metadata.sorted_tables if table.name != "evidence"]
    # a verdict needs evidence, which no key says
    at = [table.name for table in tables].index("verdict")
    return [*tables[:at], Base.metadata.tables["evidence"], *tables[at:]]


def _move(source: Engine, target: Engine, progress: Progress) -> Moved:
    _refuse_unless_empty(target)
    migrate.upgrade(target)
    with _snapshot(source) as here, target.begin() as there:
        # what a migration put in is the source's too
        for table in reversed(order()):
            there.execute(delete(table))
        for table in progress(order(), "tables"):
            _copy(here, there, table)
            _count_on(there, table)
        tables = {table.name: _compare(here, there, table) for table in order()}
        sent, arrived = (audit.verify(Session(side)) for side in (here, there))
        if not arrived.ok or sent.head_digest != arrived.head_digest:
            raise StoreError("the audit chain does not verify where it arrived; nothing was moved")
    return Moved(tables, arrived.entries, arrived.head_digest)


def _refuse_unless_empty(target: Engine) -> None:
    place = target.url.render_as_string()
    at, found = migrate.current(target), inspect(target).get_table_names()
    if at is None and found:
        raise ConflictError(f"{place}: holds tables that are not of a desk; make an empty database")
    if at is None:
        return
    if at != migrate.head():
        raise ConflictError(f"{place}: holds a desk of another version ({at}); make an empty database")
    with target.connect() as connection:
        filled = [one.name for one in order() if connection.execute(select(one).limit(1)).first()]
    # the marks of the stages are the program's own
    if set(filled) - {"stage_mark"}:
        raise ConflictError(f"{place}: is not empty ({filled[0]}); make an empty database")


def _snapshot(source: Engine) -> Connection:
    """A reading connection that sees one moment of the source."""
    if source.dialect.name == "sqlite":
        return source.execution_options(read_only=True).connect()
    return source.connect().execution_options(isolation_level="REPEATABLE READ")


def _copy(here: Connection, there: Connection, table: Table) -> None:
    looped = _to_itself(table)
    for rows in _batches(here, table):
        there.execute(insert(table), [{**row, **dict.fromkeys(looped)} for row in rows])
    # a row may name a later one of its own table: those keys come once all rows are there
    for name in looped:
        (key,) = table.primary_key.columns
        statement = update(table).where(key == bindparam("this")).values({name: bindparam("that")})
        for rows in _batches(here, table):
            pairs = [{"this": row[key.name], "that": row[name]} for row in rows if row[name] is not None]
            if pairs:
                there.execute(statement, pairs)


def _to_itself(table: Table) -> list[str]:
    return [str(key.parent.name) for key in table.foreign_keys if key.column.table is table]


def _batches(side: Connection, table: Table) -> Iterator[Sequence[Row]]:
    query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=BATCH)
    for part in side.execute(query).mappings().partitions():
        yield [dict(row) for row in part]


def _count_on(there: Connection, table: Table) -> None:
    """Let PostgreSQL give new numbers after those that came; SQLite does so by itself."""
    if there.dialect.name != "postgresql":
        return
    column: Column[Any] | None = table.autoincrement_column
    if column is None:
        return
    name = there.scalar(text("SELECT pg_get_serial_sequence(:t, :c)"), {"t": table.name, "c": column.name})
    last = there.scalar(select(func.max(column)))
    if name is not None and last is not None:
        there.execute(text("SELECT setval(CAST(:name AS regclass), :last)"), {"name": name, "last": last})


def _compare(here: Connection, there: Connection, table: Table) -> int:
    """The rows of a table, which must be the same on both sides; raises `StoreError`."""
    (sent, as_sent), (arrived, as_arrived) = (_digest(_batches(side, table)) for side in (here, there))
    if (sent, as_sent) != (arrived, as_arrived):
        raise StoreError(f"{table.name}: {arrived} of {sent} rows arrived as they were; nothing was moved")
    return sent


def _digest(batches: Iterable[Sequence[Row]]) -> tuple[int, str]:
    """How many rows, and a hash over all of their values in the order of their keys."""
    n, hashed = 0, hashlib.blake2b()
    for rows in batches:
        for row in rows:
            n += 1
            hashed.update(repr([_plain(value) for value in row.values()]).encode())
    return n, hashed.hexdigest()


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, bytearray | memoryview) else value
