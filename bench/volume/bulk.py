"""Rows by the million on one connection: foreign keys are not looked up, indexes are made afterwards."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, cast

from sqlalchemy import Column, Connection, Index, Integer, Table, insert, inspect, text
from sqlalchemy.orm import DeclarativeBase

from models.base import Base
from models.gathered import MinhashBand
from pipeline.compose import Desk

CHUNK = 20_000
Row = dict[str, Any]
_BAND = "minhash_band"


class Loader:
    """Bulk inserts into a desk's tables, one transaction a call of `committed`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.postgres = connection.dialect.name == "postgresql"

    @contextmanager
    def committed(self) -> Iterator[None]:
        """One transaction."""
        with self.connection.begin():
            yield

    def put(self, model: type[DeclarativeBase], rows: Iterable[Row]) -> None:
        """Insert rows that all name the same columns."""
        waiting = iter(rows)
        while some := list(islice(waiting, CHUNK)):
            self.connection.execute(insert(plain(model)), some)

    def put_bands(self, bands: Iterable[tuple[int, int, int]]) -> None:
        """Insert (band, bucket, item) triples: 42 an item, most of all rows."""
        if not self.postgres:
            heap = "INSERT INTO heap_band (band, bucket, item_id) VALUES (?, ?, ?)"
            self.connection.exec_driver_sql(heap, list(bands))
            return
        raw = cast("Any", self.connection.connection.driver_connection)
        with raw.cursor() as cursor, cursor.copy(f"COPY {_BAND} (band, bucket, item_id) FROM STDIN") as copy:
            for triple in bands:
                copy.write_row(triple)

    def begin_bands(self) -> None:
        """Take the near-copy index's own indexes away; safe to repeat."""
        with self.committed():
            if self.postgres:
                for kind in ("pk", "fk"):
                    for name in self._constraints(kind):
                        self.connection.execute(text(f"ALTER TABLE {_BAND} DROP CONSTRAINT {name}"))
                return
            columns = "band INTEGER, bucket BIGINT, item_id INTEGER"
            self.connection.execute(text(f"CREATE TABLE IF NOT EXISTS heap_band ({columns})"))

    def end_bands(self) -> None:
        """Bring them back: in order of the bucket, as one row at a time it would take hours."""
        with self.committed():
            if self.postgres:
                for constraint in sorted(plain(MinhashBand).constraints, key=lambda one: str(one.name)):
                    from sqlalchemy.schema import AddConstraint

                    self.connection.execute(AddConstraint(constraint))
                return
            order = "SELECT band, bucket, item_id FROM heap_band ORDER BY band, bucket, item_id"
            self.connection.execute(text(f"INSERT INTO {_BAND} (band, bucket, item_id) {order}"))
            self.connection.execute(text("DROP TABLE heap_band"))

    def drop_indexes(self, models: Sequence[type[DeclarativeBase]]) -> None:
        """Take the secondary indexes of some tables away; safe to repeat."""
        with self.committed():
            for index in indexes(models):
                index.drop(self.connection, checkfirst=True)

    def make_indexes(self, models: Sequence[type[DeclarativeBase]]) -> None:
        """Make the secondary indexes of some tables; safe to repeat."""
        for index in indexes(models):
            with self.committed():
                index.create(self.connection, checkfirst=True)

    def _constraints(self, kind: str) -> list[str]:
        found = inspect(self.connection)
        if kind == "pk":
            name = found.get_pk_constraint(_BAND)["name"]
            return [name] if name else []
        return [str(one["name"]) for one in found.get_foreign_keys(_BAND)]


def put(desk: Desk, model: type[DeclarativeBase], rows: Iterable[Row]) -> None:
    """Insert rows into a desk with all its checks, some thousands a transaction."""
    waiting = iter(rows)
    while some := list(islice(waiting, CHUNK)):
        with desk.sessions.begin() as session:
            session.execute(insert(plain(model)), some)


@contextmanager
def loading(desk: Desk) -> Iterator[Loader]:
    """A loader on a connection of its own that checks no foreign keys and waits for no disk."""
    engine = desk.engine.execution_options(read_only=False)
    with engine.connect() as connection:
        postgres = connection.dialect.name == "postgresql"
        raw = cast("Any", connection.connection.driver_connection)
        off, on = _POSTGRES if postgres else _SQLITE
        _run(raw, off, postgres=postgres)
        try:
            yield Loader(connection)
        finally:
            _run(raw, on, postgres=postgres)


_SQLITE = (
    ("PRAGMA foreign_keys=OFF", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-500000"),
    ("PRAGMA foreign_keys=ON", "PRAGMA synchronous=FULL", "PRAGMA cache_size=-2000"),
)
_POSTGRES = (
    (
        "SET session_replication_role = replica",
        "SET synchronous_commit = off",
        "SET maintenance_work_mem = '1GB'",
    ),
    ("RESET session_replication_role", "RESET synchronous_commit", "RESET maintenance_work_mem"),
)


def _run(raw: Any, statements: Sequence[str], *, postgres: bool) -> None:  # noqa: ANN401 -- either driver
    cursor = raw.cursor()
    for statement in statements:
        cursor.execute(statement)
    cursor.close()
    if postgres:
        raw.commit()


def continue_numbers(desk: Desk) -> None:
    """PostgreSQL goes on numbering after the rows that came with their numbers; SQLite does so by itself."""
    if desk.engine.dialect.name != "postgresql":
        return
    tables = [one for one in Base.metadata.sorted_tables if isinstance(one.c.get("id"), Column)]
    with desk.sessions.begin() as session:
        for table in tables:
            if isinstance(table.c.id.type, Integer):
                last = f"SELECT coalesce(max(id), 0) + 1 FROM {table.name}"  # noqa: S608 -- a table's own name
                number = f"setval(pg_get_serial_sequence('{table.name}', 'id'), ({last}), false)"
                session.execute(text(f"SELECT {number}"))


def plain(model: type[DeclarativeBase]) -> Table:
    """The table behind a model."""
    return cast("Table", inspect(model).local_table)


def indexes(models: Sequence[type[DeclarativeBase]]) -> list[Index]:
    """The secondary indexes of some models' tables, by name."""
    return sorted((one for model in models for one in plain(model).indexes), key=lambda one: str(one.name))
