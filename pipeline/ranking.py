"""Stages: claims are scored with reasons, and the queue is filled by score and by a share that ignores it.

A score orders the queue and does nothing else (rule 10): no claim is hidden for good, because a fixed
share of the queue and the weekly audit draws do not look at it.
"""

import hashlib
import hmac
import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Row, delete, func, select
from sqlalchemy.orm import Session

from models.claims import Claim, ClaimMatch, ClaimReason, KnownClaim
from models.session import is_postgresql
from models.vocabulary import COUNTED_FALSE, ClaimState, Rating
from models.weeks import local_day
from pipeline import answers, autoqueue, canary, parking, search
from pipeline.compose import Desk
from pipeline.decisions import OPEN_STATES
from pipeline.learning import serving_id
from pipeline.progress import Progress, silent
from pipeline.seeding import is_seed

if TYPE_CHECKING:
    from classify.rank import ClaimFacts, Ranked, Ranker

LOG = logging.getLogger("kiemchung.stages")
BATCH = 500
_RANKED = (ClaimState.NEW, ClaimState.QUEUED, ClaimState.SECOND, ClaimState.THIRD)


def rank(desk: Desk, progress: Progress = silent) -> int:
    """Score every claim that is not settled; gives how many were scored."""
    stage = parking.Stage(desk, "rank")
    with desk.reading() as session:
        query = select(Claim.id).where(Claim.state.in_(_RANKED)).order_by(Claim.id)
        ids = [one for one in session.scalars(query) if not stage.parked(_item(one))]
        model_id = serving_id(session)
    scoring = _Scoring(desk.ranker(), canary.on_trial(desk), model_id, local_day(desk.clock()))
    sound = [one for one in ids if not stage.suspect(_item(one))]
    batches = [sound[at : at + BATCH] for at in range(0, len(sound), BATCH)]
    batches += [[one] for one in ids if stage.suspect(_item(one))]
    return sum(_score(stage, scoring, batch) for batch in progress(batches, "rank"))


@dataclass(frozen=True)
class _Scoring:
    """What scores in one run: the ranker that serves, the one on trial, and the day."""

    ranker: "Ranker"
    trial: canary.Canary | None
    model_id: int | None
    today: date

    def write(self, session: Session, batch: Sequence[int]) -> int:
        """Score some claims; gives how many."""
        claims = list(session.scalars(select(Claim).where(Claim.id.in_(batch)).order_by(Claim.id)))
        facts = [facts_of(claim, best_matches(session, claim.id), self.today) for claim in claims]
        for claim, fact, ranked in zip(claims, facts, self.ranker.score(facts), strict=True):
            _write(session, claim, fact, ranked, self.model_id)
        _order_canary(session, self.trial, claims, facts)
        return len(claims)


def _score(stage: parking.Stage, scoring: _Scoring, batch: Sequence[int]) -> int:
    """Score a batch; if it fails, each of its claims by itself, so that one takes no other with it."""
    if len(batch) > 1:
        try:
            with stage.desk.sessions.begin() as session:
                return scoring.write(session, batch)
        except parking.MACHINE:
            raise
        except Exception as error:
            LOG.warning("batch_failed stage=rank claims=%d error=%s", len(batch), type(error).__name__)
    one_by_one = (stage.one(_item(one), partial(scoring.write, batch=[one])) for one in batch)
    return sum(n or 0 for n in one_by_one)


def _item(claim_id: int) -> str:
    return f"claim:{claim_id}"


def _order_canary(
    session: Session, trial: canary.Canary | None, claims: Sequence[Claim], facts: "Sequence[ClaimFacts]"
) -> None:
    """Claims that already wait and fall to the model on trial are ordered by it; it lets none in."""
    if trial is None:
        return
    mine = [(claim, fact) for claim, fact in zip(claims, facts, strict=True) if trial.orders(claim)]
    ranked = trial.ranker.score([fact for _, fact in mine])
    for (claim, fact), one in zip(mine, ranked, strict=True):
        _write(session, claim, fact, one, trial.model_id)


def facts_of(claim: Claim, matches: tuple[float, float], today: date) -> "ClaimFacts":
    """What the ranker may look at: the claim's words and counts, never who said it."""
    from classify.rank import ClaimFacts

    return ClaimFacts(
        text=claim.text,
        topic=claim.topic,
        n_mentions=claim.n_mentions,
        n_stories=claim.n_stories,
        n_sources=claim.n_sources,
        n_tips=claim.n_tips,
        age_days=max(0, (today - claim.last_day).days),
        best_false_match=matches[0],
        best_true_match=matches[1],
    )


