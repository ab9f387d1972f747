"""A verdict: what two people agree on, with its evidence, its method note and the part that it speaks of.

Everything that must hold before one is made is asked here, at the only place that makes one.
"""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.claims import Claim
from models.decisions import Evidence, EvidenceCopy, Review, Verdict
from models.desk import Staff
from models.errors import ConflictError, UsageError
from models.vocabulary import CopyOutcome, Opinion, Rating
from pipeline import evidence
from pipeline.compose import Clock
from pipeline.decisions import agreed_pair, evidence_of, round_reviews

_NO_RATING = frozenset({Opinion.NOT_A_CLAIM, Opinion.NOT_OURS})


def own(reviews: Sequence[Review], staff_id: int) -> bool:
    """Whether a lead would publish their own opinion: the first one given, or the first of the pair."""
    return staff_id in {review.staff_id for review in (*reviews[:1], *agreed_pair(reviews)[:1])}


def make(session: Session, clock: Clock, claim: Claim, lead: Staff, note: str) -> Verdict:
    """The verdict of a claim's present round; raises `ConflictError` or `UsageError`, does not commit.

    `note` is the lead's public word on it; it is required where a quotation was looked for and not found.
    """
    reviews = round_reviews(session, claim)
    pair = agreed_pair(reviews)
    if not pair or Opinion(pair[0].opinion) in _NO_RATING:
        raise ConflictError("two people have not agreed on a rating")
    if own(reviews, lead.id):
        raise ConflictError("you gave the first review; another lead publishes it")
    _check_evidence(session, claim, note)
    notes = [*(review.reason for review in pair), *([note.strip()] if note.strip() else [])]
    verdict = Verdict(
        claim_id=claim.id,
        round=claim.round,
        rating=Rating(pair[0].opinion),
        method_note="\n\n".join(notes),
        first_staff_id=pair[0].staff_id,
        second_staff_id=pair[1].staff_id,
        at=clock(),
        part_start=pair[0].part_start,
        part_end=pair[0].part_end,
    )
    session.add(verdict)
    session.flush()
    return verdict


def _check_evidence(session: Session, claim: Claim, note: str) -> None:
    rows = evidence_of(session, claim.id)
    if not evidence.enough(rows, evidence.stories_of(session, rows)):
        raise ConflictError("a verdict needs one primary source or two independent ones")
    if unseen(session, claim.id) and not note.strip():
        raise UsageError("reason: a quotation was looked for and not found on its page; say why it stands")


def unseen(session: Session, claim_id: int) -> int:
    """How many quotations of a claim's evidence were looked for on their page and not found there."""
    query = select(func.count()).select_from(EvidenceCopy).join(Evidence)
    missing = query.where(Evidence.claim_id == claim_id, EvidenceCopy.outcome == CopyOutcome.MISSING)
    return session.scalar(missing) or 0
