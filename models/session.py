"""Engines and sessions: SQLite as the embedded default, PostgreSQL when a desk grows."""

import errno
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Engine, Table, create_engine, event, inspect, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from models.errors import StoreError, UsageError

BUSY_TIMEOUT_MS = 15_000
SILENT_S = 45
POSTGRESQL: Mapping[str, int] = {
    "connect_timeout": 5,
    # a server that vanished without a word (power, network) is noticed in half a minute, not in two hours
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""What libpq is told of a connection (seconds, the last one milliseconds)."""
PROCESS = "kiemchung-"
"""What the name of every connection begins with; what follows is random and the same for one engine."""


@dataclass(frozen=True)
class Pool:
    """How many connections one process has to PostgreSQL, and how long a piece of work waits for one."""

    size: int = 5
    overflow: int = 5
    wait_s: int = 10

    @property
    def most(self) -> int:
        """The most that are open at once."""
        return self.size + self.overflow


AWAY = (OperationalError, InterfaceError, PoolTimeoutError)
"""What is raised for a database that is locked, stopped, out of reach or out of connections."""
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_DISK_FULL = "53100"  # PostgreSQL's code for it


def make_engine(url: str, pool: Pool | None = None) -> Engine:
    """An engine for `sqlite:///path` or `postgresql+psycopg://…`; raises `UsageError` on any other URL."""
    limits = pool or Pool()
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError) as error:
        raise UsageError("database_url: not a database address that can be read") from error
    if backend == "postgresql":
        driver = parsed.set(drivername="postgresql+psycopg")
        return create_engine(
            driver,
            pool_pre_ping=True,
            pool_size=limits.size,
            max_overflow=limits.overflow,
            pool_timeout=limits.wait_s,
            connect_args={**POSTGRESQL, "application_name": PROCESS + secrets.token_hex(4)},
            hide_parameters=True,  # an error may be logged, and a value may be a word of a tip
        )
    if backend != "sqlite":
        raise UsageError(f"database_url: {backend} is not supported, use sqlite or postgresql")
    if parsed.database and parsed.database != ":memory:":
        _make_folder(Path(parsed.database).parent)
    engine = create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_immediate)
    return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"database folder {folder}: {error.strerror}") from error


def _prepare_sqlite(connection: Any, record: object) -> None:  # noqa: ANN401, ARG001 -- SQLAlchemy's event signature
    # the driver must not open transactions by itself: BEGIN IMMEDIATE below does
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    # FULL and not NORMAL: an acknowledged review must survive a power cut
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    # erased rows must not stay readable in free pages (rule 9)
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    # a transaction that reads first and writes later would fail half way under WAL; readers opt out
    mode = "DEFERRED" if connection.get_execution_options().get("read_only") else "IMMEDIATE"
    connection.exec_driver_sql(f"BEGIN {mode}")


def make_sessions(engine: Engine) -> sessionmaker[Session]:
    """Sessions that roll back unless committed; use `with sessions.begin() as session`."""
    return sessionmaker(engine, expire_on_commit=False)


def make_reading_sessions(engine: Engine) -> sessionmaker[Session]:
    """Sessions for pages and reports that only read: they never wait for a writer."""
    return sessionmaker(engine.execution_options(read_only=True), expire_on_commit=False)


def insert_ignore(
    session: Session,
    table: type[DeclarativeBase],
    rows: Sequence[dict[str, Any]],
    index_elements: Sequence[str],
) -> int:
    """Insert rows whose natural key is new, leave the others alone; gives how many were new."""
    if not rows:
        return 0
    builder = postgresql.insert if is_postgresql(session) else sqlite.insert
    # the plain table and bound rows, so that the statement is compiled once in a process's life;
    # RETURNING counts on both databases, a driver's row count of an insert is not to be trusted
    plain = cast("Table", inspect(table).local_table)
    statement = builder(plain).on_conflict_do_nothing(index_elements=list(index_elements))
    returning = statement.returning(*inspect(table).primary_key)
    return len(session.execute(returning, list(rows)).all())


def is_postgresql(session: Session) -> bool:
    """Whether this session speaks to PostgreSQL."""
    return session.get_bind().dialect.name == "postgresql"


def silence_ends(session: Session) -> None:
    """Let PostgreSQL end this transaction if its process falls silent: what it had locked is free then.

    The server's own timer counts, so that no clock that steps does harm. SQLite has one writer and no need.
    """
    if is_postgresql(session):
        session.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = '{SILENT_S}s'"))


def is_full(error: BaseException) -> bool:
    """Whether an error says that there is no room left on a disk, the database's or this machine's."""
    if isinstance(error, OSError):
        return error.errno in NO_ROOM
    cause = error.orig if isinstance(error, DBAPIError) else None
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return getattr(cause, "sqlstate", None) == _DISK_FULL


def is_away(error: BaseException) -> bool:
    """Whether an error says that the database is locked, stopped or out of reach: later it may be back."""
    if isinstance(error, AWAY):
        return True
    return isinstance(error, DBAPIError) and error.connection_invalidated
