"""What a reason may be, at its edges: of a review, and of a new version of a correction."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from models import audit
from models.desk import AuditEntry
from models.errors import UsageError
from models.vocabulary import ClaimState, Language
from models.weeks import local_day
from pipeline import decisions, publishing
from pipeline.compose import Desk
from tests.pipeline.conftest import hire, put_claim


@pytest.mark.parametrize("length", [decisions.MIN_REASON, decisions.MAX_REASON])
def test_a_reason_of_the_shortest_and_of_the_longest_kind_is_taken(length: int) -> None:
    decisions.check_reason(f"  {'ă' * length}  ")


@pytest.mark.parametrize("length", [0, decisions.MIN_REASON - 1, decisions.MAX_REASON + 1])
def test_a_reason_that_is_shorter_or_longer_is_refused(length: int) -> None:
    with pytest.raises(UsageError, match=r"^reason: write 10 to 4000 characters$"):
        decisions.check_reason(f"  {'ă' * length}  ")


def test_the_reason_of_a_version_has_a_length(sqlite_desk: Desk) -> None:
    with sqlite_desk.reading() as session:
        publishing.check_reason(session, 1, "ă" * publishing.MAX_FIELD)
        with pytest.raises(UsageError, match=r"^reason: at most"):
            publishing.check_reason(session, 1, "ă" * (publishing.MAX_FIELD + 1))


@pytest.mark.parametrize("reason", ["", " \n"])
def test_a_version_without_a_reason_is_refused_before_anything_is_read(
    sqlite_desk: Desk, reason: str
) -> None:
    with pytest.raises(UsageError, match=r"^reason: say why"):
        publishing.revise(
            sqlite_desk,
            "không-có",
            1,
            {Language.VI: publishing.CorrectionInput("a", "b", "c", "d", "e")},
            reason,
        )


def test_what_is_put_off_is_logged_with_its_day_and_its_reason(sqlite_desk: Desk) -> None:
    people, claim_id = hire(sqlite_desk), put_claim(sqlite_desk)
    until = local_day(sqlite_desk.clock()) + timedelta(days=3)
    reason = "Đợi thông báo của tỉnh vào đầu tuần sau."
    decisions.defer(sqlite_desk, claim_id, people.an, until, reason)
    with sqlite_desk.reading() as session:
        logged = session.scalars(select(AuditEntry.detail_sha256).where(AuditEntry.action == "defer")).one()
    assert logged == audit.detail_digest({"until": until, "reason": reason})


def test_where_a_claim_goes_on_nothing_was_erased() -> None:
    assert not decisions.Decided(ClaimState.AGREED).erased
