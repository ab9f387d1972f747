"""Schema migrations with Alembic, run from code so that no configuration file is needed."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from models.errors import StoreError

FOLDER = Path(__file__).parent / "migrations"


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
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            step(config, revision)  # type: ignore[operator]
    except OperationalError as error:
        raise StoreError(f"database {engine.url.render_as_string()}: {error.orig}") from error


def knows(revision: str) -> bool:
    """Whether this code has that revision."""
    script = ScriptDirectory.from_config(_config())
    return revision in {known.revision for known in script.walk_revisions()}
