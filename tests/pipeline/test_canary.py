"""A candidate on trial orders its share of what waits, lets nothing in, and ends when a person says so."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select

from classify.detect import Reason
from classify.rank import ClaimFacts, Ranked
from models.claims import Claim
from models.desk import AuditEntry, ModelVersion
from models.errors import ConflictError
from models.vocabulary import ClaimState, ModelKind, ModelState, Rating
from pipeline import canary, learning, modelbox, ranking
from pipeline.compose import Desk
from tests.conftest import NOW
from tests.pipeline.conftest import People, hire, put_claim
from tests.pipeline.verdicts import settle


class Sure:
    """A ranker that is sure of everything."""

    def score(self, claims: Sequence[ClaimFacts]) -> list[Ranked]:
        """0.97 for each."""
        return [Ranked(0.97, (Reason("chạy thử", 3.0),)) for _ in claims]


@pytest.fixture
def people(sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> People:
    """A desk with a candidate, number 1, whose file is taken on trust; half of the queue is its share."""
    monkeypatch.setattr(modelbox, "validate", lambda folder, sha256: None)  # noqa: ARG005
    monkeypatch.setattr("classify.rank.LinearRanker.load", lambda path, sha256: Sure())  # noqa: ARG005
    monkeypatch.setattr(canary, "SHARE", 0.5)
    with sqlite_desk.sessions.begin() as session:
        session.add(
            ModelVersion(
                kind=ModelKind.RANK,
                sha256="a" * 64,
                data_sha256="b" * 64,
                state=ModelState.CANDIDATE,
                n_labels=60,
                created_at=NOW - timedelta(hours=1),
            )
        )
    return hire(sqlite_desk)


def _claims(desk: Desk) -> list[Claim]:
    with desk.reading() as session:
        return list(session.scalars(select(Claim).order_by(Claim.id)))


def test_it_orders_its_share_of_the_queue_and_lets_nothing_in(sqlite_desk: Desk, people: People) -> None:
    desk = sqlite_desk
    for number in range(24):
        state = ClaimState.QUEUED if number % 2 else ClaimState.NEW
        put_claim(desk, f"phà sang sông nghỉ chạy hôm {number}", state=state)
    canary.start(desk, 1, people.chi)
    ranking.rank(desk)
    for claim in _claims(desk):
        mine = claim.state == ClaimState.QUEUED and canary.takes(desk.keys.sampling, claim.key)
        assert (claim.model_id, claim.score == 0.97) == ((1, True) if mine else (None, False))
    taken = {claim.state for claim in _claims(desk) if claim.model_id == 1}
    assert taken == {ClaimState.QUEUED}
    ranking.queue(desk)
    entered = [claim for claim in _claims(desk) if claim.queued_at is not None]
    assert not any(claim.flagged for claim in entered)  # the serving ranker finds these calm

    canary.stop(desk, people.dung)
    ranking.rank(desk)
    assert {claim.model_id for claim in _claims(desk)} == {None}


def test_control_a_serving_model_would_have_flagged_them(
    sqlite_desk: Desk, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert people.chi
    put_claim(sqlite_desk, "phà sang sông nghỉ chạy hôm nay", state=ClaimState.NEW)
    monkeypatch.setattr(Desk, "ranker", lambda _: Sure())
    ranking.rank(sqlite_desk)
    ranking.queue(sqlite_desk)
    assert [claim.flagged for claim in _claims(sqlite_desk)] == [True]


def test_a_lead_starts_and_ends_one_trial_of_a_candidate(sqlite_desk: Desk, people: People) -> None:
    desk = sqlite_desk
    for who in (people.an, people.kiem, people.quan):
        with pytest.raises(ConflictError, match="only a lead"):
            canary.start(desk, 1, who)
    with pytest.raises(ConflictError, match="only a candidate"):
        canary.start(desk, 9, people.chi)
    with pytest.raises(ConflictError, match="no model is on trial"):
        canary.stop(desk, people.chi)
    canary.start(desk, 1, people.chi)
    with pytest.raises(ConflictError, match="end that trial first"):
        canary.start(desk, 1, people.chi)
    learning.promote(desk, 1, people.chi)  # whoever promotes it ends its trial
    with desk.reading() as session:
        assert canary.running(session) is None
        actions = list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)))
    assert actions[-3:] == ["model_canary", "model_canary_end", "model_promote"]


def test_both_are_held_against_the_verdicts_since(sqlite_desk: Desk, people: People) -> None:
    canary.start(sqlite_desk, 1, people.chi)
    pair = (people.an, people.binh)
    for number in range(canary.LEAST):
        words = " ".join(f"{letter}{number}{letter}" for letter in "abcdefghik")
        settle(sqlite_desk, words, Rating.TRUE, pair, at=NOW + timedelta(hours=number))
    settle(sqlite_desk, "tin cũ trước khi chạy thử", Rating.TRUE, pair, at=NOW - timedelta(days=1))
    sides = {one.name: one for one in canary.compared(sqlite_desk)}
    assert sides["serving"].decided == sides["canary"].decided == canary.LEAST
    assert (sides["serving"].false_flags, sides["canary"].false_flags) == (0.0, 1.0)
    assert sides["serving_own"].decided + sides["canary_own"].decided == canary.LEAST
    assert sides["canary"].found is None  # nothing false was found since: too few to say


def test_the_coin_takes_about_a_twentieth() -> None:
    taken = sum(canary.takes(b"k" * 32, f"key-{number}") for number in range(20_000))
    assert 900 < taken < 1_100
