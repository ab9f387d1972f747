"""A new desk in a folder: settings, source registry, key and database; nothing is overwritten."""

import contextlib
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from models.errors import KiemChungError
from pipeline.settings import FILE_NAME, PREFIX, Settings, Value, load, template


@dataclass(frozen=True)
class Made:
    """One thing that a desk needs; `new` is False if it was there already."""

    what: str
    path: str
    new: bool


def initialise(
    config: Path | None, environ: Mapping[str, str], flags: Mapping[str, Value | None]
) -> list[Made]:
    """Make what is missing and say of each thing whether it is new; raises `KiemChungError`."""
    from crawlers.registry import STARTER

    path = config or Path(environ.get(PREFIX + "CONFIG", FILE_NAME))
    made = [_file("settings", path, lambda temporary: _write(temporary, template()))]
    settings = load(path, environ, flags)
    made.append(
        _file("sources", settings.path("sources.file"), lambda temporary: shutil.copyfile(STARTER, temporary))
    )
    return made + _store(settings)


def _store(settings: Settings) -> list[Made]:
    """The key and the database, made by the composition root as on every other start."""
    from models.migrate import current
    from pipeline import keys
    from pipeline.compose import build, prepare
    from pipeline.places import sqlite_file

    key = settings.path("paths.var") / keys.FILE_NAME
    file = sqlite_file(settings.database_url)
    had_key, had_file = key.exists(), file is not None and file.exists()
    desk = build(settings, migrated=False)
    try:
        had_tables = had_file if file is not None else current(desk.engine) is not None
        prepare(desk)
        place = str(file) if file is not None else desk.engine.url.render_as_string()
    finally:
        desk.close()
    return [Made("key", str(key), not had_key), Made("database", place, not had_tables)]


def _file(what: str, path: Path, write: Callable[[Path], object]) -> Made:
    """Write a file whole or not at all, unless it is there."""
    if path.exists():
        return Made(what, str(path), new=False)
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        os.link(temporary, path)
    except FileExistsError:
        # made by another process meanwhile; or a file stands where a folder should be
        if not path.exists():
            raise KiemChungError(f"{path.parent}: is not a folder") from None
        return Made(what, str(path), new=False)
    except OSError as error:
        raise KiemChungError(f"{path}: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    return Made(what, str(path), new=True)


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
