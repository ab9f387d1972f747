"""More corrections than one statement can name: SQLite binds 32,766 values (SQLITE_MAX_VARIABLE_NUMBER)."""

import sqlite3
from collections.abc import Sequence
from typing import Any, cast

import pytest
from sqlalchemy import Table, insert, inspect
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session

from models.claims import Claim
from models.decisions import Correction, CorrectionText, Evidence, Verdict
from models.vocabulary import ClaimState
from pipeline import public
from pipeline.compose import Desk
from tests.conftest import NOW
from tests.pipeline.conftest import DAY, hire

SQLITE_LIMIT = 32_766
MANY = 40_000


def put(session: Session, table: type[DeclarativeBase], rows: Sequence[dict[str, Any]]) -> None:
    session.execute(insert(cast("Table", inspect(table).local_table)), rows)


def publish(desk: Desk, n: int) -> None:
    """So many decided and answered claims, numbered from 1."""
    people = hire(desk)
    numbers = range(1, n + 1)
    claim: dict[str, Any] = {"topic": "health", "state": ClaimState.DECIDED.value, "week": "2026-W47"}
    claim |= {"first_day": DAY, "last_day": DAY, "text": "Lá ổi chữa khỏi bệnh"}
    quoted = {"round": 1, "staff_id": people.an, "kind": "primary", "domain": "vinhlong.gov.vn", "at": NOW}
    quoted |= {"url": "https://vinhlong.gov.vn/1", "publisher": "Sở", "quote": "Không chữa khỏi."}
    quoted |= {"published_day": DAY, "quote_sha256": "0" * 64}
    decided = {"round": 1, "rating": "false", "method_note": "đối chiếu", "at": NOW}
    decided |= {"first_staff_id": people.an, "second_staff_id": people.binh}
    words = dict.fromkeys(("title", "said", "truth", "how_known", "what_to_do", "contact", "reason"), "x")
    with desk.sessions.begin() as session:
        put(session, Claim, [{"id": at, "public_id": f"p{at}", "key": f"k{at}", **claim} for at in numbers])
        put(session, Evidence, [{"id": at, "claim_id": at, **quoted} for at in numbers])
        put(session, Verdict, [{"id": at, "claim_id": at, **decided} for at in numbers])
        put(
            session,
            Correction,
            [{"id": at, "slug": f"s{at}", "claim_id": at, "published_at": NOW} for at in numbers],
        )
        put(
            session,
            CorrectionText,
            [
                {"correction_id": at, "verdict_id": at, "language": "vi", "version": 1, "at": NOW, **words}
                for at in numbers
            ],
        )


def limited(session: Session, most: int) -> None:
    """Let this connection bind no more than so many values in a statement, as some builds of SQLite do."""
    raw = session.connection().connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    raw.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, most)


def test_forty_thousand_numbers_are_looked_up(sqlite_desk: Desk) -> None:
    publish(sqlite_desk, 40)
    with sqlite_desk.reading() as session:
        limited(session, SQLITE_LIMIT)
        found = public.by_ids(session, range(MANY, 0, -1))
    assert [one.slug for one in found] == [f"s{at}" for at in range(40, 0, -1)]


def test_every_correction_is_loaded_in_batches(sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(sqlite_desk, 650)
    with sqlite_desk.reading() as session:
        whole = public.corrections(session)
        limited(session, 100)
        monkeypatch.setattr(public, "BATCH", 90)
        assert public.corrections(session) == whole
    assert [one.slug for one in whole] == [f"s{at}" for at in range(650, 0, -1)]
    assert {(len(one.evidence), len(one.versions), len(one.verdicts)) for one in whole} == {(1, 1, 1)}


def test_control_a_batch_over_the_limit_fails(sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert public.BATCH < SQLITE_LIMIT
    publish(sqlite_desk, 101)
    with sqlite_desk.reading() as session:
        limited(session, 100)
        monkeypatch.setattr(public, "BATCH", 5000)
        with pytest.raises(OperationalError, match="too many SQL variables"):
            public.corrections(session)


@pytest.mark.release
def test_forty_thousand_corrections_are_loaded(sqlite_desk: Desk) -> None:
    publish(sqlite_desk, MANY)
    with sqlite_desk.reading() as session:
        limited(session, SQLITE_LIMIT)
        assert len(public.corrections(session)) == MANY
