"""The newest labels of the desk, for learning between two models: the same rules, at a cost that stays flat.

`pipeline.labels` reads everything ever decided, for a model that is trained once in a while. After each
verdict only the newest are read, by the indexes of verdicts and reviews.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.claims import Claim
from models.decisions import Review, Verdict
from models.vocabulary import COUNTED_FALSE, ClaimState, Opinion, Rating
from models.weeks import NO_WEEK
from pipeline import labels, withdrawal
from pipeline.labels import Label

MOST = 1_200
"""Verdicts, and as many claims found to be none, that are looked at: what the learner remembers."""


def newest(session: Session) -> list[Label]:
    """The newest labels: near-copies once, at most 30% from one first reviewer, oldest first.

    A claim counts with its newest verdict; `unproven` teaches nothing, nor does what a lead has withdrawn;
    tips, scores and claims that were put off never were labels.
    """
    found: dict[int, Label] = {}
    gone = withdrawal.withdrawn(session)
    for label in [*_verdicts(session), *_no_claims(session)]:
        if not gone & {label.reviewer, label.second}:
            found.setdefault(label.claim_id, label)
    kept = labels.without_copies(sorted(found.values(), key=lambda one: (one.decided_at, one.claim_id)))
    return sorted(labels.capped(kept), key=lambda one: (one.decided_at, one.claim_id))


def _verdicts(session: Session) -> list[Label]:
    query = (
        select(Claim, Verdict)
        .join(Verdict, Verdict.claim_id == Claim.id)
        .where(Claim.week > NO_WEEK)
        .order_by(Verdict.id.desc())
        .limit(MOST)
    )
    newest_of: dict[int, tuple[Claim, Verdict]] = {}
    for claim, verdict in session.execute(query):
        newest_of.setdefault(claim.id, (claim, verdict))
    return [
        _label(claim, one.rating in COUNTED_FALSE, one.first_staff_id, one.second_staff_id, one)
        for claim, one in newest_of.values()
        if one.rating != Rating.UNPROVEN
    ]


def _no_claims(session: Session) -> list[Label]:
    """Closed claims, as their last reviews have it."""
    query = (
        select(Claim, Review)
        .join(Review, (Review.claim_id == Claim.id) & (Review.round == Claim.round))
        .where(
            Claim.state == ClaimState.CLOSED,
            Claim.week > NO_WEEK,
            Review.opinion == Opinion.NOT_A_CLAIM,
        )
        .order_by(Review.id.desc())
        .limit(MOST)
    )
    by_claim: dict[int, tuple[Claim, list[Review]]] = {}
    for claim, review in session.execute(query):
        by_claim.setdefault(claim.id, (claim, []))[1].append(review)
    return [
        _label(
            claim, False, reviews[-1].staff_id, reviews[0].staff_id if len(reviews) > 1 else 0, reviews[-1]
        )
        for claim, reviews in by_claim.values()
    ]


def _label(claim: Claim, is_false: bool, first: int, second: int, made: Verdict | Review) -> Label:
    alone = f"claim:{claim.id}"
    return Label(
        claim_id=claim.id,
        key=claim.key,
        text=claim.text,
        topic=claim.topic,
        is_false=is_false,
        group=alone,
        reviewer=first,
        decided_at=made.at,
        second=second,
        source=alone,
    )
