"""Stages: claims are scored with reasons, and the queue is filled by score and by a share that ignores it.

A score orders the queue and does nothing else (rule 10): no claim is hidden for good, because a fixed
share of the queue and the weekly audit draws do not look at it.
"""

import hashlib
import hmac
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Delete, Row, delete, select, update
from sqlalchemy.orm import Session

from models import due
from models.claims import Claim, ClaimMatch, ClaimReason, KnownClaim
from models.session import is_postgresql, silence_ends
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

BATCH = 100
LOOK = 500


def rank(desk: Desk, progress: Progress = silent) -> int:
    """Score the claims whose counts, matches or model have changed; gives how many were scored.

    For the others a new day moves nothing but their freshness (`freshness.renew`).
    """
    stage = parking.Stage(desk, "rank")
    with desk.sessions.begin() as session:
        model_id, generation = reckoned(session)
    with desk.reading() as session:
        waits = select(Claim.id).where(due.unsettled(), Claim.ranked < generation)
        ids = session.scalars(waits.order_by(Claim.ranked, Claim.id)).all()
    waiting = [one for one in ids if not stage.parked(_item(one))]
    if not waiting:
        return 0
    today = local_day(desk.clock())
    scoring = _Scoring(desk.ranker(), canary.on_trial(desk), model_id, generation, today)
    batches = stage.batches(waiting, _item, BATCH)
    return sum(_score(stage, scoring, batch) for batch in progress(batches, "rank"))


def reckoned(session: Session) -> tuple[int | None, int]:
    """The model that serves now, and the generation of what ranking reckons with."""
    model_id = serving_id(session)
    return model_id, due.reckons_with(session, "rank", f"model:{model_id} trial:{canary.running(session)}")


@dataclass(frozen=True)
class _Scoring:
    """What scores in one run: the ranker that serves, the one on trial, their generation, and the day."""

    ranker: "Ranker"
    trial: canary.Canary | None
    model_id: int | None
    generation: int
    today: date

    def write(self, session: Session, batch: Sequence[int]) -> int:
        """Score those of some claims that still wait and that nobody has in hand; gives how many."""
        if due.generation(session, "rank") != self.generation:
            return 0  # another model serves since: the next round asks that one
        waits = Claim.id.in_(batch) & (Claim.ranked < self.generation)
        query = select(Claim).where(due.unsettled(), waits).order_by(Claim.id)
        # a row is locked for as long as its batch is scored; a process that falls silent is cut off
        silence_ends(session)
        claims = list(session.scalars(query.with_for_update(skip_locked=True)))
        matches = best_matches_of(session, [claim.id for claim in claims])
        facts = [facts_of(claim, matches.get(claim.id, (0.0, 0.0)), self.today) for claim in claims]
        put(
            session,
            claims,
            facts,
            self.ranker.score(facts),
            Serving(self.model_id, self.generation, self.today),
        )
        _order_canary(session, self.trial, claims, facts)
        return len(claims)


@dataclass(frozen=True)
class Serving:
    """What a score was made with: the model, the generation of what ranking reckons with, and the day."""

    model_id: int | None
    generation: int
    today: date


def put(
    session: Session,
    claims: Sequence[Claim],
    facts: "Sequence[ClaimFacts]",
    ranked: "Sequence[Ranked]",
    serving: Serving,
) -> None:
    """Write the scores of some claims and their reasons, in place of what was there."""
    session.execute(_reasons([claim.id for claim in claims]))
    for claim, fact, one in zip(claims, facts, ranked, strict=True):
        _write(session, claim, fact, one, serving.model_id)
        claim.ranked, claim.fresh_day, claim.queue_due = serving.generation, serving.today, True


def _score(stage: parking.Stage, scoring: _Scoring, batch: Sequence[int]) -> int:
    """Score a batch; if it fails, each of its claims by itself, so that one takes no other with it."""
    if len(batch) > 1:
        try:
            with stage.desk.sessions.begin() as session:
                return scoring.write(session, batch)
        except parking.MACHINE:
            raise
        except Exception as error:
            stage.batch_failed(len(batch), error)
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
    session.flush()
    session.execute(_reasons([claim.id for claim, _ in mine]))
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
    return best_matches_of(session, [claim_id]).get(claim_id, (0.0, 0.0))


def best_matches_of(session: Session, claim_ids: Sequence[int]) -> dict[int, tuple[float, float]]:
    """The same of each of some claims that has any."""
    rows = session.execute(
        select(ClaimMatch.claim_id, KnownClaim.rating, ClaimMatch.score)
        .join(KnownClaim, ClaimMatch.known_id == KnownClaim.id)
        .where(ClaimMatch.claim_id.in_(claim_ids), ClaimMatch.differs.is_(None))
    )
    best: dict[int, tuple[float, float]] = {}
    for claim_id, rating, score in rows:
        false, true = best.get(claim_id, (0.0, 0.0))
        if rating in COUNTED_FALSE:
            false = max(false, score)
        if rating == Rating.TRUE:
            true = max(true, score)
        best[claim_id] = (false, true)
    return best


def _reasons(claim_ids: Sequence[int]) -> Delete:
    """Takes the promoted model's reasons of some claims away."""
    promoted = ClaimReason.position < answers.FIRST_LEARNED
    return delete(ClaimReason).where(ClaimReason.claim_id.in_(claim_ids), promoted)


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
    rules = _Rules(desk.settings.share("queue.threshold"), desk.settings.share("queue.exploration"))
    stage = parking.Stage(desk, "queue")
    with desk.sessions.begin() as session:
        _ask_again(session, rules, autoqueue.stopped(session, desk.clock()) is None)
    entered, after = 0, 0
    while True:
        some, after = _enter_some(stage, rules, after)
        if some is None:
            return entered
        entered += some


@dataclass(frozen=True)
class _Rules:
    """What decides whether a claim enters: its score, or a share whatever its score."""

    threshold: float
    share: float


def _ask_again(session: Session, rules: _Rules, by_score: bool) -> None:
    """Look at every new claim again if what lets it in is not what it was."""
    before = due.generation(session, "queue")
    reckoned = f"{rules.threshold} {rules.share} {by_score}"
    if due.reckons_with(session, "queue", reckoned) != before:
        session.execute(
            update(Claim).where(Claim.state == ClaimState.NEW, ~Claim.queue_due).values(queue_due=True),
            execution_options={"synchronize_session": False},
        )


def _enter_some(stage: parking.Stage, rules: _Rules, after: int) -> tuple[int | None, int]:
    """Look at the next claims that were scored since the last look; None once there are no more."""
    desk = stage.desk
    now = desk.clock()
    tried: dict[str, Exception | None] = {}
    with desk.sessions.begin() as session:
        by_score = autoqueue.stopped(session, now) is None
        query = select(Claim).where(due.queue_due(), Claim.id > after).order_by(Claim.id).limit(LOOK)
        new = list(session.scalars(query.with_for_update(skip_locked=True)))
        last = max((claim.id for claim in new), default=after)
        for claim in new:
            flagged = claim.score is not None and claim.score >= rules.threshold
            chosen = is_seed(claim) or _explored(desk.keys.sampling, claim.public_id, rules.share)
            item = _item(claim.id)
            if not (chosen or (flagged and by_score)):
                claim.queue_due = False
            elif not stage.parked(item):
                tried[item] = _try_to_enter(session, claim, now, flagged=flagged)
        entered = [item for item, error in tried.items() if error is None]
        stage.forget(session, entered)
    for item, error in tried.items():
        if error is not None:
            stage.failed(item, error)
    return (len(entered) if new else None), last


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
    claim.queue_due = False
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
