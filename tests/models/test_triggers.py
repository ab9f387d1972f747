"""The rules that the database keeps by itself, on bare tables: each refusal, its control, and their end."""

# ruff: noqa: S608 -- the names of tables and columns stand in this file

import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, StaticPool, create_engine, make_url, text
from sqlalchemy.exc import DatabaseError

from models import triggers

TABLES = (
    "CREATE TABLE audit_entry (seq INTEGER, digest TEXT)",
    "CREATE TABLE correction_text (seq INTEGER, digest TEXT)",
    "CREATE TABLE audit_label (seq INTEGER, digest TEXT)",
    "CREATE TABLE verdict (claim_id INTEGER, digest TEXT)",
    "CREATE TABLE evidence (claim_id INTEGER, kind TEXT, domain TEXT, digest TEXT)",
)
LABELS = "audit_label is append-only"
HISTORY = (
    ("audit_entry", "seq"),
    ("correction_text", "seq"),
    ("audit_label", "seq"),
    ("verdict", "claim_id"),
)


@pytest.fixture(params=["sqlite", "postgresql"])
def bare(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """Tables without any rule, in a transaction that is taken back."""
    if request.param == "sqlite":
        engine = create_engine("sqlite://", poolclass=StaticPool)
    else:
        server = make_url(request.getfixturevalue("postgres_server"))
        engine = create_engine(server.set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        if request.param == "postgresql":
            name = f"bare_{uuid.uuid4().hex[:12]}"
            connection.execute(text(f'CREATE SCHEMA "{name}"'))
            connection.execute(text(f'SET LOCAL search_path TO "{name}"'))
        run(connection, *TABLES)
        yield connection
        connection.rollback()
    engine.dispose()


def run(connection: Connection, *statements: str) -> None:
    for statement in statements:
        connection.execute(text(statement))


def refused(connection: Connection, statement: str) -> str | None:
    """What the database says against a statement; nothing of it stays."""
    with connection.begin_nested() as point:
        try:
            connection.execute(text(statement))
        except DatabaseError as error:
            point.rollback()
            return str(error.orig)
        point.rollback()
    return None


def sow(connection: Connection) -> None:
    """One row of each, with the evidence that a verdict needs, and evidence of a claim without verdict."""
    run(
        connection,
        *(f"INSERT INTO {table} VALUES (1, 'x')" for table, _ in HISTORY if table != "verdict"),
        "INSERT INTO evidence VALUES (1, 'primary', 'so.gov.vn', 'x')",
        "INSERT INTO verdict VALUES (1, 'x')",
        "INSERT INTO evidence VALUES (2, 'independent', 'bao.vn', 'x')",
        "INSERT INTO evidence VALUES (2, 'independent', 'bao.vn', 'y')",
        "INSERT INTO evidence VALUES (3, 'independent', 'bao.vn', 'x')",
        "INSERT INTO evidence VALUES (3, 'independent', 'dai.vn', 'x')",
    )


def refusals(connection: Connection) -> dict[str, str | None]:
    """What becomes of every change that the rules forbid, and of those that they allow."""
    changes = [f"UPDATE {table} SET digest = 'y' WHERE {key} = 1" for table, key in HISTORY]
    changes += [f"DELETE FROM {table} WHERE {key} = 1" for table, key in HISTORY]
    changes += [f"UPDATE evidence SET digest = 'y' WHERE claim_id = {claim}" for claim in (1, 2)]
    changes += [f"DELETE FROM evidence WHERE claim_id = {claim}" for claim in (1, 2)]
    changes += [f"INSERT INTO verdict VALUES ({claim}, 'x')" for claim in (2, 3, 4)]
    found = {}
    for one in changes:
        told = refused(connection, one)
        found[one] = None if told is None else told.splitlines()[0]
    return found


EXPECTED = {
    **{
        f"UPDATE {table} SET digest = 'y' WHERE {key} = 1": f"{table} is append-only"
        for table, key in HISTORY
    },
    **{f"DELETE FROM {table} WHERE {key} = 1": f"{table} is append-only" for table, key in HISTORY},
    "UPDATE evidence SET digest = 'y' WHERE claim_id = 1": "evidence is append-only",
    "UPDATE evidence SET digest = 'y' WHERE claim_id = 2": "evidence is append-only",
    "DELETE FROM evidence WHERE claim_id = 1": "evidence is append-only",
    "DELETE FROM evidence WHERE claim_id = 2": None,  # erased as not ours, or too old: it has no verdict
    "INSERT INTO verdict VALUES (2, 'x')": "a verdict needs evidence",
    "INSERT INTO verdict VALUES (3, 'x')": None,
    "INSERT INTO verdict VALUES (4, 'x')": "a verdict needs evidence",
}


def test_history_evidence_and_verdicts_are_kept_and_the_rules_go_as_they_came(bare: Connection) -> None:
    dialect = bare.dialect.name
    run(bare, *triggers.create(dialect), *triggers.create_labels(dialect))
    sow(bare)
    assert refusals(bare) == EXPECTED
    run(bare, *triggers.drop_labels(dialect))
    assert refusals(bare) == {one: None if told == LABELS else told for one, told in EXPECTED.items()}
    run(bare, *triggers.drop(dialect))
    assert set(refusals(bare).values()) == {None}  # the control: without them the database takes it all
    # nothing is left behind, so that they can be made again
    run(bare, *triggers.create(dialect), *triggers.create_labels(dialect))
    assert refusals(bare) == EXPECTED
