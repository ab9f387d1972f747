"""The composition root: one function builds everything that a command, page, job or test works with."""

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from models import migrate
from models.errors import StoreError
from models.session import make_engine, make_reading_sessions, make_sessions
from models.vocabulary import ModelKind
from pipeline import keys, seals
from pipeline.readers import make_reader
from pipeline.settings import Settings

if TYPE_CHECKING:
    from classify.mask import Masker
    from classify.rank import Ranker
    from classify.reader import Reader

LOG = logging.getLogger("kiemchung.desk")
Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The machine's clock; everything else takes a clock as an argument."""
    return datetime.now(UTC)


@dataclass
class Desk:
    """What every part of the product is handed: nothing connects or loads before it is used."""

    settings: Settings
    engine: Engine
    keys: keys.Keys
    clock: Clock
    sessions: sessionmaker[Session]
    reading: sessionmaker[Session]
    # exact host names of the sample province, on loopback; never filled from a settings file
    local_hosts: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    # what stages keep in this process's memory from one run to the next (indexes), by their own names
    kept: dict[str, Any] = field(default_factory=dict, repr=False)
    # the name of this process in leases: random, and nothing else is known by it
    owner: str = field(default_factory=lambda: secrets.token_hex(8))

    @cached_property
    def reader(self) -> "Reader":
        """The reader of this process."""
        return self.reader_factory()

    @cached_property
    def masker(self) -> "Masker":
        """The masker of identifiers, for words that arrive by other ways than a text to read."""
        from classify.mask import Masker

        return Masker(self.keys.mask)

    @property
    def reader_factory(self) -> "Callable[[], Reader]":
        """A picklable maker of readers for extraction processes."""
        return partial(make_reader, self.keys.mask, self.settings.text("desk.province"))

    @property
    def model_folder(self) -> Path:
        """Where registered model files lie, named by their SHA-256."""
        return self.settings.path("paths.var") / "models"

    def ranker(self) -> "Ranker":
        """The champion ranking model, or the open cues of a cold start while there is none."""
        from classify.rank import ColdRanker, LinearRanker
        from pipeline.learning import champion

        with self.reading() as session:
            serving = champion(session, ModelKind.RANK)
        if serving is None:
            return ColdRanker()
        return LinearRanker.load(self.model_folder / f"{serving.sha256}.skops", serving.sha256)

    def close(self) -> None:
        """Give the database connections back."""
        self.engine.dispose()


def build(
    settings: Settings,
    *,
    clock: Clock = system_clock,
    local_hosts: Mapping[str, tuple[str, int]] | None = None,
    migrated: bool = True,
) -> Desk:
    """Put the desk together; makes or upgrades the database unless `migrated` is False."""
    seals.public_key(settings.text(seals.SETTING))  # a wrong key must not wait for the first tip
    engine = make_engine(settings.database_url, settings.pool)
    desk = Desk(
        settings=settings,
        engine=engine,
        keys=keys.load_or_create(settings.path("paths.var")),
        clock=clock,
        sessions=make_sessions(engine),
        reading=make_reading_sessions(engine),
        local_hosts=dict(local_hosts or {}),
    )
    if migrated:
        prepare(desk)
    return desk


def prepare(desk: Desk) -> None:
    """Bring the database to this version's schema, unless the next version did so to its own already.

    Raises `StoreError` for a database of a version that is further ahead: one step only adds, two may not.
    """
    from sqlalchemy.exc import DatabaseError

    try:
        at = migrate.current(desk.engine)
    except DatabaseError as error:
        place = desk.engine.url.render_as_string()
        raise StoreError(f"database {place}: {error.orig}") from error
    if at == migrate.head():
        migrate.finish(desk.engine)
        return
    if at is None or migrate.knows(at):
        migrate.upgrade(desk.engine)
        return
    if not migrate.is_next(at):
        raise StoreError(f"the database is at revision {at}, which is newer than this program: upgrade it")
    LOG.warning("schema_is_newer at=%s known=%s", at, migrate.head())
