"""Every change of a claim's state: reviews, erasure, deferral. Each is one transaction with its log entry.

Two people decide (rule 5): a verdict is settled by two different people of the same opinion in the same
round, neither of whom decided an earlier round (rule 8). The second works blind. The verdict itself is
written by `pipeline.publishing` together with the correction, so that none exists that is not public.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import audit
from models.claims import Claim
from models.decisions import Evidence, Review, Verdict
from models.desk import Staff
from models.errors import ConflictError, NotFoundError, UsageError
from models.retention import erase_claim
from models.vocabulary import ClaimState, Opinion, Role
from models.weeks import local_day
from pipeline import copies, evidence, ratedpart, seconds, seeding
from pipeline.compose import Clock, Desk
from pipeline.evidence import EvidenceInput
from pipeline.ratedpart import Part

MIN_REASON = 10
MAX_REASON = 4_000
LEASE_MINUTES = 20
REVIEWERS = frozenset({Role.ANALYST, Role.LEAD})
OPEN_STATES = frozenset({ClaimState.QUEUED, ClaimState.SECOND, ClaimState.THIRD})
RATED = frozenset({Opinion.FALSE, Opinion.MISLEADING, Opinion.UNPROVEN, Opinion.TRUE})


@dataclass(frozen=True)
class ReviewInput:
    """One person's opinion with its reason and the evidence added to the claim's.

    `part` is the stretch of the claim that is rated, if the rest of it is opinion; None: the whole claim.
    """

    opinion: Opinion
    reason: str
    evidence: Sequence[EvidenceInput] = ()
    part: Part | None = None


@dataclass(frozen=True)
class Decided:
    """Where a review left the claim; `erased` if it was found not ours."""

    state: ClaimState | None
    erased: bool = False


def record_review(desk: Desk, claim_id: int, staff_id: int, given: ReviewInput) -> Decided:
    """Record one review; raises `UsageError`, `ConflictError` or `NotFoundError` and changes nothing then."""
    with desk.sessions.begin() as session:
        return review_in(session, desk, claim_id, staff_id, given)


def check_review(session: Session, clock: Clock, claim_id: int, staff_id: int, given: ReviewInput) -> Claim:
    """The claim if this review could be recorded now; raises as `record_review` does and writes nothing."""
    claim = open_claim(session, claim_id)
    _may_review(session, claim, reviewer(session, staff_id))
    check_reason(given.reason)
    if claim.round > 1 and given.opinion is Opinion.NOT_OURS:
        raise ConflictError("a published claim cannot be erased: decide the appeal")
    if claim.round > 1 and given.opinion not in RATED:
        raise ConflictError("a published claim is rated again: decide the appeal with a rating")
    ratedpart.check(claim.text, given.part, rated=given.opinion in RATED)
    _check_evidence(session, clock, claim, given)
    return claim


def review_in(session: Session, desk: Desk, claim_id: int, staff_id: int, given: ReviewInput) -> Decided:
    """Record one review in the caller's transaction, which must not be committed if this raises."""
    claim = check_review(session, desk.clock, claim_id, staff_id, given)
    staff = reviewer(session, staff_id)
    if given.opinion is Opinion.NOT_OURS:
        return _erase(session, desk.clock, claim, staff)
    _add_evidence(session, desk.clock, claim, staff, given)
    review = Review(
        claim_id=claim.id,
        round=claim.round,
        staff_id=staff.id,
        opinion=given.opinion,
        reason=given.reason.strip(),
        part_start=given.part.start if given.part else None,
        part_end=given.part.end if given.part else None,
        at=desk.clock(),
    )
    session.add(review)
    reviews = round_reviews(session, claim)
    claim.state = _next_state(session, desk, claim, reviews)
    seeding.settle(session, claim, agreed_opinion(reviews), local_day(desk.clock()))
    claim.lease_staff_id, claim.lease_until = None, None
    detail = {"opinion": given.opinion, "reason": given.reason, "round": claim.round, "part": given.part}
    audit.append(session, desk.clock, f"staff:{staff.id}", "review", f"claim:{claim.public_id}", detail)
    return Decided(ClaimState(claim.state))


def open_claim(session: Session, claim_id: int) -> Claim:
    """The claim, locked for this transaction, if it can be reviewed."""
    claim = session.get(Claim, claim_id, with_for_update=True)
    if claim is None:
        raise NotFoundError("this claim was erased or never existed")
    if claim.state not in OPEN_STATES:
        raise ConflictError("this claim is not open for review any more")
    return claim


def reviewer(session: Session, staff_id: int) -> Staff:
    """The member of staff, if they may review."""
    staff = session.get(Staff, staff_id)
    if staff is None or staff.disabled or Role(staff.role) not in REVIEWERS:
        raise ConflictError("this account may not review")
    return staff


def round_reviews(session: Session, claim: Claim) -> list[Review]:
    """The reviews of the claim's present round, in the order they were made."""
    query = select(Review).where(Review.claim_id == claim.id, Review.round == claim.round)
    return list(session.scalars(query.order_by(Review.id)))


def decided_before(session: Session, claim_id: int, before_round: int) -> set[int]:
    """Everybody who reviewed or settled the claim in an earlier round."""
    reviews = select(Review.staff_id).where(Review.claim_id == claim_id, Review.round < before_round)
    people = set(session.scalars(reviews))
    pairs = select(Verdict.first_staff_id, Verdict.second_staff_id).where(
        Verdict.claim_id == claim_id, Verdict.round < before_round
    )
    for first, second in session.execute(pairs):
        people |= {first, second}
    return people


