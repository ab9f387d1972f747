"""F6: the disk is full. Who asks is told so, what was acknowledged stays, and it goes on once there is room.

Two ways to be full: a limit on the size of files (RLIMIT_FSIZE: any write of this process past it fails, at
whatever byte of the log, the database or an export) and a limit on the pages of the database, where SQLite
says `database or disk is full` itself.
"""

import base64
import re
import resource
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.exc import OperationalError

from models.sealed import SealedTip
from models.session import is_away, is_full
from pipeline import backup, doctor, exports, keys, modelbox, room
from pipeline.compose import Desk, build
from pipeline.prometheus import exposition
from pipeline.settings import load
from review_ui.app import create_app
from tests.conftest import NOW, Clock
from tests.pipeline.cli import kiemchung
from tests.review_ui.house import SITE, Browser, words

TIPS = 12
TIP = "Có tin nhắn bảo uống nước lá này ba ngày là hết bệnh, chia sẻ gấp cho mọi người. " * 40
PAGES = ("/", "/gui-tin", "/nhat-ky")
RECEIPT = re.compile(r'class="receipt"><code>([^<]+)<')
Full = Callable[[Desk, int], Any]


@contextmanager
def files_end_at(_: Desk, limit: int) -> Iterator[None]:
    """No file of this process may grow past so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def pages_end_at(desk: Desk, limit: int) -> Iterator[None]:
    """The database may take so many bytes more, a page at least."""

    def narrow(raw: sqlite3.Connection, _: object) -> None:
        pages = raw.execute("PRAGMA page_count").fetchone()[0]
        raw.execute(f"PRAGMA max_page_count={pages + 1 + limit // 65536}")

    with _new_connections(desk.engine):
        event.listen(desk.engine, "connect", narrow)
        try:
            yield
        finally:
            event.remove(desk.engine, "connect", narrow)


@contextmanager
def _new_connections(engine: Engine) -> Iterator[None]:
    engine.dispose()
    yield
    engine.dispose()


@dataclass
class Told:
    """What visitors of a desk with a full disk were told."""

    receipts: list[str] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)
    pages: set[int] = field(default_factory=set)
    said: str = ""


def visit(browser: Browser, told: Told, tips: int) -> None:
    """Send tips and open pages."""
    for _ in range(tips):
        answer = browser.post("/gui-tin", {"text": TIP, "website": ""})
        told.statuses.add(answer.status_code)
        found = RECEIPT.search(answer.text)
        if answer.status_code == 200 and found:
            told.receipts.append(found[1])
        elif answer.status_code != 200:
            told.said = words(answer)
    told.pages |= {browser.get(path).status_code for path in PAGES}


def desk_of(database: Path, clock: Clock) -> Desk:
    """A desk that keeps tips sealed: each is one row, and no model has to be loaded for it."""
    flags = {
        "database.url": f"sqlite:///{database}",
        "paths.var": str(database.parent / "var"),
        "web.public_url": SITE,
        "tips.seal_to": base64.b64encode(bytes(range(32))).decode(),
    }
    return build(load(environ={}, flags=flags), clock=clock, migrated=False)


def trouble(desk: Desk, told: Told) -> list[str]:
    """What a full disk must not have done."""
    found = [f"answered {one}" for one in told.statuses - {200, 503, 507}]
    found += [f"a page answered {one}" for one in told.pages - {200}]
    with desk.reading() as session:
        kept = session.scalar(select(func.count()).select_from(SealedTip))
    if kept != len(told.receipts):
        found.append(f"{len(told.receipts)} acknowledged, {kept} kept")
    desk.close()
    with sqlite3.connect(str(desk.engine.url.database)) as plain:
        whole = plain.execute("PRAGMA integrity_check").fetchone()[0]
    plain.close()
    return found if whole == "ok" else [*found, whole]


@pytest.mark.parametrize("limits", [2, pytest.param(50, marks=pytest.mark.release)])
@pytest.mark.parametrize("full", [files_end_at, pages_end_at])
def test_a_full_disk_is_said_and_nothing_acknowledged_is_lost(
    sqlite_template: bytes, tmp_path: Path, clock: Clock, full: Full, limits: int
) -> None:
    refused = 0
    for number in range(limits):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "desk.sqlite").write_bytes(sqlite_template)
        desk, told = desk_of(folder / "desk.sqlite", clock), Told()
        with Browser(create_app(desk)) as browser:
            visit(browser, told, 1)
            start = 40_000 if full is files_end_at else 0
            with full(desk, start + number * 260_000 // limits):
                visit(browser, told, TIPS)
            refused += len(told.statuses & {503, 507})
            assert told.statuses == {200} or "Chưa có gì được ghi dở dang" in told.said
            assert full is files_end_at or 507 not in told.statuses or "hết chỗ" in told.said
            # there is room again: nobody has to do anything
            again = Told()
            visit(browser, again, 2)
            assert (again.statuses, again.pages) == ({200}, {200})
            told.receipts += again.receipts
        assert trouble(desk, told) == [], number
        shutil.rmtree(folder)
    assert refused >= limits * 3 // 4, "the limits reach the tips"


def test_an_acknowledgement_before_the_commit_is_found_out(
    sqlite_template: bytes, tmp_path: Path, clock: Clock
) -> None:
    """Control: a desk that gives the receipt whatever the database says."""
    database = tmp_path / "desk.sqlite"
    database.write_bytes(sqlite_template)
    desk, told = desk_of(database, clock), Told(receipts=["given before"])
    assert trouble(desk, told) == ["1 acknowledged, 0 kept"]


def database_says(code: int, state: str | None = None) -> OperationalError:
    """An error as the driver gives it."""
    cause = sqlite3.OperationalError("x") if state is None else Exception("x")
    setattr(cause, "sqlite_errorcode" if state is None else "sqlstate", code if state is None else state)
    return OperationalError("INSERT", {}, cause)


def test_full_is_told_from_busy() -> None:
    assert is_full(database_says(sqlite3.SQLITE_FULL))
    assert is_full(database_says(0, "53100"))
    assert is_full(OSError(28, "No space left on device"))
    for other in (database_says(sqlite3.SQLITE_BUSY), database_says(0, "57P01")):
        assert not is_full(other)
        assert is_away(other)
    assert not is_full(OSError(13, "Permission denied"))
    assert not is_away(ValueError("x"))


# --- files


def test_no_file_is_left_half(sqlite_desk: Desk, tmp_path: Path) -> None:
    """Backup, model, export and key: whole or not there, and nothing beside them."""
    target = tmp_path / "out"
    target.mkdir()
    works: tuple[Callable[[], object], ...] = (
        lambda: backup.make(sqlite_desk, target),
        lambda: modelbox.write(target, b"m" * 100_000),
        lambda: exports.export_open_data(sqlite_desk, target),
        lambda: keys.load_or_create(target),
    )
    for work in works:
        limit = 10 if work is not works[0] else 20_000
        with (
            files_end_at(sqlite_desk, limit),
            pytest.raises(Exception, match=r"large|full|I/O|cannot be"),
        ):
            work()
        assert list(target.iterdir()) == []
    for work in works:
        work()
    assert len([path for path in target.iterdir() if not path.name.startswith(".")]) == 6


def test_a_command_says_it_in_one_line(sqlite_desk: Desk, tmp_path: Path) -> None:
    url = sqlite_desk.settings.database_url
    sqlite_desk.close()
    with files_end_at(sqlite_desk, 100_000):
        done = kiemchung(tmp_path, "--database", url, "--var", "var", "backup")
    done.refused(1)
    assert list((tmp_path / "var" / "backups").iterdir()) == []


# --- the alarm


@pytest.mark.parametrize(
    ("free", "state"),
    [(0.5, doctor.OK), (0.149, doctor.ADVICE), (0.101, doctor.ADVICE), (0.099, doctor.FAILED)],
)
def test_the_alarm_comes_before_a_tenth_is_left(
    sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch, free: float, state: str
) -> None:
    usage = SimpleNamespace(total=10_000, free=int(free * 10_000))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    found = next(one for one in doctor.examine(sqlite_desk.settings, lambda: NOW) if one.name == "disk")
    assert found.state == state
    assert bool(found.todo) == (state != doctor.OK)
    assert f"kiemchung_disk_free_ratio {free}" in exposition(sqlite_desk).decode()


def test_the_fuller_disk_counts(sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Path(str(sqlite_desk.engine.url.database)).parent

    def usage(folder: Path) -> object:
        return SimpleNamespace(total=100, free=5 if folder == database else 90)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    assert (room.look(sqlite_desk.settings).share, room.look(sqlite_desk.settings).folder) == (0.05, database)
