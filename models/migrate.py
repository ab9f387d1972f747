"""Schema migrations with Alembic, run from code so that no configuration file is needed.

One transaction brings a database from its revision to another one: a process that is killed on the way leaves
it where it was. Two processes that start at once take turns, and the second finds nothing left to do.

On PostgreSQL others go on working meanwhile: the transaction waits for locks and holds them for 4 s at most,
gives way, and tries again; indexes are made after it (`models.lateindexes`). Each revision from 0010 on only
adds, so that the program before it works with it too.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Index, event, inspect, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from models import lateindexes
from models.errors import StoreError
from models.locks import PREFIX
from models.session import PROCESS

LOG = logging.getLogger("kiemchung.migrate")

FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_701_002  # PostgreSQL advisory lock: one migration at a time
CLOSED = "0009"
"""The last revision that may take its time; it was released when nobody worked during an upgrade."""
TURN_S = 60.0
LOCK_S = 4.0
RETRY_S = 120.0
"""For how long an upgrade gives way and tries again, before it leaves everything as it was."""
PAUSE_S, LONGEST_PAUSE_S = 0.5, 8.0
STATEMENT_S = 600
GAVE_WAY = frozenset({"55P03", "57014", "40P01"})
"""PostgreSQL's codes of a lock not had, a statement that took too long, a deadlock that was broken."""

_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND starts_with(application_name, :ours) AND NOT starts_with(application_name, :locks) "
    "AND application_name <> current_setting('application_name')"
)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return config


@cache
def _known(folder: Path) -> tuple[str | None, frozenset[str]]:
    script = ScriptDirectory(str(folder))
    return script.get_current_head(), frozenset(one.revision for one in script.walk_revisions())


def head() -> str:
    """The newest revision that this code knows."""
    newest, _ = _known(FOLDER)
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
    if revision == "head":
        # of an upgrade that was killed after its transaction, this is what is left to do
        finish(engine)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the database back to a revision (`base` for an empty one)."""
    _run(engine, revision, command.downgrade)


def finish(engine: Engine) -> list[str]:
    """Make the indexes that an interrupted upgrade left out; gives the names of those that still wait."""
    if engine.dialect.name == "sqlite":
        return []
    with engine.connect() as connection:
        if not lateindexes.missing(connection):
            return []
    with _turn(engine):
        with engine.connect() as connection:
            late = lateindexes.missing(connection)
        return lateindexes.build(engine, late)


Step = Callable[[Config, str], None]


def _run(engine: Engine, revision: str, step: Step) -> None:
    try:
        if engine.dialect.name == "sqlite":
            with _alone_on_sqlite(engine) as connection:
                _step(connection, revision, step, {})
        else:
            _on_postgresql(engine, revision, step)
    except OperationalError as error:
        place = engine.url.render_as_string()
        hint = ""
        if _code(error) in GAVE_WAY:
            hint = "; nothing was changed: something holds a table for long, try again when it is over"
        raise StoreError(f"database {place}: {error.orig}{hint}") from error


def _step(connection: Connection, revision: str, step: Step, notes: dict[str, Any]) -> None:
    config = _config()
    config.attributes.update(notes, connection=connection)
    step(config, revision)


def _on_postgresql(engine: Engine, revision: str, step: Step) -> None:
    """Try until the locks can be had, then make the indexes that were put off."""
    with _turn(engine):
        later = _giving_way(lambda: _once_on_postgresql(engine, revision, step))
        lateindexes.build(engine, later)


def _giving_way(once: Callable[[], list[Index]]) -> list[Index]:
    end, pause = time.monotonic() + RETRY_S, PAUSE_S
    while True:
        try:
            return once()
        except OperationalError as error:
            if _code(error) not in GAVE_WAY or time.monotonic() + pause > end:
                raise
            LOG.warning("migration_gives_way error=%s", type(error.orig).__name__)
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)


def _once_on_postgresql(engine: Engine, revision: str, step: Step) -> list[Index]:
    later: list[Index] = []
    with engine.begin() as connection:
        at = MigrationContext.configure(connection).get_current_revision()
        notes = {
            lateindexes.LATER: later,
            lateindexes.TABLES: frozenset(inspect(connection).get_table_names()),
        }
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_ms(LOCK_S)}")
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{STATEMENT_S}s'")
        if at is not None and at >= CLOSED and _others(connection):
            _hurry(connection)
        _step(connection, revision, step, notes)
    return later


def _hurry(connection: Connection) -> None:
    """Give everything that follows on this connection 4 s together: what it locked is free again then."""
    end = time.monotonic() + LOCK_S

    def before(_: Connection, cursor: Any, *__: Any) -> None:  # noqa: ANN401 -- SQLAlchemy's event signature
        left = _ms(max(0.01, end - time.monotonic()))
        cursor.execute(f"SET LOCAL lock_timeout = {left}")
        cursor.execute(f"SET LOCAL statement_timeout = {left}")

    event.listen(connection, "before_cursor_execute", before)


def _others(connection: Connection) -> bool:
    """Whether other processes of this desk are at work: alone, an upgrade keeps nobody waiting."""
    names = {"ours": PROCESS, "locks": PREFIX}
    return bool(connection.execute(_OTHERS, names).scalar())


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    """One migration at a time. Asked for again and again: who waits inside a statement holds an index up."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        end = time.monotonic() + TURN_S
        while not connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({_LOCK})").scalar():
            if time.monotonic() >= end:
                place = engine.url.render_as_string()
                raise StoreError(f"database {place}: lock timeout: another process is upgrading it still")
            time.sleep(PAUSE_S)
        try:
            yield
        finally:
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({_LOCK})")


def _code(error: OperationalError) -> str:
    return getattr(error.orig, "sqlstate", None) or ""


def _ms(seconds: float) -> int:
    return max(1, round(seconds * 1000))


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
    return revision in _known(FOLDER)[1]


def is_next(revision: str) -> bool:
    """Whether a revision is the one after this code's newest: it only adds, so this code works with it."""
    return revision.isdigit() and int(revision) == int(head()) + 1


def revision_of(session: Session) -> str | None:
    """The revision that the database of a session is at: a look that waits for no writer."""
    return MigrationContext.configure(session.connection()).get_current_revision()
