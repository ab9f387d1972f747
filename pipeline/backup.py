"""Safe copies: the database as one consistent snapshot, the registered models, and what proves them whole.

The desk's key is NOT in a backup: who has the copy cannot turn a token back. Keep `desk.key` elsewhere;
without it, receipts and scam numbers of an old copy no longer match. Copies are kept seven days at most,
so that what was erased does not live on in them (rule 9).
"""

import contextlib
import fcntl
import hashlib
import io
import itertools
import json
import os
import secrets
import sqlite3
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from models import audit, migrate
from models.errors import KiemChungError, StoreError
from pipeline import postgres
from pipeline.compose import Desk

KEEP = timedelta(days=7)
PREFIX, SUFFIX = "kiemchung-", ".backup.tar"
MANIFEST, SQLITE, DUMP, MODELS = "manifest.json", "desk.sqlite", "desk.dump", "models/"
_STAMP = "%Y%m%dT%H%M%SZ"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself; the audit head and the hashes are checked before anything is replaced."""

    made_at: str
    database: str
    revision: str
    audit_entries: int
    audit_head: str
    files: dict[str, str]


def folder_of(desk: Desk) -> Path:
    """Where backups lie unless another folder is named."""
    return desk.settings.path("paths.var") / "backups"


def make(desk: Desk, out: Path | None = None) -> Path:
    """Write a backup, whole or not at all, and drop those over age; gives its path."""
    folder = out or folder_of(desk)
    now = desk.clock().astimezone(UTC)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        drop_left(folder)
        with scratch_in(folder) as scratch:
            parts = _parts(desk, scratch)
            whole = scratch / "whole.tar"
            _pack(whole, _manifest(desk, scratch, now, parts), parts)
            target = _link(whole, folder, now.strftime(_STAMP))
    except OSError as error:
        raise KiemChungError(f"{error.filename or folder}: {error.strerror or error}") from error
    drop_old(desk)
    return target


def _link(whole: Path, folder: Path, stamp: str) -> Path:
    """Give the finished file its name; a second copy of the same second gets a number and replaces none."""
    for number in itertools.count(1):
        target = folder / f"{PREFIX}{stamp}{f'-{number}' if number > 1 else ''}{SUFFIX}"
        with contextlib.suppress(FileExistsError):
            os.link(whole, target)
            return target
    raise AssertionError  # pragma: no cover - counting has no end


def drop_old(desk: Desk) -> int:
    """Delete the desk's own backups that are over age, and what killed ones left; gives how many."""
    left = drop_left(folder_of(desk))
    limit = desk.clock().astimezone(UTC) - KEEP
    old = [path for path in copies(desk) if stamp_of(path) < limit]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old) + left


def copies(desk: Desk) -> list[Path]:
    """The backups in the desk's own folder, oldest first; what a restore put aside counts as one."""
    found = folder_of(desk).glob(f"{PREFIX}*{SUFFIX}")
    return sorted(path for path in found if stamp_of(path) > datetime.min.replace(tzinfo=UTC))


def stamp_of(path: Path) -> datetime:
    """When a backup was made, by its name; the earliest of all times for a name that is not ours."""
    try:
        stamp = path.name[len(PREFIX) : -len(SUFFIX)].split("-")[0]
        return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)


