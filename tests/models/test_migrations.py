"""F11: every revision goes up and down with rows in every table; killed anywhere, it is run again, whole."""

import multiprocessing
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event, make_url, text
from sqlalchemy.exc import IntegrityError

from models import migrate, session
from models.errors import StoreError
from models.session import make_engine
from tests.models import sown

REVISIONS = sorted(one.revision for one in ScriptDirectory(str(migrate.FOLDER)).walk_revisions())
KILLS = 20
FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["models.migrate", "models.schema"])
BOTH = pytest.mark.parametrize(
    "empty", ["sqlite", pytest.param("postgresql", marks=pytest.mark.release)], indirect=True
)
Empty = Callable[..., str]


@pytest.fixture
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Empty]:
    """Makes empty databases of one kind, or copies of another one of its own."""
    if request.param == "sqlite":
        numbers = iter(range(1_000))

        def file(like: str = "") -> str:
            path = tmp_path / f"{next(numbers)}.sqlite"
            if like:
                path.write_bytes(Path(like.removeprefix("sqlite:///")).read_bytes())
            return f"sqlite:///{path}"

        yield file
        return
    server = request.getfixturevalue("postgres_server")
    from tests.conftest import _admin

    admin = _admin(server)
    made: list[str] = []

    def one(like: str = "") -> str:
        name = f"migrated_{os.getpid()}_{len(made)}"
        source = f'TEMPLATE "{make_url(like).database}"' if like else ""
        with admin.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}" {source}'))
        made.append(name)
        return make_url(server).set(database=name).render_as_string(hide_password=False)

    yield one
    with admin.connect() as connection:
        for name in made:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


@contextmanager
def at_revision(url: str, revision: str) -> Iterator[Engine]:
    """A database at a revision, with rows in every table."""
    engine = make_engine(url)
    try:
        migrate.upgrade(engine, revision)
        sown.sow(engine)
        yield engine
    finally:
        engine.dispose()


@pytest.mark.parametrize(
    "steps", [("0001", "0002", REVISIONS[-1]), pytest.param(REVISIONS, marks=pytest.mark.release)]
)
@BOTH
def test_every_revision_goes_up_down_and_up_with_data(empty: Empty, steps: Sequence[str]) -> None:
    engine = make_engine(empty())
    before, known = "base", sown.Seen({}, {})
    for revision in steps:
        migrate.upgrade(engine, revision)
        tables = sown.sow(engine)
        there = sown.look(engine)
        assert all(there.rows[name][1] for name in tables)
        migrate.downgrade(engine, before)
        if before != "base":
            down = sown.look(engine)
            assert there.differences(down) == [], f"{revision} down"
            assert down.schema == known.schema
        migrate.upgrade(engine, revision)
        again = sown.look(engine)
        assert again.schema == there.schema
        # what the revision itself brought is gone with it, and comes back empty or filled anew
        assert there.only(known).differences(again) == [], f"{revision} up again"
        sown.sow(engine)
        before, known = revision, there
    assert migrate.current(engine) == migrate.head()
    engine.dispose()


@pytest.mark.parametrize(
    "revision", [REVISIONS[0], *(pytest.param(one, marks=pytest.mark.release) for one in REVISIONS[1:])]
)
@BOTH
def test_data_of_every_past_version_comes_to_this_one(empty: Empty, revision: str) -> None:
    with at_revision(empty(), revision) as engine:
        before = sown.look(engine)
        migrate.upgrade(engine)
        after = sown.look(engine)
        assert before.differences(after) == []
        migrate.upgrade(engine)
        assert sown.look(engine) == after
        fresh = make_engine(empty())
        migrate.upgrade(fresh)
        assert sown.look(fresh).schema == after.schema
        fresh.dispose()


def test_a_table_made_anew_with_foreign_keys_on_is_found_out(tmp_path: Path) -> None:
    """Control: going down as it was once done fails on what hangs on a table that is made anew."""
    with at_revision(f"sqlite:///{tmp_path}/a.sqlite", "0002") as engine:
        config = migrate._config()
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            with pytest.raises(IntegrityError, match="FOREIGN KEY"):
                command.downgrade(config, "0001")


def test_a_row_that_is_lost_or_changed_is_found_out(tmp_path: Path) -> None:
    """Control: the comparison sees one row less and one value changed."""
    with at_revision(f"sqlite:///{tmp_path}/a.sqlite", "0001") as engine:
        before = sown.look(engine)
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM minhash_band WHERE item_id = 1"))
            connection.execute(text("UPDATE source SET name = 'khác' WHERE id = 'id số 1'"))
        found = before.differences(sown.look(engine))
        assert [one.split(":")[0] for one in sorted(found)] == ["minhash_band", "source"]


# --- killed on the way


