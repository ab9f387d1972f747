"""R12: random edits, deletions, insertions, swaps, cuts and rewrites of the log are all found."""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import pytest
from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.orm import Session

from models import audit, triggers
from models.desk import AuditEntry
from models.session import make_engine, make_sessions
from tests.conftest import NOW

ENTRIES = 24
TABLE = AuditEntry.metadata.tables["audit_entry"]
FIELDS = ("at", "actor", "action", "subject", "detail_sha256", "previous", "digest")


def _rows(connection: Connection) -> list[dict[str, object]]:
    rows = connection.execute(select(TABLE).order_by(TABLE.c.seq)).mappings()
    return [dict(row) for row in rows]


def _chained(rows: Sequence[dict[str, object]], first: int) -> list[dict[str, object]]:
    """The rows from one on with links and digests made anew, as a forger would make them."""
    made = [dict(row) for row in rows]
    for at in range(first, len(made)):
        made[at]["previous"] = made[at - 1]["digest"] if at else audit.GENESIS
        made[at]["digest"] = audit.digest_of(AuditEntry(**made[at]))
    return made


def _put(connection: Connection, rows: Sequence[dict[str, object]]) -> None:
    connection.execute(delete(TABLE))
    if rows:
        connection.execute(insert(TABLE), list(rows))


def edit(connection: Connection, rows: list[dict[str, object]], draw: random.Random) -> None:
    """Another value in one field of one entry."""
    at, field = draw.randrange(len(rows)), draw.choice(FIELDS)
    value = rows[at][field]
    changed = NOW + timedelta(seconds=draw.randrange(1, 9**9)) if field == "at" else f"{value}x"
    connection.execute(update(TABLE).where(TABLE.c.seq == rows[at]["seq"]).values({field: changed}))


def remove(connection: Connection, rows: list[dict[str, object]], draw: random.Random) -> None:
    """One entry goes; those behind it move up in half of the cases."""
    at = draw.randrange(len(rows))
    rest = rows[:at] + rows[at + 1 :]
    if draw.random() < 0.5:
        rest = [row | {"seq": number} for number, row in enumerate(rest, start=1)]
    _put(connection, rest)


def add(connection: Connection, rows: list[dict[str, object]], draw: random.Random) -> None:
    """An entry that nobody made, linked properly to the one before it."""
    at = draw.randrange(1, len(rows))
    forged = rows[at] | {"action": "publish", "subject": f"claim:{draw.randrange(10**6)}"}
    rest = [row | {"seq": number} for number, row in enumerate(rows[at:], start=at + 2)]
    whole = [*rows[:at], forged, *rest]
    _put(connection, [*rows[:at], *_chained(whole, at)[at : at + 1], *rest])


def swap(connection: Connection, rows: list[dict[str, object]], draw: random.Random) -> None:
    """Two entries change places."""
    one, other = draw.sample(range(len(rows)), 2)
    seqs = rows[one]["seq"], rows[other]["seq"]
    rows[one]["seq"], rows[other]["seq"] = seqs[1], seqs[0]
    _put(connection, rows)


def cut(connection: Connection, rows: list[dict[str, object]], draw: random.Random) -> None:
    """The end of the log goes: the chain that is left is whole."""
    _put(connection, rows[: draw.randrange(len(rows))])


def rewrite(connection: Connection, rows: list[dict[str, object]], draw: random.Random) -> None:
    """One entry is changed, and every digest from it on is made anew."""
    at = draw.randrange(len(rows))
    rows[at]["actor"] = f"staff:{draw.randrange(10**6, 10**7)}"
    _put(connection, _chained(rows, at))


KINDS: tuple[Callable[[Connection, list[dict[str, object]], random.Random], None], ...] = (
    edit,
    remove,
    add,
    swap,
    cut,
    rewrite,
)


@pytest.fixture(scope="module")
def log(sqlite_template: bytes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """A log with its published head, its triggers taken away as by somebody who holds the file."""
    path = tmp_path_factory.mktemp("log") / "desk.sqlite"
    path.write_bytes(sqlite_template)
    engine = make_engine(f"sqlite:///{path}")
    with make_sessions(engine).begin() as session:
        for at in range(ENTRIES):
            audit.append(session, lambda: NOW, f"staff:{at % 5}", "review", f"claim:{at}", {"n": at})
        audit.publish_head(session, lambda: NOW)
        for statement in triggers.drop("sqlite"):
            session.execute(text(statement))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def unseen(log: Connection, trials: int, seed: int) -> dict[str, int]:
    """How many random changes of each kind the check of the log does not find; each is undone."""
    draw = random.Random(seed)
    missed: dict[str, int] = {}
    for at in range(trials):
        change = KINDS[at % len(KINDS)]
        with log.begin_nested() as step:
            change(log, _rows(log), draw)
            with Session(log, join_transaction_mode="create_savepoint") as session:
                if audit.verify(session).ok:
                    missed[change.__name__] = missed.get(change.__name__, 0) + 1
            step.rollback()
    return missed


@pytest.mark.parametrize(
    "trials", [pytest.param(120, id="reduced"), pytest.param(10_000, id="full", marks=pytest.mark.release)]
)
def test_no_random_change_of_the_log_goes_unseen(log: Connection, trials: int) -> None:
    with Session(log, join_transaction_mode="create_savepoint") as session:
        assert audit.verify(session).ok
    assert unseen(log, trials, seed=trials) == {}


def test_control_a_bare_chain_does_not_see_cuts_and_rewrites(log: Connection) -> None:
    with log.begin_nested() as step:
        log.execute(text("DELETE FROM log_head"))
        missed = unseen(log, 120, seed=7)
        step.rollback()
    assert set(missed) == {"cut", "rewrite"}
    assert min(missed.values()) == 20
