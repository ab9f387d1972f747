"""Where a desk's database lies, without touching it: an engine would make its folder."""

from pathlib import Path

from models.errors import UsageError

_SQLITE = "sqlite:///"


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLite address, None for PostgreSQL; raises `UsageError` for what is no address."""
    if url.startswith(_SQLITE) and "?" not in url:
        # by hand: SQLAlchemy takes a quarter of a second to load, and `check` in an empty folder needs none
        return Path(url.removeprefix(_SQLITE))
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise UsageError("database.url: not a database address that can be read") from error
    return Path(str(parsed.database)) if parsed.drivername.startswith("sqlite") else None
