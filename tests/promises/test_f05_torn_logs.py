"""F5: power is cut while the write-ahead log is written: whatever is torn, only the newest commits are lost.

The log is damaged in the file, as SQLite's own crash tests do it (sqlite.org/testing.html, 3.3), and the desk
then opens what is left. Each commit is one entry of the audit chain, so that a hole in the middle shows.
"""

import random
import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import event

from models import audit
from models.errors import StoreError
from models.session import make_engine, make_sessions
from pipeline import backup
from tests.conftest import NOW

HEADER, FRAME_HEADER = 32, 24
COMMITS = 24
Damage = Callable[[bytes, int, random.Random], bytes]


@dataclass(frozen=True)
class Wrecked:
    """A database file and its log as they lay on the disk, and where each commit of the log ends."""

    database: bytes
    log: bytes
    page: int
    before: int
    """Entries that the database file holds without its log."""
    ends: tuple[int, ...]
    """For each commit of the log: the byte after its last frame."""

    @property
    def frame(self) -> int:
        """Bytes of one frame."""
        return FRAME_HEADER + self.page

    def kept(self, log: bytes) -> int:
        """How many entries there are once the log is damaged: what ends before the first changed byte."""
        same = next((at for at, (a, b) in enumerate(zip(self.log, log, strict=False)) if a != b), len(log))
        return self.before + sum(end <= min(same, len(log)) for end in self.ends)


def wreck(path: Path, *, restarted: bool) -> Wrecked:
    """A desk that is cut off: its files are copied while it is open, as a power cut leaves them.

    `restarted`: the log was begun again over an older and longer one, whose frames still lie at its end.
    """
    engine = make_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA wal_autocheckpoint=0"))
    sessions, before = make_sessions(engine), 0

    def commit(n: int) -> None:
        for _ in range(n):
            with sessions.begin() as session:
                audit.append(session, lambda: NOW, "system", "test", "desk")

    if restarted:
        commit(COMMITS + 8)
        with engine.connect() as connection:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(RESTART)")
            connection.exec_driver_sql("BEGIN")
        before = COMMITS + 8
    commit(COMMITS)
    wal = path.with_name(path.name + "-wal")
    found = path.read_bytes(), wal.read_bytes()
    engine.dispose()
    page = struct.unpack(">I", found[1][8:12])[0]
    return Wrecked(*found, page, before, tuple(_ends(found[1], page)))


def _ends(log: bytes, page: int) -> Iterator[int]:
    """Where commits end: frames of this log's salt whose header gives the size of the database."""
    salt = log[16:24]
    for at in range(HEADER, len(log) - page, FRAME_HEADER + page):
        if log[at + 8 : at + 16] != salt:
            return
        if struct.unpack(">I", log[at + 4 : at + 8])[0]:
            yield at + FRAME_HEADER + page


@pytest.fixture(scope="module", params=[False, True], ids=["first log", "log begun again"])
def wrecked(
    request: pytest.FixtureRequest, sqlite_template: bytes, tmp_path_factory: pytest.TempPathFactory
) -> Wrecked:
    path = tmp_path_factory.mktemp("wrecked") / "desk.sqlite"
    path.write_bytes(sqlite_template)
    made = wreck(path, restarted=request.param)
    assert len(made.ends) == COMMITS
    assert (len(made.log) > made.ends[-1]) == request.param, "older frames lie behind the new ones"
    return made


# --- what a power cut does to a log


