"""From mentions to a queue: clusters, matches, ranks, and a share that ignores the score."""

import math
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from classify.rank import ClaimFacts, Ranked
from classify.text import content_key
from models.claims import Claim, ClaimMatch, ClaimReason, KnownClaim
from models.gathered import Item, Mention, Source
from models.vocabulary import ClaimState, ItemKind, SourceKind
from pipeline import clustering, matching, ranking
from pipeline.compose import Desk
from tests.pipeline.conftest import DAY, put_claim

RUMOUR = "Mỗi hộ bị ngập triều cường được nhận 3,5 triệu đồng nếu nộp phí hồ sơ 250.000 đồng"
SAME = "Hộ bị ngập triều cường được nhận 3,5 triệu đồng, phải nộp phí hồ sơ 250 nghìn đồng"
OTHER = "Trung tâm y tế tiêm vắc xin sởi miễn phí cho trẻ từ 6 đến 9 tháng tuổi"


def put_mention(
    desk: Desk, text: str, *, tip: bool = False, back: int = 0, story: int | None = None, source: str = "bao"
) -> int:
    with desk.sessions.begin() as session:
        if session.get(Source, source) is None:
            session.add(
                Source(
                    id=source,
                    name=source,
                    kind=SourceKind.NEWSPAPER,
                    homepage="https://b.vn/",
                    domain="b.vn",
                    is_local=True,
                )
            )
            session.flush()
        item = Item(
            key=f"{content_key(text)}-{source}-{back}-{tip}",
            kind=ItemKind.TIP if tip else ItemKind.ARTICLE,
            source_id=None if tip else source,
            day=DAY - timedelta(days=back),
            is_local=True,
            story_id=story,
        )
        session.add(item)
        session.flush()
        session.add(
            Mention(
                item_id=item.id,
                position=0,
                key=content_key(text),
                text=text,
                topic="benefits",
                check_score=0.9,
                day=item.day,
            )
        )
        return item.id


def claims(desk: Desk) -> list[Claim]:
    with desk.reading() as session:
        return list(session.scalars(select(Claim).order_by(Claim.id)))


def test_the_same_words_and_the_same_meaning_become_one_claim(desk: Desk) -> None:
    put_mention(desk, RUMOUR)
    put_mention(desk, RUMOUR, tip=True)
    put_mention(desk, SAME, source="bao-hai", back=2)
    put_mention(desk, OTHER)
    assert clustering.cluster(desk) == 4
    first, second = claims(desk)
    assert (first.n_mentions, first.n_tips, first.n_sources) == (3, 1, 2)
    assert (first.first_day, first.last_day) == (DAY - timedelta(days=2), DAY)
    assert second.text == OTHER
    assert clustering.cluster(desk) == 0


def test_another_amount_is_another_claim(desk: Desk) -> None:
    put_mention(desk, RUMOUR)
    put_mention(desk, RUMOUR.replace("3,5 triệu", "7 triệu"))
    clustering.cluster(desk)
    assert len(claims(desk)) == 2


def test_copies_of_one_story_count_once(desk: Desk) -> None:
    original = put_mention(desk, RUMOUR)
    put_mention(desk, RUMOUR, source="bao-hai", story=original)
    clustering.cluster(desk)
    (claim,) = claims(desk)
    assert (claim.n_mentions, claim.n_stories) == (2, 1)


def known(desk: Desk, text: str, rating: str) -> int:
    with desk.sessions.begin() as session:
        row = KnownClaim(
            key=content_key(text),
            text=text,
            topic="benefits",
            rating=rating,
            url="https://kiem.vn/1",
            publisher="Tổ Kiểm tin",
            imported_day=DAY,
        )
        session.add(row)
        session.flush()
        return row.id


def test_a_claim_is_matched_with_what_is_already_checked(desk: Desk) -> None:
    known_id = known(desk, SAME, "false")
    known(desk, OTHER, "true")
    put_mention(desk, RUMOUR)
    clustering.cluster(desk)
    assert matching.match(desk) == 1
    with desk.reading() as session:
        best = session.scalars(select(ClaimMatch).order_by(ClaimMatch.score.desc())).first()
        assert best is not None
        assert (best.known_id, best.differs) == (known_id, None)
        assert ranking.best_matches(session, best.claim_id)[0] == best.score


