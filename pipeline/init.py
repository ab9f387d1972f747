"""A new desk in a folder: settings, source registry, key and database; nothing is overwritten."""

import contextlib
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from models.errors import KiemChungError
from pipeline.settings import BY_NAME, FILE_NAME, PREFIX, Settings, Value, load, template

PROVINCE = "desk.province"


@dataclass(frozen=True)
class Made:
    """One thing that a desk needs; `new` is False if it was there already.

    `beside` is where a file was put that would have come out otherwise than the one that is there.
    """

    what: str
    path: str
    new: bool
    beside: str = ""


def initialise(
    config: Path | None, environ: Mapping[str, str], flags: Mapping[str, Value | None], *, store: bool = True
) -> list[Made]:
    """Make what is missing and say of each thing whether it is new; raises `KiemChungError`.

    Without `store` the key is made and the database is left to the first start.
    """
    path = config or Path(environ.get(PREFIX + "CONFIG", FILE_NAME))
    chosen = flags.get(PROVINCE)
    given = {} if chosen is None else {PROVINCE: _known(chosen)}
    made = [_file("settings", path, lambda temporary: _write(temporary, template(given)))]
    settings = load(path, environ, flags)
    registry = settings.path("sources.file")
    made.append(_file("sources", registry, lambda temporary: _write_registry(temporary, settings)))
    return made + (_store(settings) if store else [_key(settings)])


def _known(code: Value) -> Value:
    """A province that exists; raises `GazetteerError` before a file is written."""
    from classify.places import Gazetteer

    Gazetteer(str(code))
    return code


def _write_registry(path: Path, settings: Settings) -> None:
    """The starter registry; of another province, its package's sources and those of the whole country."""
    from crawlers import registry
    from pipeline import provinces

    code = settings.text(PROVINCE)
    package = provinces.find(code)
    if code == BY_NAME[PROVINCE].default and package is None:
        shutil.copyfile(registry.STARTER, path)
        return
    ids = {spec.id for spec in provinces.sources(package)} if package else set()
    national = [spec for spec in registry.load(registry.STARTER) if not spec.local and spec.id not in ids]
    own = package.sources.read_text(encoding="utf-8-sig").rstrip() if package and package.sources else ""
    head = "# Of the whole country, from the starter registry: check each before it is switched on.\n\n"
    _write(path, f"{own}\n\n{head}".lstrip() + registry.to_toml(national))


def _key(settings: Settings) -> Made:
    from pipeline import keys

    path = settings.path("paths.var") / keys.FILE_NAME
    there = path.exists()
    keys.load_or_create(path.parent)
    return Made("key", str(path), not there)


def put(what: str, path: Path, text: str, mode: int = 0o644, *, keep: bool = False) -> Made:
    """Write a file if there is none; beside another one as `NAME.new`, unless `keep` is set."""
    if not path.exists():
        return _file(what, path, lambda temporary: _write(temporary, text, mode))
    try:
        if keep or path.read_text(encoding="utf-8") == text:
            return Made(what, str(path), new=False)
        beside = path.with_name(path.name + ".new")
        beside.unlink(missing_ok=True)
        _write(beside, text, mode)
    except (OSError, UnicodeDecodeError) as error:
        raise KiemChungError(f"{path}: cannot be compared ({error})") from error
    return Made(what, str(path), new=False, beside=str(beside))


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


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    # with its mode from the start: a secret is never readable by others, not for a moment
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
