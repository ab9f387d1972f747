"""The log as others check it: the digests by hand, one appender at a time, and the head that is published."""

import hashlib
import json
from datetime import UTC, date, datetime, timedelta, timezone

from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from models import audit, triggers
from models.desk import AuditEntry, LogHead
from tests.conftest import NOW

HANOI = timezone(timedelta(hours=7))
# as an auditor with another program would make them: the digests in logs that are kept elsewhere
OF_DETAIL = "0949050bbb7bbd55cdb310f209fafd7c95cda0fdd384872e542cf6fefc2374e1"
OF_ENTRY = "85b48cc90f16e78be79ac398c0bff3e21729ffb717c603905fd6d345382ae8ad"


def entry(at: datetime) -> AuditEntry:
    return AuditEntry(
        seq=1,
        at=at,
        actor="staff:1",
        action="review",
        subject="nguồn:báo",
        detail_sha256="0" * 64,
        previous="0" * 64,
    )


def test_the_digest_of_an_entry_is_the_one_that_was_always_made() -> None:
    assert audit.digest_of(entry(datetime(2026, 11, 18, 9, tzinfo=HANOI))) == OF_ENTRY
    assert audit.digest_of(entry(datetime(2026, 11, 18, 2, tzinfo=UTC))) == OF_ENTRY
    fields = [1, "2026-11-18T02:00:00+00:00", "staff:1", "review", "nguồn:báo", "0" * 64, "0" * 64]
    packed = json.dumps(fields, ensure_ascii=False).encode()
    assert hashlib.sha256(packed).hexdigest() == OF_ENTRY


def test_the_digest_of_a_detail_does_not_hang_on_the_order_of_its_fields() -> None:
    assert audit.detail_digest({"b": "Sự thật", "a": 1}) == OF_DETAIL
    assert audit.detail_digest({"a": 1, "b": "Sự thật"}) == OF_DETAIL
    assert audit.detail_digest({"a": 1, "b": "Su that"}) != OF_DETAIL


def test_entries_are_numbered_from_one_and_each_holds_the_digest_before_it(
    sqlite_sessions: sessionmaker[Session],
) -> None:
    with sqlite_sessions.begin() as session:
        first = audit.append(session, lambda: NOW, "system", "begin", "desk")
        second = audit.append(session, lambda: NOW, "staff:1", "review", "claim:1", {"n": 1})
        assert (first.seq, first.previous) == (1, "0" * 64)
        assert (second.seq, second.previous) == (2, first.digest)
        assert first.detail_sha256 == hashlib.sha256(b"{}").hexdigest()
        assert second.detail_sha256 == audit.detail_digest({"n": 1})
        newest = audit.head(session)
        assert newest is not None
        assert newest.seq == 2


def test_an_entry_is_in_the_database_when_it_is_given_back(sqlite_sessions: sessionmaker[Session]) -> None:
    with sqlite_sessions() as session, session.no_autoflush:
        audit.append(session, lambda: NOW, "system", "begin", "desk")
        assert session.scalar(text("SELECT count(*) FROM audit_entry")) == 1
        audit.publish_head(session, lambda: NOW)
        assert session.scalar(text("SELECT count(*) FROM log_head")) == 1


def test_what_the_caller_left_undone_is_written_before_the_entry(
    sqlite_sessions: sessionmaker[Session],
) -> None:
    waiting = LogHead(day=date(2026, 1, 1), seq=1, digest="x")
    with sqlite_sessions() as session, session.no_autoflush:
        session.add(waiting)
        written: list[bool] = []

        def clock() -> datetime:
            written.append(waiting not in session.new)
            return NOW

        audit.append(session, clock, "system", "begin", "desk")
        assert written == [True]


def test_one_appender_at_a_time_holds_the_lock_of_its_transaction(postgres_url: str) -> None:
    from models.session import make_engine, make_sessions

    engine = make_engine(postgres_url)
    held = text("SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
    with make_sessions(engine)() as session:
        assert session.scalars(held).all() == []
        audit.append(session, lambda: NOW, "system", "begin", "desk")
        # its number is part of what an older release that is still running waits for
        assert session.scalars(held).all() == [7_701_001]
        session.rollback()
        assert session.scalars(held).all() == []
    engine.dispose()


def test_the_head_of_a_day_is_the_last_one_and_an_empty_log_has_none(
    sqlite_sessions: sessionmaker[Session],
) -> None:
    with sqlite_sessions.begin() as session:
        assert audit.publish_head(session, lambda: NOW) is None
        audit.append(session, lambda: NOW, "system", "begin", "desk")
        audit.publish_head(session, lambda: NOW)
        last = audit.append(session, lambda: NOW, "system", "end", "desk")
        told = audit.publish_head(session, lambda: NOW)
        assert told is not None
        assert (told.day, told.seq, told.digest) == (date(2026, 11, 18), 2, last.digest)
        audit.publish_head(session, lambda: NOW + timedelta(days=1))
    with sqlite_sessions() as session:
        assert session.scalar(text("SELECT count(*) FROM log_head")) == 2
        assert audit.verify(session) == audit.ChainReport(True, 2, 2, last.digest, None)


def test_a_break_is_told_with_its_place_its_reason_and_what_stands_before_it(
    sqlite_sessions: sessionmaker[Session],
) -> None:
    with sqlite_sessions.begin() as session:
        made = [audit.append(session, lambda: NOW, "system", "act", f"claim:{at}") for at in range(4)]
        audit.publish_head(session, lambda: NOW)
        for statement in triggers.drop("sqlite"):
            session.execute(text(statement))
    with sqlite_sessions() as session:
        session.execute(text("UPDATE audit_entry SET subject = 'x' WHERE seq = 3"))
        assert audit.verify(session) == audit.ChainReport(
            False, 2, 2, made[1].digest, 3, "entry does not fit the chain"
        )
    with sqlite_sessions() as session:
        session.execute(text("DELETE FROM audit_entry WHERE seq = 4"))
        assert audit.verify(session) == audit.ChainReport(
            False, 3, 3, made[2].digest, 4, "published head is not in the chain"
        )


def test_each_of_the_three_signs_of_a_break_is_enough(sqlite_sessions: sessionmaker[Session]) -> None:
    with sqlite_sessions.begin() as session:
        for at in range(3):
            audit.append(session, lambda: NOW, "system", "act", f"claim:{at}")
        for statement in triggers.drop("sqlite"):
            session.execute(text(statement))
    for field, value in (("digest", "x"), ("previous", "x"), ("seq", 7)):
        with sqlite_sessions() as session:
            last = session.get(AuditEntry, 3)
            assert last is not None
            kept = audit.digest_of(last)
            change = f"UPDATE audit_entry SET {field} = :value WHERE seq = 3"  # noqa: S608 -- one of three names
            session.execute(text(change), {"value": value})
            if field != "digest":  # somebody who makes the digest anew
                session.expire_all()
                changed = session.get(AuditEntry, value if field == "seq" else 3)
                assert changed is not None
                assert audit.digest_of(changed) != kept
                session.execute(
                    text("UPDATE audit_entry SET digest = :new WHERE digest = :old"),
                    {"new": audit.digest_of(changed), "old": kept},
                )
            assert not audit.verify(session).ok, field
