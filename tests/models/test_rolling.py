"""Rolling upgrades: a new revision only adds, the upgrade gives way, the program before it works on."""

import threading
import time
from types import ModuleType
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from models import lateindexes, migrate
from models.errors import StoreError
from models.session import make_engine
from pipeline.compose import build
from pipeline.doctor import ADVICE, FAILED, examine
from pipeline.settings import Settings, load
from tests.models.test_migrations import Empty, empty

__all__ = ["empty"]

SCRIPTS = ScriptDirectory(str(migrate.FOLDER))
NEW = sorted(one.revision for one in SCRIPTS.walk_revisions() if one.revision > migrate.CLOSED)
WORDS = {"0010": ["UPDATE known_claim SET offered = true"]}
"""Statements that touch rows, and why they may: known claims are some thousands, and only added to."""
ADDS = {"add_column", "create_table", "create_index", "execute"}


class Recorder:
    """Stands for Alembic's `op` and writes down what a revision asks of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- any operation
        def ask(*args: Any, **words: Any) -> str:  # noqa: ANN401
            if name != "f":
                self.asked.append((name, args, words))
            return str(args[0]) if args else ""

        return ask


def faults(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a revision does that locks a table for long, or that the program before it cannot bear."""
    seen = Recorder()
    monkeypatch.setattr(module, "op", seen)
    module.upgrade()
    new = {args[0] for name, args, _ in seen.asked if name == "create_table"}
    return [
        f"{name} {args[0]}"
        for name, args, words in seen.asked
        if not _harmless(name, args, words, new, WORDS.get(module.revision, []))
    ]


def _harmless(
    name: str, args: tuple[Any, ...], words: dict[str, Any], new: set[str], allowed: list[str]
) -> bool:
    if name == "create_index":
        return args[1] in new or not words.get("unique")
    if name == "add_column":
        column = args[1]
        # a default that the server computes for each row would rewrite the table
        default = column.server_default
        plain = default is None or "(" not in str(getattr(default, "arg", default))
        return plain and (column.nullable or default is not None) and not column.unique
    if name == "execute":
        return str(args[0]) in allowed
    return name in ADDS


@pytest.mark.parametrize("revision", NEW)
def test_a_new_revision_only_adds_and_rewrites_nothing(
    revision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = SCRIPTS.get_revision(revision)
    assert faults(script.module, monkeypatch) == []


def test_a_closed_revision_that_is_made_anew_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: those before could take their time, and the look tells."""
    found = [
        one.revision
        for one in SCRIPTS.walk_revisions()
        if one.revision <= migrate.CLOSED and one.revision > "0001" and _tells(one.module, monkeypatch)
    ]
    assert len(found) >= 3


def _tells(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> bool:
    try:
        return bool(faults(module, monkeypatch))
    except Exception:  # a recorder answers no question of a revision that reads rows
        return True


# --- the program before


def settings_of(url: str, folder: object) -> Settings:
    return load(environ={}, flags={"database.url": url, "paths.var": f"{folder}/var"})


def at(url: str, revision: str) -> None:
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE claim ADD COLUMN later INTEGER DEFAULT 0 NOT NULL"))
        connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})
    engine.dispose()


def test_a_database_one_revision_ahead_is_served_and_told(
    sqlite_url: str, tmp_path: object, caplog: pytest.LogCaptureFixture
) -> None:
    ahead = f"{int(migrate.head()) + 1:04d}"
    at(sqlite_url, ahead)
    settings = settings_of(sqlite_url, tmp_path)
    desk = build(settings)
    assert "schema_is_newer" in caplog.text
    desk.close()
    schema = next(check for check in examine(settings) if check.name == "database")
    assert schema.state == ADVICE
    assert "one revision ahead" in schema.message


def test_a_database_two_revisions_ahead_is_refused(sqlite_url: str, tmp_path: object) -> None:
    at(sqlite_url, f"{int(migrate.head()) + 2:04d}")
    settings = settings_of(sqlite_url, tmp_path)
    with pytest.raises(StoreError, match="newer than this program"):
        build(settings)
    assert next(check for check in examine(settings) if check.name == "database").state == FAILED


# --- in the way


@pytest.mark.release
@pytest.mark.parametrize("empty", ["postgresql"], indirect=True)
def test_a_long_reader_is_given_way_and_writers_go_on(empty: Empty, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report reads `claim` for seconds: the upgrade waits a moment at a time, and nobody waits for long."""
    monkeypatch.setattr(migrate, "LOCK_S", 1.0)
    url = empty()
    engine, other = make_engine(url), make_engine(url)
    migrate.upgrade(engine, migrate.CLOSED)
    waits: list[float] = []
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            began = time.monotonic()
            with other.begin() as connection:
                connection.execute(text("UPDATE claim SET priority = 0 WHERE id = -1"))
            waits.append(time.monotonic() - began)
            time.sleep(0.02)

    with other.connect() as reader:
        reader.execute(text("SELECT count(*) FROM claim"))
        writer = threading.Thread(target=write)
        writer.start()
        upgrading = threading.Thread(target=migrate.upgrade, args=(engine,))
        upgrading.start()
        time.sleep(5)
        assert upgrading.is_alive()
        assert migrate.current(other) == migrate.CLOSED, "nothing half done"
        reader.rollback()
        upgrading.join(60)
    done.set()
    writer.join()
    assert migrate.current(engine) == migrate.head()
    assert max(waits) < 4
    assert len(waits) > 20
    with engine.connect() as connection:
        assert lateindexes.missing(connection) == []
    for one in (engine, other):
        one.dispose()


def test_an_index_that_was_left_half_made_is_made_again(postgres_url: str) -> None:
    engine = make_engine(postgres_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_claim_week")
        connection.exec_driver_sql(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_item_day'::regclass"
        )
    with engine.connect() as connection:
        assert [one.name for one in lateindexes.missing(connection)] == ["ix_claim_week", "ix_item_day"]
    assert migrate.finish(engine) == []
    with engine.connect() as connection:
        assert lateindexes.missing(connection) == []
    engine.dispose()
