"""Putting a backup back: all is checked before anything is replaced, and never under a running desk."""

import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from datetime import UTC
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.engine import URL

from models import audit, migrate
from models.errors import ConflictError, KiemChungError, StoreError, UsageError
from models.session import make_engine, make_reading_sessions
from pipeline import backup, inuse, postgres
from pipeline.backup import DUMP, MANIFEST, MODELS, SQLITE, Manifest
from pipeline.compose import Clock, build, system_clock
from pipeline.erase import erase_due
from pipeline.settings import Settings

LARGEST_MANIFEST = 1 << 20
LOGS = ("-wal", "-shm")
"""What SQLite keeps beside its file: it belongs to that file and to no other."""


@dataclass(frozen=True)
class Restored:
    """What was put back, and where the database that it replaced was put aside."""

    made_at: str
    audit_entries: int
    models: int
    put_aside: str | None


def restore(settings: Settings, source: Path, clock: Clock = system_clock) -> Restored:
    """Check a backup and put it in the place of the present database.

    Raises `UsageError` if the file is no backup, `StoreError` if it is not whole, not of a known schema, or
    its audit chain does not verify, and `ConflictError` while the desk is in use. Nothing is changed then.
    What is over age by now is erased at once, because the copy is from before its erasure.
    """
    var = settings.path("paths.var")
    url = make_url(settings.database_url)
    kind = "sqlite" if url.get_backend_name() == "sqlite" else "postgresql"
    with inuse.alone(var), _unpacked(source, var) as (manifest, scratch):
        if manifest.database != kind:
            raise UsageError(f"{source}: is a copy of a {manifest.database} database, the desk's is {kind}")
        if not migrate.knows(manifest.revision):
            raise StoreError(f"{source}: schema {manifest.revision} is unknown here: upgrade this program")
        if kind == "sqlite":
            put_aside = _put_sqlite(settings, source, manifest, scratch, clock)
        else:
            put_aside = None
            _put_postgresql(url, manifest, scratch)
        n = _put_models(var / "models", scratch)
    desk = build(settings, clock=clock)
    try:
        erase_due(desk)
    finally:
        desk.close()
    return Restored(manifest.made_at, manifest.audit_entries, n, put_aside)


@contextmanager
def _unpacked(source: Path, var: Path) -> Iterator[tuple[Manifest, Path]]:
    """The checked files of a backup in a private folder of the desk's."""
    with backup.scratch_in(var) as scratch:
        try:
            with tarfile.open(source, mode="r:") as tar:
                manifest = _manifest(source, tar)
                _take_all(source, tar, manifest, scratch)
        except (tarfile.TarError, EOFError) as error:
            raise UsageError(f"{source}: is not a backup of a desk ({error})") from error
        yield manifest, scratch


def _take_all(source: Path, tar: tarfile.TarFile, manifest: Manifest, scratch: Path) -> None:
    for member in tar:
        if member.name != MANIFEST:
            _take(source, tar, member, manifest, scratch)
    missing = [name for name in manifest.files if not (scratch / Path(name).name).exists()]
    if missing:
        raise StoreError(f"{source}: {missing[0]} is missing")


def _manifest(source: Path, tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    file = tar.extractfile(first) if first is not None and first.name == MANIFEST else None
    if first is None or file is None or first.size > LARGEST_MANIFEST:
        raise UsageError(f"{source}: is not a backup of a desk (no manifest)")
    try:
        values = json.loads(file.read())
        return Manifest(**{one.name: values[one.name] for one in fields(Manifest)})
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{source}: is not a backup of a desk (its manifest cannot be read)") from error


def _take(
    source: Path, tar: tarfile.TarFile, member: tarfile.TarInfo, manifest: Manifest, scratch: Path
) -> None:
    """Copy one listed file out and compare its hash; names are never used as paths."""
    name = Path(member.name).name
    listed = member.name in manifest.files and member.name in {SQLITE, DUMP, MODELS + name}
    file = tar.extractfile(member) if listed and member.isreg() else None
    if file is None:
        raise StoreError(f"{source}: {member.name!r} does not belong in a backup")
    with (scratch / name).open("xb") as target:
        shutil.copyfileobj(file, target)
    if backup.digest(scratch / name) != manifest.files[member.name]:
        raise StoreError(f"{source}: {member.name} is damaged (SHA-256 differs)")


def _put_sqlite(
    settings: Settings, source: Path, manifest: Manifest, scratch: Path, clock: Clock
) -> str | None:
    copy = scratch / SQLITE
    try:
        found = backup.facts(copy)
    except StoreError as error:
        raise StoreError(f"{source}: {error}") from error
    if found != (manifest.revision, manifest.audit_entries, manifest.audit_head):
        raise StoreError(f"{source}: the audit chain or the schema is not the one that its manifest names")
    live = Path(str(make_url(settings.database_url).database))
    live.parent.mkdir(parents=True, exist_ok=True)
    put_aside = _put_aside(settings, live, clock) if live.exists() else None
    beside = live.with_name(f".{live.name}.restored")
    try:
        for end in LOGS:
            live.with_name(live.name + end).unlink(missing_ok=True)
        shutil.copyfile(copy, beside)
        _sync(beside)
        beside.replace(live)
        _sync(live.parent)
    except OSError as error:
        raise KiemChungError(f"{live}: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)
    return put_aside


def _put_aside(settings: Settings, live: Path, clock: Clock) -> str:
    """Keep what is replaced as one more backup, under the same short memory."""
    _quiet(live)
    desk = build(settings, clock=lambda: clock().astimezone(UTC), migrated=False)
    try:
        kept = str(backup.make(desk))
    except (StoreError, sqlite3.DatabaseError):
        # what is there is broken, which may be why it is being replaced
        broken = live.with_name(f"{live.name}.broken")
        live.replace(broken)
        for end in LOGS:
            # a log that stays would be replayed into the database that takes this one's place
            log = live.with_name(live.name + end)
            if log.exists():
                log.replace(broken.with_name(broken.name + end))
        return str(broken)
    finally:
        desk.close()
    _quiet(live)
    return kept


def _quiet(live: Path) -> None:
    """Leave WAL, which SQLite allows to the last connection alone; folds the log into the file."""
    try:
        with closing(sqlite3.connect(live, timeout=0.5)) as connection:
            mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
    except sqlite3.OperationalError as error:
        raise ConflictError(f"{live}: in use by another program ({error})") from error
    except sqlite3.DatabaseError:
        return  # not a database at all: nobody can be working with it
    if mode != ("delete",):
        raise ConflictError(f"{live}: in use by another program")


def _put_postgresql(url: URL, manifest: Manifest, scratch: Path) -> None:
    engine = make_engine(url.render_as_string(hide_password=False))
    try:
        if migrate.current(engine) is not None:
            place = url.render_as_string()
            raise ConflictError(f"{place}: is not empty; make an empty database and name it with --database")
        postgres.load(engine.url, scratch / DUMP)
        with make_reading_sessions(engine)() as session:
            report = audit.verify(session)
    finally:
        engine.dispose()
    if not report.ok or report.head_digest != manifest.audit_head:
        raise StoreError("the audit chain of the copy does not verify; do not use this database")


def _put_models(folder: Path, scratch: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    found = sorted(scratch.glob("*.skops"))
    for path in found:
        shutil.move(path, folder / path.name)
    return len(found)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