def _start(log: bytes, frame: int, chance: random.Random) -> int:
    """The first byte of some frame."""
    return HEADER + chance.randrange((len(log) - HEADER) // frame) * frame


def cut_anywhere(log: bytes, _: int, chance: random.Random) -> bytes:
    """The file ends at any byte."""
    return log[: chance.randrange(len(log))]


def cut_at_a_border(log: bytes, frame: int, chance: random.Random) -> bytes:
    """The file ends between two frames, or a byte beside that."""
    return log[: _start(log, frame, chance) + chance.choice((-1, 0, 1))]


def cut_in_a_header(log: bytes, frame: int, chance: random.Random) -> bytes:
    """The file ends within a frame's header."""
    return log[: _start(log, frame, chance) + chance.randrange(FRAME_HEADER)]


def zeroed(log: bytes, frame: int, chance: random.Random) -> bytes:
    """A frame whose bytes never reached the disk, while later ones did."""
    at = _start(log, frame, chance)
    return log[:at] + bytes(frame) + log[at + frame :]


def half_written(log: bytes, frame: int, chance: random.Random) -> bytes:
    """A frame whose second half is of something else."""
    at = _start(log, frame, chance) + frame // 2
    return log[:at] + chance.randbytes(frame // 2) + log[at + frame // 2 :]


def sector(log: bytes, _: int, chance: random.Random) -> bytes:
    """512 bytes, aligned as a disk has them, that are zero."""
    at = chance.randrange(len(log) // 512) * 512
    return log[:at] + bytes(512) + log[at + 512 :]


def swapped(log: bytes, frame: int, chance: random.Random) -> bytes:
    """Two frames in each other's place: the disk wrote the tail in another order."""
    at = min(_start(log, frame, chance), len(log) - 2 * frame)
    return log[:at] + log[at + frame : at + 2 * frame] + log[at : at + frame] + log[at + 2 * frame :]


def bit(log: bytes, _: int, chance: random.Random) -> bytes:
    """One bit of a frame that is the other one."""
    at = chance.randrange(HEADER, len(log))
    return log[:at] + bytes([log[at] ^ 1 << chance.randrange(8)]) + log[at + 1 :]


def longer(log: bytes, frame: int, chance: random.Random) -> bytes:
    """Space that the file system gave, never written."""
    return log + bytes(chance.randrange(1, 2 * frame))


def headless(log: bytes, _: int, chance: random.Random) -> bytes:
    """The log's own header is not whole."""
    at = chance.randrange(HEADER)
    return log[:at] + bytes([log[at] ^ 0x55]) + log[at + 1 :]


KINDS: tuple[Damage, ...] = (
    cut_anywhere,
    cut_at_a_border,
    cut_in_a_header,
    zeroed,
    half_written,
    sector,
    swapped,
    bit,
    longer,
    headless,
)


def trouble(folder: Path, database: bytes, log: bytes | None, expected: int) -> str | None:
    """What is wrong with a desk that starts on these files; None if it holds exactly what it must."""
    path = folder / "desk.sqlite"
    for left in folder.iterdir():
        left.unlink()
    path.write_bytes(database)
    if log is not None:
        path.with_name("desk.sqlite-wal").write_bytes(log)
    try:
        _, entries, _ = backup.facts(path)
    except (StoreError, sqlite3.Error) as error:
        return str(error)
    return None if entries == expected else f"{entries} entries, not {expected}"


@pytest.mark.parametrize("each", [1, pytest.param(10, marks=pytest.mark.release)])
def test_a_torn_log_loses_the_newest_commits_alone(wrecked: Wrecked, tmp_path: Path, each: int) -> None:
    chance, lost = random.Random(5), 0
    for damage in KINDS:
        for number in range(each):
            log = damage(wrecked.log, wrecked.frame, chance)
            kept = wrecked.kept(log)
            lost += wrecked.before + COMMITS - kept
            assert trouble(tmp_path, wrecked.database, log, kept) is None, (damage.__name__, number)
    assert lost > each * len(KINDS), "the damage reaches commits"


def test_an_undamaged_log_gives_every_commit(wrecked: Wrecked, tmp_path: Path) -> None:
    assert trouble(tmp_path, wrecked.database, wrecked.log, wrecked.before + COMMITS) is None


def test_a_copy_without_its_log_is_found_out(wrecked: Wrecked, tmp_path: Path) -> None:
    """Control: who copies the one file alone loses every commit that the log holds."""
    found = trouble(tmp_path, wrecked.database, None, wrecked.before + COMMITS)
    assert found == f"{wrecked.before} entries, not {wrecked.before + COMMITS}"


def test_pages_written_in_any_order_are_found_out(wrecked: Wrecked, tmp_path: Path) -> None:
    """Control: without syncing (`synchronous=OFF`) some pages of a commit are in the file and others not."""
    chance, found = random.Random(7), 0
    for _ in range(20):
        torn = bytearray(wrecked.database)
        for at in range(HEADER, wrecked.ends[-1], wrecked.frame):
            if chance.random() < 0.5:
                number = struct.unpack(">I", wrecked.log[at : at + 4])[0]
                place = (number - 1) * wrecked.page
                torn[place : place + wrecked.page] = wrecked.log[at + FRAME_HEADER : at + wrecked.frame]
        found += trouble(tmp_path, bytes(torn), None, wrecked.before + COMMITS) is not None
    assert found >= 15


def test_the_desk_syncs_every_commit(sqlite_template: bytes, tmp_path: Path) -> None:
    """FULL, in a log: what was acknowledged is on the disk; and nothing waits in the log for ever."""
    path = tmp_path / "desk.sqlite"
    path.write_bytes(sqlite_template)
    engine = make_engine(f"sqlite:///{path}")
    with closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        asked = ("journal_mode", "synchronous", "wal_autocheckpoint")
        assert [cursor.execute(f"PRAGMA {one}").fetchone()[0] for one in asked] == ["wal", 2, 1000]
    engine.dispose()