def best_matches(session: Session, claim_id: int) -> tuple[float, float]:
    """The best score against known false and known true claims that differ in no value."""
    rows = session.execute(
        select(KnownClaim.rating, func.max(ClaimMatch.score))
        .join(ClaimMatch, ClaimMatch.known_id == KnownClaim.id)
        .where(ClaimMatch.claim_id == claim_id, ClaimMatch.differs.is_(None))
        .group_by(KnownClaim.rating)
    )
    best = {rating: score for rating, score in rows if rating}
    false = max((best.get(rating, 0.0) for rating in COUNTED_FALSE), default=0.0)
    return false, best.get(Rating.TRUE, 0.0)


def _write(
    session: Session, claim: Claim, facts: "ClaimFacts", ranked: "Ranked", model_id: int | None
) -> None:
    from classify.rank import freshness, moved, reach

    # a broken model must not publish, hide or stop anything: what is not a number counts as unknown
    score = ranked.score if math.isfinite(ranked.score) else 0.5
    claim.score = min(1.0, max(0.0, score))
    claim.reach, claim.freshness = reach(facts), freshness(facts)
    claim.priority = moved(claim.score, claim.learned) * claim.reach * claim.freshness
    claim.model_id = model_id
    promoted = ClaimReason.position < answers.FIRST_LEARNED
    session.execute(delete(ClaimReason).where(ClaimReason.claim_id == claim.id, promoted))
    for position, reason in enumerate(ranked.reasons):
        session.add(
            ClaimReason(
                claim_id=claim.id, position=position, feature=reason.feature, weight=float(reason.weight)
            )
        )


def queue(desk: Desk) -> int:
    """Put new claims in the queue: by score, and a fixed share whatever their score; gives how many.

    While the independent audit stops it the score lets nothing in. What the fixed share then brings is still
    marked where the score would have flagged it, so that a newer audit has something to judge.
    """
    threshold = desk.settings.share("queue.threshold")
    share = desk.settings.share("queue.exploration")
    now = desk.clock()
    stage = parking.Stage(desk, "queue")
    tried: dict[str, Exception | None] = {}
    with desk.sessions.begin() as session:
        by_score = autoqueue.stopped(session, now) is None
        new = list(session.scalars(select(Claim).where(Claim.state == ClaimState.NEW)))
        for claim in new:
            flagged = claim.score is not None and claim.score >= threshold
            chosen = is_seed(claim) or _explored(desk.keys.sampling, claim.public_id, share)
            item = _item(claim.id)
            if (chosen or (flagged and by_score)) and not stage.parked(item):
                tried[item] = _try_to_enter(session, claim, now, flagged=flagged)
        entered = [item for item, error in tried.items() if error is None]
        stage.forget(session, entered)
    for item, error in tried.items():
        if error is not None:
            stage.failed(item, error)
    return len(entered)


def _try_to_enter(session: Session, claim: Claim, now: datetime, *, flagged: bool) -> Exception | None:
    try:
        with session.begin_nested():
            enter(claim, now, flagged=flagged)
    except parking.MACHINE:
        raise
    except Exception as error:
        return error
    return None


def enter(claim: Claim, now: datetime, *, flagged: bool) -> None:
    """Put one claim in the queue; how it got there is not shown to reviewers."""
    claim.state = ClaimState.QUEUED
    claim.flagged = flagged
    claim.queued_at = now
    search.put_entered(claim)


def _explored(key: bytes, public_id: str, share: float) -> bool:
    """A keyed coin of known probability: the same claim always falls the same way."""
    return chance_of(key, public_id) < share


def chance_of(key: bytes, public_id: str) -> float:
    """Where a claim stands in the order of chance, 0..1: drawn once, by a key, whatever its score."""
    digest = hmac.new(key, b"explore:" + public_id.encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def chance_in_order(claim: Claim) -> float:
    """The chance that the order reckons with: the score, moved by what was learned since; 0 if unscored."""
    from classify.rank import moved

    return 0.0 if claim.score is None else moved(claim.score, claim.learned)


def is_due(today: date) -> ColumnElement[bool]:
    """Whether a claim is not put off beyond a day; a deferred one comes back on its day."""
    return Claim.deferred_until.is_(None) | (Claim.deferred_until <= today)


def best_first(session: Session) -> tuple[ColumnElement[float | None], ColumnElement[int]]:
    """The queue's order: by priority, unranked claims last, the older claim first where equal."""
    priority = Claim.priority.desc()
    return priority.nulls_last() if is_postgresql(session) else priority, Claim.id.asc()


def open_queue(session: Session, today: date, limit: int = 100) -> Sequence[Row[int, float | None]]:
    """Claims waiting for a review, best first; deferred ones come back on their day."""
    return session.execute(
        select(Claim.id, Claim.priority)
        .where(Claim.state.in_(OPEN_STATES), is_due(today))
        .order_by(*best_first(session))
        .limit(limit)
    ).all()
