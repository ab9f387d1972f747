"""Desks on real databases for the tests of the ten rules."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.compose import Desk, build
from pipeline.settings import load
from tests.conftest import Clock
from tests.pipeline.conftest import People, hire


def make_desk(url: str, folder: Path, clock: Clock) -> Desk:
    """A desk as the product composes it, over a migrated database."""
    flags: dict[str, str | int | float | bool | None] = {
        "database.url": url,
        "paths.var": str(folder / "var"),
        "sources.file": str(folder / "sources.toml"),
        "crawl.contact_url": "https://example.vn/bot",
        "crawl.workers": 1,
    }
    return build(load(environ={}, flags=flags), clock=clock)


@pytest.fixture
def desk(database_url: str, tmp_path: Path, clock: Clock) -> Iterator[Desk]:
    """A desk on each database in turn."""
    made = make_desk(database_url, tmp_path, clock)
    yield made
    made.close()


@pytest.fixture
def sqlite_desk(sqlite_url: str, tmp_path: Path, clock: Clock) -> Iterator[Desk]:
    """A desk on SQLite, for rules that the database takes no part in."""
    made = make_desk(sqlite_url, tmp_path, clock)
    yield made
    made.close()


@pytest.fixture
def people(desk: Desk) -> People:
    """Staff of the desk."""
    return hire(desk)


@pytest.fixture
def sqlite_people(sqlite_desk: Desk) -> People:
    """Staff of the SQLite desk."""
    return hire(sqlite_desk)
