"""`move`: every row of every table arrives on the other database as it was, or nothing does."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, func, insert, select, text, update

from models import audit
from models.errors import ConflictError, StoreError
from models.gathered import Item
from models.session import make_engine
from pipeline import inuse, move
from pipeline.compose import build
from pipeline.settings import Settings, load
from tests.conftest import NOW, Clock
from tests.models.sown import sow
from tests.pipeline.cli import kiemchung


@pytest.fixture
def empty_postgres_url(postgres_url: str) -> str:
    """A PostgreSQL database without a table."""
    engine = make_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    return postgres_url


def filled(url: str, folder: Path, clock: Clock) -> Settings:
    """A desk with rows in every table, a log of its own, and an item that names a later one."""
    settings = load(environ={}, flags={"database.url": url, "paths.var": str(folder)})
    desk = build(settings, clock=clock)
    with desk.sessions.begin() as session:
        for number in range(5):
            audit.append(session, clock, "system", "x", f"claim:{number}")
        audit.publish_head(session, clock)
    sow(desk.engine)
    with desk.engine.begin() as connection:
        first, last = connection.execute(select(func.min(Item.id), func.max(Item.id))).one()
        assert first < last
        connection.execute(update(Item).where(Item.id == first).values(story_id=last))
    desk.close()
    return settings


def contents(url: str) -> dict[str, list[dict[str, Any]]]:
    engine = make_engine(url)
    with engine.connect() as connection:
        found = {
            table.name: [dict(row) for row in connection.execute(query(table)).mappings()]
            for table in move.order()
        }
    engine.dispose()
    return found


def query(table: Table) -> Any:  # noqa: ANN401 -- a statement
    return select(table).order_by(*table.primary_key.columns)


def goes_on(url: str, folder: Path, clock: Clock) -> None:
    """The desk works on the new database: numbers go on, the log grows and verifies."""
    desk = build(load(environ={}, flags={"database.url": url, "paths.var": str(folder)}), clock=clock)
    with desk.sessions.begin() as session:
        audit.append(session, clock, "system", "moved", "desk")
        added = session.scalar(insert(Item).values(**copied(session.get_one(Item, 1))).returning(Item.id))
        assert added is not None
        assert added > 2
        assert audit.verify(session).ok
    desk.close()


def copied(item: Item) -> dict[str, Any]:
    """The values of another item like this one."""
    columns = [one.name for one in Item.__table__.columns if one.name not in {"id", "story_id"}]
    return {name: other(getattr(item, name)) if name in unique() else getattr(item, name) for name in columns}


def unique() -> set[str]:
    return {one.name for one in Item.__table__.columns if one.unique}


def other(value: Any) -> Any:  # noqa: ANN401 -- a value of a column
    return value + "x" if isinstance(value, str) else value + b"x" if isinstance(value, bytes) else value + 9


def test_every_row_arrives_on_postgresql_and_back_again(
    sqlite_url: str, empty_postgres_url: str, tmp_path: Path, clock: Clock
) -> None:
    settings = filled(sqlite_url, tmp_path, clock)
    before = contents(sqlite_url)
    done = move.move(settings, empty_postgres_url)
    assert min(done.tables.values()) >= 1
    assert done.tables["audit_entry"] == 5 == done.audit_entries
    assert contents(empty_postgres_url) == before == contents(sqlite_url)
    there = load(environ={}, flags={"database.url": empty_postgres_url, "paths.var": str(tmp_path)})
    back = f"sqlite:///{tmp_path / 'back.sqlite'}"
    move.move(there, back)
    assert contents(back) == before
    goes_on(empty_postgres_url, tmp_path, clock)
    goes_on(back, tmp_path, clock)


def test_a_database_that_holds_rows_is_left_alone(sqlite_url: str, tmp_path: Path, clock: Clock) -> None:
    settings = filled(sqlite_url, tmp_path, clock)
    other_url = f"sqlite:///{tmp_path / 'other.sqlite'}"
    move.move(settings, other_url)
    before = contents(other_url)
    with pytest.raises(ConflictError, match="is not empty"):
        move.move(settings, other_url)
    with pytest.raises(ConflictError, match="has now"):
        move.move(settings, sqlite_url)
    assert contents(other_url) == before


def test_a_desk_that_is_in_use_is_not_moved(sqlite_url: str, tmp_path: Path) -> None:
    settings = load(environ={}, flags={"database.url": sqlite_url, "paths.var": str(tmp_path)})
    with inuse.sharing(tmp_path), pytest.raises(ConflictError, match="in use"):
        move.move(settings, f"sqlite:///{tmp_path / 'other.sqlite'}")


def test_positive_control_a_row_that_changes_on_the_way_stops_everything(
    sqlite_url: str, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = filled(sqlite_url, tmp_path, clock)
    honest = move._copy

    def lossy(here: Connection, there: Connection, table: Table) -> None:
        honest(here, there, table)
        if table.name == "source":
            there.execute(text("UPDATE source SET name = 'another' WHERE id = (SELECT min(id) FROM source)"))

    monkeypatch.setattr(move, "_copy", lossy)
    url = f"sqlite:///{tmp_path / 'other.sqlite'}"
    with pytest.raises(StoreError, match=r"^source: 2 of 2 rows arrived"):
        move.move(settings, url)
    assert contents(url)["item"] == []
    monkeypatch.undo()
    # what failed left nothing behind that stands in the way
    assert move.move(settings, url).tables["source"] >= 1


def test_a_log_that_does_not_verify_is_not_moved(sqlite_url: str, tmp_path: Path, clock: Clock) -> None:
    settings = filled(sqlite_url, tmp_path, clock)
    engine = make_engine(sqlite_url)
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_entry_no_update"))
        connection.execute(text("UPDATE audit_entry SET actor = 'somebody' WHERE seq = 2"))
    engine.dispose()
    with pytest.raises(StoreError, match="chain"):
        move.move(settings, f"sqlite:///{tmp_path / 'other.sqlite'}")


def test_the_command_says_what_it_moved_and_what_to_do(tmp_path: Path, sqlite_template: bytes) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "kiemchung.sqlite").write_bytes(sqlite_template)
    done = kiemchung(tmp_path, "move", "--to", f"sqlite:///{tmp_path}/new.sqlite")
    assert done.code == 0, done.err
    assert "the log verifies: " in done.out
    assert "delete the old database" in done.err


def test_the_hash_sees_every_value() -> None:
    rows = [{"id": 1, "at": NOW, "bytes": b"x"}]
    assert move._digest([rows]) == move._digest([[{**rows[0], "bytes": memoryview(b"x")}]])
    assert move._digest([rows]) != move._digest([[{**rows[0], "bytes": b"y"}]])
    assert move._digest([rows]) != move._digest([[]])