def test_matching_again_replaces_and_does_not_double(desk: Desk) -> None:
    known(desk, SAME, "false")
    put_mention(desk, RUMOUR)
    clustering.cluster(desk)
    matching.match(desk)
    matching.match(desk)
    with desk.reading() as session:
        assert session.scalar(select(func.count()).select_from(ClaimMatch)) == 1


def test_ranking_writes_priority_and_reasons(desk: Desk) -> None:
    put_mention(desk, RUMOUR)
    clustering.cluster(desk)
    assert ranking.rank(desk) == 1
    (claim,) = claims(desk)
    assert claim.score is not None
    assert claim.reach is not None
    assert claim.freshness is not None
    assert claim.priority == pytest.approx(claim.score * claim.reach * claim.freshness)
    with desk.reading() as session:
        assert (session.scalar(select(func.count()).select_from(ClaimReason)) or 0) > 0


def test_a_known_false_claim_comes_before_a_true_notice(sqlite_desk: Desk) -> None:
    known(sqlite_desk, SAME, "false")
    put_mention(sqlite_desk, OTHER)
    put_mention(sqlite_desk, RUMOUR)
    clustering.cluster(sqlite_desk)
    matching.match(sqlite_desk)
    ranking.rank(sqlite_desk)
    scores = {claim.text: claim.score or 0 for claim in claims(sqlite_desk)}
    assert scores[RUMOUR] > scores[OTHER]


def test_the_queue_takes_what_scores_and_a_share_of_the_rest(sqlite_desk: Desk) -> None:
    for at in range(400):
        put_claim(sqlite_desk, f"Tin thứ {at}", state=ClaimState.NEW)
    with sqlite_desk.sessions.begin() as session:
        for claim in session.scalars(select(Claim)):
            claim.score = 0.9 if claim.id % 10 == 0 else 0.1
    queued = ranking.queue(sqlite_desk)
    flagged = [claim for claim in claims(sqlite_desk) if claim.flagged]
    explored = [c for c in claims(sqlite_desk) if c.state == ClaimState.QUEUED and not c.flagged]
    assert len(flagged) == 40
    assert queued == 40 + len(explored)
    assert 5 <= len(explored) <= 40  # 5 % of 360, far out on both sides
    assert ranking.queue(sqlite_desk) == 0


class Broken:
    """A model that answers nonsense."""

    def __init__(self, score: float) -> None:
        self.value = score

    def score(self, facts: Sequence[ClaimFacts]) -> list[Ranked]:
        return [Ranked(self.value, ()) for _ in facts]


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf, -5.0, 99.0])
def test_a_broken_model_hides_and_publishes_nothing(
    sqlite_desk: Desk, monkeypatch: pytest.MonkeyPatch, score: float
) -> None:
    put_mention(sqlite_desk, RUMOUR)
    clustering.cluster(sqlite_desk)
    monkeypatch.setattr(sqlite_desk, "ranker", lambda: Broken(score))
    ranking.rank(sqlite_desk)
    (claim,) = claims(sqlite_desk)
    assert 0.0 <= (claim.score or 0.0) <= 1.0
    assert claim.state == ClaimState.NEW


def test_the_queue_is_in_order_and_deferred_claims_wait(sqlite_desk: Desk) -> None:
    low, high, later = (put_claim(sqlite_desk, text) for text in ("a", "b", "c"))
    with sqlite_desk.sessions.begin() as session:
        session.get_one(Claim, low).priority = 0.1
        session.get_one(Claim, high).priority = 0.9
        session.get_one(Claim, later).deferred_until = DAY + timedelta(days=5)
    with sqlite_desk.reading() as session:
        assert [row.id for row in ranking.open_queue(session, DAY)] == [high, low]
        assert later in [row.id for row in ranking.open_queue(session, DAY + timedelta(days=5))]
