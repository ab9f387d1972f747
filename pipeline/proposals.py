"""A clear claim brings its evidence along: what was found of the same claim before is proposed, not decided.

A proposal is made of known claims that match and differ in no value: of this desk's own answers the evidence
that was quoted then, of other fact-checkers the page that rates the claim. A person reads it and confirms it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.claims import Claim, ClaimMatch, KnownClaim
from models.decisions import Evidence, EvidenceLink
from models.errors import UsageError
from models.vocabulary import Opinion
from pipeline import evidence
from pipeline.decisions import evidence_of
from pipeline.evidence import EvidenceInput, Proof

SAME = 0.5
"""The score from which a match counts as the same claim (`classify.rerank.THRESHOLD`)."""
MOST_EVIDENCE = 3


@dataclass(frozen=True)
class Proposal:
    """An opinion with its evidence, to be confirmed; `enough` if that evidence is all that a rating needs."""

    opinion: Opinion
    reason: str
    evidence: Sequence[EvidenceInput]
    enough: bool


def proposal_of(session: Session, claim: Claim, today: date) -> Proposal | None:
    """What the known claims that say the same propose; None if there is none, or if they disagree."""
    known = list(_same(session, claim.id))
    ratings = {one.rating for one in known if one.rating is not None}
    if len(ratings) != 1:
        return None
    opinion = Opinion(ratings.pop())
    rated = [one for one in known if one.rating is not None]
    there = evidence_of(session, claim.id)
    given, proofs = _usable(session, claim, rated, {row.url for row in there}, today)
    every = [*proofs, *(Proof(row.kind, row.domain, row.url) for row in there)]
    return Proposal(opinion, _reason(rated), given, _enough(session, every))


def _same(session: Session, claim_id: int) -> Sequence[KnownClaim]:
    query = (
        select(KnownClaim)
        .join(ClaimMatch, ClaimMatch.known_id == KnownClaim.id)
        .where(ClaimMatch.claim_id == claim_id, ClaimMatch.score >= SAME, ClaimMatch.differs.is_(None))
        .order_by(ClaimMatch.score.desc(), KnownClaim.id)
    )
    return session.scalars(query.limit(MOST_EVIDENCE)).all()


def _usable(
    session: Session, claim: Claim, known: Sequence[KnownClaim], have: set[str], today: date
) -> tuple[list[EvidenceInput], list[Proof]]:
    """The evidence that would be taken today, each address once, and what it proves."""
    given: list[EvidenceInput] = []
    proofs: list[Proof] = []
    for one in (found for row in known for found in _of(session, row)):
        if one.url in have or len(given) == MOST_EVIDENCE:
            continue
        try:
            columns = evidence.checked(session, one, today, claim.text)
        except UsageError:
            continue
        have.add(one.url)
        given.append(one)
        proofs.append(Proof(columns["kind"], columns["domain"], columns["url"]))
    return given, proofs


def _of(session: Session, known: KnownClaim) -> Iterator[EvidenceInput]:
    if known.claim_id is None:
        if known.published_day is not None and known.link_dead_day is None:
            yield EvidenceInput(known.url, known.publisher, known.text, known.published_day)
        return
    dead = select(EvidenceLink.evidence_id).where(EvidenceLink.dead_day.is_not(None))
    rows = select(Evidence).where(Evidence.claim_id == known.claim_id, Evidence.id.not_in(dead))
    # what is primary first: one of it is enough
    for row in session.scalars(rows.order_by(Evidence.kind.desc(), Evidence.id).limit(2 * MOST_EVIDENCE)):
        yield EvidenceInput(row.url, row.publisher, row.quote, row.published_day)


def _enough(session: Session, proofs: Sequence[Proof]) -> bool:
    try:
        evidence.require(session, proofs)
    except UsageError:
        return False
    return True


def _reason(known: Sequence[KnownClaim]) -> str:
    """The reason in the words of the desk; the analyst sees it before confirming, and may change it."""
    day = known[0].published_day
    when = f", ngày {day:%d/%m/%Y}" if day else ""
    return f"Trùng với điều đã được kiểm chứng ({known[0].publisher}{when}); bằng chứng đã dẫn vẫn đúng."
