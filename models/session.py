"""Engines and sessions: SQLite as the embedded default, PostgreSQL when a desk grows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Engine, Table, create_engine, event, inspect, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from models.errors import StoreError, UsageError

BUSY_TIMEOUT_MS = 15_000


def make_engine(url: str) -> Engine:
    """An engine for `sqlite:///path` or `postgresql+psycopg://…`; raises `UsageError` on any other URL."""
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError) as error:
        raise UsageError("database_url: not a database address that can be read") from error
    if backend == "postgresql":
        driver = parsed.set(drivername="postgresql+psycopg")
        return create_engine(driver, pool_pre_ping=True, pool_size=5, max_overflow=5)
    if backend != "sqlite":
        raise UsageError(f"database_url: {backend} is not supported, use sqlite or postgresql")
    if parsed.database and parsed.database != ":memory:":
        _make_folder(Path(parsed.database).parent)
    engine = create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
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
