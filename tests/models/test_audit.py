"""The chain shows every change: edits, deletions, swaps, and cuts against a published head."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from models import audit, triggers
from models.desk import AuditEntry
from tests.conftest import NOW, Clock

ACTIONS = ("review", "publish", "appeal", "erase_not_ours", "promote", "defer")


def fill(sessions: sessionmaker[Session], clock: Clock, n: int = 6) -> None:
    with sessions.begin() as session:
        for at in range(n):
            audit.append(session, clock, "staff:1", ACTIONS[at % 6], f"claim:{at}", {"n": at})


def unlock(session: Session) -> None:
    """Take the append-only triggers away, as somebody with the file in their hands could."""
    for statement in triggers.drop(session.get_bind().dialect.name):
        session.execute(text(statement))


def test_an_untouched_chain_verifies(sessions: sessionmaker[Session], clock: Clock) -> None:
    fill(sessions, clock)
    with sessions() as session:
        report = audit.verify(session)
    assert (report.ok, report.entries, report.head_seq, report.broken_at) == (True, 6, 6, None)


def test_an_empty_chain_verifies(sessions: sessionmaker[Session]) -> None:
    with sessions() as session:
        assert audit.verify(session) == audit.ChainReport(True, 0, 0, audit.GENESIS, None)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_entry SET actor = 'staff:2' WHERE seq = 3",
        "UPDATE audit_entry SET at = '2020-01-01 00:00:00' WHERE seq = 3",
        "UPDATE audit_entry SET detail_sha256 = 'x' WHERE seq = 6",
        "DELETE FROM audit_entry WHERE seq = 1",
        "DELETE FROM audit_entry WHERE seq = 4",
        "UPDATE audit_entry SET subject = (SELECT subject FROM audit_entry WHERE seq = 2) WHERE seq = 5",
    ],
)
def test_any_change_inside_the_chain_is_found(
    sessions: sessionmaker[Session], clock: Clock, change: str
) -> None:
    fill(sessions, clock)
    with sessions.begin() as session:
        unlock(session)
        session.execute(text(change))
    with sessions() as session:
        assert not audit.verify(session).ok


def test_a_cut_end_is_found_against_the_published_head(sessions: sessionmaker[Session], clock: Clock) -> None:
    fill(sessions, clock)
    with sessions.begin() as session:
        audit.publish_head(session, clock)
    with sessions.begin() as session:
        unlock(session)
        session.execute(text("DELETE FROM audit_entry WHERE seq > 4"))
    with sessions() as session:
        report = audit.verify(session)
    assert (report.ok, report.broken_at) == (False, 6)


def test_a_rewritten_chain_is_found_against_the_published_head(
    sessions: sessionmaker[Session], clock: Clock
) -> None:
    fill(sessions, clock)
    with sessions.begin() as session:
        audit.publish_head(session, clock)
    with sessions.begin() as session:
        unlock(session)
        session.execute(text("DELETE FROM audit_entry"))
    fill(sessions, lambda: NOW + timedelta(hours=1))
    with sessions() as session:
        assert not audit.verify(session).ok


def test_an_entry_lives_or_dies_with_its_transaction(sessions: sessionmaker[Session], clock: Clock) -> None:
    with sessions() as session:
        audit.append(session, clock, "system", "review", "claim:1")
        session.rollback()
    with sessions() as session:
        assert audit.head(session) is None


FIELDS = ("at", "actor", "action", "subject", "detail_sha256", "previous")


@settings(
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
@given(st.sampled_from(FIELDS), st.text(min_size=1, max_size=40), st.integers(0, 1000))
def test_no_field_can_change_without_the_digest(field: str, value: str, seconds: int) -> None:
    entry = AuditEntry(
        seq=1, at=NOW, actor="a", action="b", subject="c", detail_sha256="d", previous=audit.GENESIS
    )
    before = audit.digest_of(entry)
    changed = NOW + timedelta(seconds=seconds + 1) if field == "at" else getattr(entry, field) + value
    setattr(entry, field, changed)
    assert audit.digest_of(entry) != before
