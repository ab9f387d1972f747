"""What the promises' tests share: the crawl's database and running site, and the web app's world."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crawlers.conftest import desk, site
from tests.pipeline.conftest import sqlite_desk
from tests.promises import webworld

__all__ = ["desk", "shared", "site", "sqlite_desk", "world"]


@pytest.fixture
def world(sqlite_url: str, tmp_path: Path) -> Iterator[webworld.World]:
    """A desk with something at every stage, and a wire to its web app."""
    with webworld.made(sqlite_url, tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shared(sqlite_template: bytes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[webworld.World]:
    """One such world, without limits, for all tests of a file: for those that leave it as it was."""
    folder = tmp_path_factory.mktemp("world")
    (folder / "desk.sqlite").write_bytes(sqlite_template)
    with webworld.made(f"sqlite:///{folder / 'desk.sqlite'}", folder) as made:
        made.unthrottled()
        yield made
