"""The processes of one desk, as its database sees them: who leads, how many connections they may open."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from models import migrate
from models.errors import StoreError
from models.locks import PREFIX
from models.session import PROCESS, Pool, is_postgresql
from pipeline import room
from pipeline.compose import Desk

_SEEN = text(
    "SELECT count(DISTINCT application_name), current_setting('max_connections')::int "
    "- current_setting('superuser_reserved_connections')::int FROM pg_stat_activity "
    "WHERE starts_with(application_name, :ours) AND NOT starts_with(application_name, :locks)"
)

ROOM = 0.01
"""Free share of a disk below which a process is not ready for visitors: what they send could not be kept."""


@dataclass(frozen=True)
class Demand:
    """How many connections the processes seen now may open together, and how many the server takes."""

    processes: int
    each: int
    limit: int

    @property
    def most(self) -> int:
        """The most that all of them open at once; each may hold one more for its locks."""
        return self.processes * (self.each + 1)

    @property
    def fits(self) -> bool:
        """Whether the server takes them all."""
        return self.most <= self.limit


def demand(session: Session, pool: Pool) -> Demand | None:
    """What the processes of this server's desks may ask of it; None for SQLite, which has no such limit."""
    if not is_postgresql(session):
        return None
    seen, limit = session.execute(_SEEN, {"ours": PROCESS, "locks": PREFIX}).one()
    return Demand(seen, pool.most, limit)


def not_ready(desk: Desk) -> str | None:
    """What keeps this process from serving (`database`, `schema` or `disk`), None if nothing does."""
    try:
        with desk.reading() as session:
            at = migrate.revision_of(session)
    except (SQLAlchemyError, StoreError):
        return "database"
    if at is None or not (at == migrate.head() or migrate.is_next(at)):
        return "schema"
    return "disk" if room.look(desk.settings).share < ROOM else None
