"""A database and a running site for each test of this room."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from crawlers.registry import EntrySpec, SourceSpec, sync
from models.counters import totals
from models.migrate import upgrade
from models.session import make_engine, make_sessions
from models.vocabulary import EntryKind, SourceKind
from models.weeks import local_day
from tests.crawlers.child import NOW, CrawlPlan
from tests.crawlers.server import Site


@dataclass
class Desk:
    """A database file and its sessions."""

    url: str
    sessions: sessionmaker[Session]
    folder: Path

    def add_source(
        self,
        site: Site,
        source_id: str,
        kind: EntryKind = EntryKind.FEED,
        path: str = "/rss",
        pattern: str | None = None,
    ) -> None:
        """Register a source whose host is `<id>.localhost`, beside those that are there."""
        self.add(
            source_id,
            site.url(f"{source_id}.localhost"),
            [EntrySpec(kind, site.url(f"{source_id}.localhost", path), pattern)],
        )

    def add(
        self,
        source_id: str,
        homepage: str,
        entries: list[EntrySpec],
        *,
        kind: SourceKind = SourceKind.NEWSPAPER,
    ) -> None:
        self.specs = [
            *getattr(self, "specs", []),
            SourceSpec(source_id, source_id.title(), kind, homepage, True, True, tuple(entries)),
        ]
        with self.sessions.begin() as session:
            sync(session, self.specs)

    def counts(self, source_id: str) -> dict[str, int]:
        with self.sessions.begin() as session:
            return totals(session, source_id, local_day(NOW))

    def plan(self, site: Site, *names: str) -> CrawlPlan:
        """A crawl for which `<name>.localhost` is the site's server."""
        hosts = {f"{name}.localhost": (site.address, site.port) for name in names}
        return CrawlPlan(self.url, hosts)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    engine = make_engine(url)
    upgrade(engine)
    yield Desk(url, make_sessions(engine), tmp_path)
    engine.dispose()


@pytest.fixture
def site() -> Iterator[Site]:
    with Site().running() as running:
        yield running