@contextlib.contextmanager
def scratch_in(folder: Path) -> Iterator[Path]:
    """A private folder beside the target, so that the last step is a rename; emptied whatever happens."""
    scratch = folder / f".{PREFIX}{secrets.token_hex(6)}"
    scratch.mkdir(mode=0o700)
    held = os.open(scratch, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    try:
        yield scratch
    finally:
        _empty(scratch)
        os.close(held)


def _empty(scratch: Path) -> None:
    for path in scratch.iterdir():
        path.unlink()
    scratch.rmdir()


def drop_left(folder: Path) -> int:
    """Delete what a process that was killed left beside its copies: it holds the whole desk; gives how many.

    A scratch folder that is in use is locked; the system releases the lock when its process dies.
    """
    return sum(_drop_if_left(scratch) for scratch in folder.glob(f".{PREFIX}*") if scratch.is_dir())


def _drop_if_left(scratch: Path) -> bool:
    with contextlib.suppress(OSError):
        held = os.open(scratch, os.O_RDONLY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # one that is empty may be about to be locked, and holds nothing
            if any(scratch.iterdir()):
                _empty(scratch)
                return True
        finally:
            os.close(held)
    return False


def _parts(desk: Desk, scratch: Path) -> dict[str, Path]:
    """Every file that goes into a backup by its name there."""
    if desk.engine.dialect.name == "sqlite":
        parts = {SQLITE: scratch / SQLITE}
        _snapshot(desk, parts[SQLITE])
    else:
        parts = {DUMP: scratch / DUMP}
        postgres.dump(desk.engine.url, parts[DUMP])
    for path in sorted(desk.model_folder.glob("*.skops")):
        parts[MODELS + path.name] = path
    return parts


def _snapshot(desk: Desk, target: Path) -> None:
    """SQLite's online backup: consistent while others write. One file, no log beside it."""
    source = desk.engine.raw_connection()
    live = source.driver_connection
    assert isinstance(live, sqlite3.Connection)  # noqa: S101 -- narrows the type for the checker
    try:
        with contextlib.closing(sqlite3.connect(target)) as copy:
            live.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
    finally:
        source.close()


def _manifest(desk: Desk, scratch: Path, now: datetime, parts: dict[str, Path]) -> Manifest:
    """Facts of the copy itself, not of the live database, which may have moved on."""
    if SQLITE in parts:
        revision, entries, head = facts(scratch / SQLITE)
    else:
        revision = migrate.current(desk.engine) or ""
        with desk.reading() as session:
            report = audit.verify(session)
        entries, head = report.entries, report.head_digest
    hashes = {name: digest(path) for name, path in parts.items()}
    return Manifest(now.isoformat(), desk.engine.dialect.name, revision, entries, head, hashes)


def facts(path: Path) -> tuple[str, int, str]:
    """Revision, entries and head of the audit chain of a SQLite file; raises `StoreError` if not whole."""
    from models.session import make_engine, make_reading_sessions

    _whole(path)
    engine = make_engine(f"sqlite:///{path}")
    try:
        with make_reading_sessions(engine)() as session:
            report = audit.verify(session)
        if not report.ok:
            raise StoreError(f"audit chain: broken at entry {report.broken_at} ({report.reason})")
        return migrate.current(engine) or "", report.entries, report.head_digest
    finally:
        engine.dispose()


def _whole(path: Path) -> None:
    try:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            answer = connection.execute("PRAGMA integrity_check").fetchone()
            missing = connection.execute("SELECT count(*) FROM audit_entry").fetchone() is None
    except sqlite3.Error as error:
        raise StoreError(f"not a whole desk database ({error})") from error
    if answer != ("ok",) or missing:
        raise StoreError(f"not a whole desk database ({answer[0] if answer else 'empty'})")


def digest(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pack(target: Path, manifest: Manifest, parts: dict[str, Path]) -> None:
    text = json.dumps(asdict(manifest), indent=1, sort_keys=True).encode()
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
            _add(tar, MANIFEST, io.BytesIO(text), len(text))
            for name, path in parts.items():
                _add_file(tar, name, path)
        file.flush()
        os.fsync(file.fileno())


def _add_file(tar: tarfile.TarFile, name: str, path: Path) -> None:
    with path.open("rb") as source:
        _add(tar, name, source, path.stat().st_size)


def _add(tar: tarfile.TarFile, name: str, source: IO[bytes], size: int) -> None:
    member = tarfile.TarInfo(name)  # no owner, no time: the copy says nothing of the machine
    member.size = size
    tar.addfile(member, source)