def may_review(session: Session, claim: Claim, staff_id: int) -> bool:
    """Whether this person can still give an opinion on the claim in its present round."""
    before = decided_before(session, claim.id, claim.round)
    now = {review.staff_id for review in round_reviews(session, claim)}
    return staff_id not in before | now and not seeding.wrote(session, claim, staff_id)


def _may_review(session: Session, claim: Claim, staff: Staff) -> None:
    if staff.id in {review.staff_id for review in round_reviews(session, claim)}:
        raise ConflictError("you have reviewed this claim; the second opinion must be another person's")
    if staff.id in decided_before(session, claim.id, claim.round):
        raise ConflictError("you decided this claim before; an appeal is decided by others")
    if seeding.wrote(session, claim, staff.id):
        raise ConflictError("you wrote these words yourself; others review them")


def check_reason(reason: str) -> None:
    """Raise `UsageError` unless a reason says something."""
    if not MIN_REASON <= len(reason.strip()) <= MAX_REASON:
        raise UsageError(f"reason: write {MIN_REASON} to {MAX_REASON} characters")


def _check_evidence(session: Session, clock: Clock, claim: Claim, given: ReviewInput) -> None:
    """What `_add_evidence` would refuse, without writing."""
    today = local_day(clock())
    added = [evidence.checked(session, one, today, claim.text) for one in given.evidence]
    if given.opinion in RATED:
        kept = [evidence.Proof(row.kind, row.domain, row.url) for row in evidence_of(session, claim.id)]
        new = [evidence.Proof(one["kind"], one["domain"], one["url"]) for one in added]
        evidence.require(session, [*kept, *new])


def _add_evidence(session: Session, clock: Clock, claim: Claim, staff: Staff, given: ReviewInput) -> None:
    today = local_day(clock())
    for one in given.evidence:
        columns = evidence.checked(session, one, today, claim.text)
        row = Evidence(claim_id=claim.id, round=claim.round, staff_id=staff.id, at=clock(), **columns)
        session.add(row)
        session.flush()
        copies.await_look(session, row, today)
    session.flush()


def evidence_of(session: Session, claim_id: int) -> list[Evidence]:
    """All evidence of a claim, oldest first."""
    return list(session.scalars(select(Evidence).where(Evidence.claim_id == claim_id).order_by(Evidence.id)))


def agreed_pair(reviews: Sequence[Review]) -> list[Review]:
    """The first two reviews that share an opinion of the same part of the claim; empty if none do."""
    same: dict[tuple[str, int | None, int | None], list[Review]] = {}
    for review in reviews:
        same.setdefault((review.opinion, review.part_start, review.part_end), []).append(review)
    pairs = [found[:2] for found in same.values() if len(found) > 1]
    return pairs[0] if pairs else []


def agreed_opinion(reviews: Sequence[Review]) -> Opinion | None:
    """The opinion that two people share, if there is one."""
    pair = agreed_pair(reviews)
    return Opinion(pair[0].opinion) if pair else None


def _next_state(session: Session, desk: Desk, claim: Claim, reviews: Sequence[Review]) -> ClaimState:
    agreed = agreed_opinion(reviews)
    if agreed is Opinion.NOT_A_CLAIM:
        return ClaimState.CLOSED
    if agreed is not None:
        return ClaimState.AGREED
    if len(reviews) > 1:
        return ClaimState.THIRD
    alone = reviews[0].opinion == Opinion.NOT_A_CLAIM and not seconds.needed(session, desk, claim)
    return ClaimState.CLOSED if alone else ClaimState.SECOND


def _erase(session: Session, clock: Clock, claim: Claim, staff: Staff) -> Decided:
    """`not_ours` erases at once; the log keeps that it happened, not what it was."""
    audit.append(session, clock, f"staff:{staff.id}", "erase_not_ours", f"claim:{claim.public_id}")
    seeding.settle(session, claim, Opinion.NOT_OURS, local_day(clock()))
    erase_claim(session, claim.id)
    return Decided(None, erased=True)


def defer(desk: Desk, claim_id: int, staff_id: int, until: date, reason: str) -> None:
    """Put a claim off until a day; it comes back by itself and its score is not touched."""
    with desk.sessions.begin() as session:
        claim = open_claim(session, claim_id)
        staff = reviewer(session, staff_id)
        today = local_day(desk.clock())
        if not today < until <= today + timedelta(days=30):
            raise UsageError("until: choose a day within the next 30")
        check_reason(reason)
        claim.deferred_until = until
        claim.lease_staff_id, claim.lease_until = None, None
        detail = {"until": until, "reason": reason}
        audit.append(session, desk.clock, f"staff:{staff.id}", "defer", f"claim:{claim.public_id}", detail)


def holder(claim: Claim, now: datetime) -> int | None:
    """Who holds the lease of a claim; None when nobody does or it is over."""
    over = claim.lease_until is None or claim.lease_until <= now
    return None if over else claim.lease_staff_id


def take(desk: Desk, claim_id: int, staff_id: int) -> bool:
    """Lease a claim so that two people do not work on it at once; False if somebody else has it."""
    now: datetime = desk.clock()
    with desk.sessions.begin() as session:
        claim = open_claim(session, claim_id)
        if holder(claim, now) not in {None, staff_id}:
            return False
        claim.lease_staff_id, claim.lease_until = staff_id, now + timedelta(minutes=LEASE_MINUTES)
        return True
