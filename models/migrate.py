"""Schema migrations with Alembic, run from code so that no configuration file is needed.

One transaction brings a database from its revision to another one: a process that is killed on the way leaves
it where it was. Two processes that start at once take turns, and the second finds nothing left to do.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from models.errors import StoreError

FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_701_002  # PostgreSQL advisory lock: one migration at a time
TURN_S = 60
LOCK_S = 4
STATEMENT_S = 600


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config


def head() -> str:
    """The newest revision that this code knows."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    if newest is None:  # pragma: no cover - a build without migrations cannot be made
        raise StoreError("this installation holds no migrations")
    return newest


def current(engine: Engine) -> str | None:
    """The revision that the database is at, None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database to a revision; raises `StoreError` if it is locked or cannot be opened."""
    _run(engine, revision, command.upgrade)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the database back to a revision (`base` for an empty one)."""
    _run(engine, revision, command.downgrade)


def _run(engine: Engine, revision: str, step: object) -> None:
    config = _config()
    alone = _alone_on_sqlite if engine.dialect.name == "sqlite" else _alone_on_postgresql
    try:
        with alone(engine) as connection:
            config.attributes["connection"] = connection
            step(config, revision)  # type: ignore[operator]
    except OperationalError as error:
        raise StoreError(f"database {engine.url.render_as_string()}: {error.orig}") from error


@contextmanager
def _alone_on_postgresql(engine: Engine) -> Iterator[Connection]:
    """A transaction that waits for its turn, but not for ever: the desk's work goes before a migration."""
    with engine.begin() as connection:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{TURN_S}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_S}s'")
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{STATEMENT_S}s'")
        yield connection


@contextmanager
def _alone_on_sqlite(engine: Engine) -> Iterator[Connection]:
    """A transaction without foreign keys, as SQLite's own procedure has it (lang_altertable, section 7).

    A table that is made anew is dropped on the way: with foreign keys on, every row that hangs on it would go
    with it. They are checked before the end instead. The busy timeout is the wait for one's turn.
    """
    with engine.connect() as connection:
        # on the driver's connection: the setting is ignored inside a transaction
        driver = connection.connection.driver_connection
        assert driver is not None  # noqa: S101 -- narrows the type for the checker
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                yield connection
                _check_references(connection)
        finally:
            driver.execute("PRAGMA foreign_keys=ON")


def _check_references(connection: Connection) -> None:
    wrong = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if wrong is not None:
        raise StoreError(
            f"the migration would leave rows of {wrong[0]} that refer to nothing; nothing was changed"
        )


def knows(revision: str) -> bool:
    """Whether this code has that revision."""
    script = ScriptDirectory.from_config(_config())
    return revision in {known.revision for known in script.walk_revisions()}