def strike(engine: Engine, nth: int, *, whole: bool) -> Callable[[], int]:
    """Kill this process at its n-th statement (0: never); not `whole`: each statement is kept at once."""
    seen = 0

    def before(connection: Connection, *_: Any) -> None:  # noqa: ANN401 -- SQLAlchemy's event signature
        nonlocal seen
        seen += 1
        if not whole and seen > 3:
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.commit()
        if seen == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", before)
    return lambda: seen


def die(url: str, nth: int, *, whole: bool = True) -> None:
    """In a child: bring the database to this version, and die on the way."""
    engine = make_engine(url)
    strike(engine, nth, whole=whole)
    migrate.upgrade(engine)
    os.kill(os.getpid(), signal.SIGKILL)


def killed(url: str, nth: int, *, whole: bool = True) -> None:
    """A migration in a process of its own that is killed."""
    child = FORK.Process(target=die, args=(url, nth), kwargs={"whole": whole})
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL


def survives(url: str, nth: int, before: sown.Seen, *, whole: bool = True) -> sown.Seen | str:
    """What there is after a kill at the n-th statement and a second try, or what is wrong with it."""
    killed(url, nth, whole=whole)
    engine = make_engine(url)
    try:
        if migrate.current(engine) == "0001" and sown.look(engine) != before:
            return "half a migration is left"
        migrate.upgrade(engine)
        return sown.look(engine)
    finally:
        engine.dispose()


@pytest.mark.parametrize("kills", [1, pytest.param(KILLS, marks=pytest.mark.release)])
@BOTH
def test_killed_anywhere_it_is_run_again_and_is_whole(empty: Empty, kills: int) -> None:
    start = empty()
    with at_revision(start, "0001") as engine:
        before = sown.look(engine)
    straight = make_engine(empty(start))
    count = strike(straight, 0, whole=True)
    migrate.upgrade(straight)
    last, wanted = count(), sown.look(straight)
    straight.dispose()
    # from the first statement to after the commit
    for place in [last // 2] if kills == 1 else [1 + n * last // (kills - 1) for n in range(kills)]:
        assert survives(empty(start), place, before) == wanted


def test_a_migration_that_keeps_each_step_at_once_is_found_out(tmp_path: Path) -> None:
    """Control: the same kill, but what was done so far is there already."""
    url = f"sqlite:///{tmp_path}/a.sqlite"
    with at_revision(url, "0001") as engine:
        before = sown.look(engine)
    assert survives(url, 40, before, whole=False) == "half a migration is left"


# --- at once, and in the way


def bring_up(url: str, start: Any) -> None:  # noqa: ANN401 -- a barrier of the context
    """In a child: wait for the others, then migrate."""
    engine = make_engine(url)
    start.wait(30)
    migrate.upgrade(engine)
    engine.dispose()


@pytest.mark.parametrize("rounds", [1, pytest.param(5, marks=pytest.mark.release)])
@BOTH
def test_two_processes_that_migrate_at_once_take_turns(empty: Empty, rounds: int) -> None:
    for _ in range(rounds):
        url = empty()
        with at_revision(url, "0001") as engine:
            before = sown.look(engine)
            engine.dispose()
            start = FORK.Barrier(2)
            children = [FORK.Process(target=bring_up, args=(url, start)) for _ in range(2)]
            for child in children:
                child.start()
            for child in children:
                child.join(60)
            assert [child.exitcode for child in children] == [0, 0]
            assert migrate.current(engine) == migrate.head()
            assert before.differences(sown.look(engine)) == []


def test_a_locked_sqlite_file_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "BUSY_TIMEOUT_MS", 200)
    path = tmp_path / "a.sqlite"
    with at_revision(f"sqlite:///{path}", "0001") as engine:
        stranger = sqlite3.connect(path, isolation_level=None)
        stranger.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="database is locked") as refused:
            migrate.upgrade(engine)
        assert "\n" not in str(refused.value)
        stranger.close()
        migrate.upgrade(engine)
        assert migrate.current(engine) == migrate.head()


@pytest.mark.release
@pytest.mark.parametrize("empty", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    "held", [f"SELECT pg_advisory_lock({migrate._LOCK})", "LOCK TABLE source IN ACCESS SHARE MODE"]
)
def test_a_lock_on_postgresql_is_not_waited_for_for_ever(
    empty: Empty, held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "TURN_S", 1)
    monkeypatch.setattr(migrate, "LOCK_S", 1)
    monkeypatch.setattr(migrate, "RETRY_S", 1)
    with at_revision(empty(), "0001") as engine:
        before = sown.look(engine)
        with engine.connect() as stranger:
            stranger.execute(text(held))
            with pytest.raises(StoreError, match="lock timeout") as refused:
                migrate.upgrade(engine)
            assert "\n" not in str(refused.value)
        engine.dispose()
        assert sown.look(engine) == before
        migrate.upgrade(engine)
        assert migrate.current(engine) == migrate.head()
