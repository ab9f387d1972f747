"""The live schema is what the code says, on both databases, up and down."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from models import migrate
from models.errors import UsageError
from models.schema import Base
from models.session import make_engine


def test_migrated_database_equals_the_models(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_down_and_up_again_leaves_the_same_tables(engine: Engine) -> None:
    before = set(inspect(engine).get_table_names())
    migrate.downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    migrate.upgrade(engine)
    assert set(inspect(engine).get_table_names()) == before
    assert migrate.current(engine) == migrate.head()


def test_upgrading_twice_changes_nothing(engine: Engine) -> None:
    migrate.upgrade(engine)
    assert migrate.current(engine) == migrate.head()


@pytest.mark.parametrize("change", ["DELETE FROM audit_entry", "UPDATE audit_entry SET digest = 'y'"])
def test_history_is_append_only(engine: Engine, change: str) -> None:
    insert = "INSERT INTO audit_entry VALUES (1, '2026-01-01', 'system', 'a', 's', 'd', 'p', 'x')"
    with engine.begin() as connection:
        connection.execute(text(insert))
    with engine.connect() as connection, pytest.raises(DatabaseError, match="append-only"):
        connection.execute(text(change))


def test_a_done_page_cannot_keep_its_address(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO source (id, name, kind, homepage, domain, is_local, enabled)"
                " VALUES ('s', 'S', 'newspaper', 'https://s.vn/', 's.vn', true, true)"
            )
        )
    row = (
        "INSERT INTO frontier_page (url_key, source_id, url, state, attempts, seen_day)"
        " VALUES ('k', 's', 'https://s.vn/a', '{state}', 0, '2026-01-01')"
    )
    with engine.connect() as connection, pytest.raises(IntegrityError, match="done_forgets_address"):
        connection.execute(text(row.format(state="done")))
    with engine.connect() as connection:
        connection.execute(text(row.format(state="pending")))


@pytest.mark.parametrize("url", ["mysql://x/y", "not a url", "nosuch://x"])
def test_other_databases_are_refused_in_one_line(url: str) -> None:
    with pytest.raises(UsageError, match="database_url") as refused:
        make_engine(url)
    assert "\n" not in str(refused.value)
