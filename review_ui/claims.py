"""One claim as a reviewer sees it: mentions, matches, reasons, evidence; blind where it must be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import distinct, func, select
from sqlalchemy.orm import Session

from models.claims import Claim, ClaimMatch, ClaimReason, KnownClaim
from models.decisions import Appeal, Correction, Evidence, EvidenceLink, Review, Verdict
from models.desk import AuditEntry, Staff
from models.errors import NotFoundError
from models.gathered import Item, Mention, MentionToken, Source
from models.vocabulary import AppealState, ClaimState, ItemKind, Role
from pipeline import seeding
from pipeline.decisions import OPEN_STATES, may_review, round_reviews
from review_ui.sessions import SignedIn

MENTIONS = 40
_MOST_IDS = 2**31 - 1


@dataclass(frozen=True)
class ShownMention:
    """A mention with its context; of a tip nothing but the words."""

    text: str
    is_tip: bool
    source: str | None
    kind: str | None
    url: str | None
    day: date | None
    is_local: bool


@dataclass(frozen=True)
class ShownMatch:
    """A known claim beside this one."""

    known: KnownClaim
    score: float
    differs: str | None


@dataclass(frozen=True)
class ShownToken:
    """A number that the claim carries, never the number itself: how often it stands elsewhere."""

    kind: str
    last_two: str
    other_claims: int
    other_mentions: int


@dataclass(frozen=True)
class ShownReview:
    """An opinion that this person may see."""

    review: Review
    username: str
    mine: bool


@dataclass(frozen=True)
class ClaimPage:
    """Everything on the page of one claim."""

    claim: Claim
    mentions: Sequence[ShownMention]
    matches: Sequence[ShownMatch]
    reasons: Sequence[ClaimReason]
    tokens: Sequence[ShownToken]
    evidence: Sequence[Evidence]
    dead_since: Mapping[int, date]
    reviews: Sequence[ShownReview]
    hidden_reviews: int
    verdicts: Sequence[Verdict]
    appeals: Sequence[Appeal]
    slug: str | None
    log: Sequence[AuditEntry]
    can_review: bool
    was_seed: bool
    wrote_seed: bool
    taken_by: str | None
    mine_until: datetime | None


def claim_of(session: Session, claim_id: int) -> Claim:
    """The claim of an address; raises `NotFoundError`."""
    claim = session.get(Claim, claim_id) if claim_id <= _MOST_IDS else None
    if claim is None:
        raise NotFoundError("this claim was erased or never existed")
    return claim


def claim_page(session: Session, claim_id: int, me: SignedIn, now: datetime) -> ClaimPage:
    """Everything on the page of one claim for one person; raises `NotFoundError`."""
    claim = claim_of(session, claim_id)
    can_review = (
        me.role in {Role.ANALYST, Role.LEAD}
        and claim.state in OPEN_STATES
        and may_review(session, claim, me.staff_id)
    )
    everyone = {one.id: one.username for one in session.scalars(select(Staff))}
    reviews = _visible_reviews(session, claim, me, everyone)
    leased = claim.lease_staff_id is not None and claim.lease_until is not None and claim.lease_until > now
    mine = leased and claim.lease_staff_id == me.staff_id
    return ClaimPage(
        claim=claim,
        mentions=mentions_of(session, claim.id),
        matches=_matches(session, claim.id),
        reasons=session.scalars(
            select(ClaimReason).where(ClaimReason.claim_id == claim.id).order_by(ClaimReason.position)
        ).all(),
        tokens=_tokens(session, claim.id),
        evidence=session.scalars(
            select(Evidence).where(Evidence.claim_id == claim.id).order_by(Evidence.id)
        ).all(),
        dead_since=_dead_since(session, claim.id),
        reviews=reviews,
        hidden_reviews=len(round_reviews(session, claim))
        - sum(one.review.round == claim.round for one in reviews),
        verdicts=session.scalars(
            select(Verdict).where(Verdict.claim_id == claim.id).order_by(Verdict.round)
        ).all(),
        appeals=_open_appeals(session, claim.id),
        slug=session.scalar(select(Correction.slug).where(Correction.claim_id == claim.id)),
        log=_log(session, claim),
        can_review=can_review,
        # only once it is settled, and before that to nobody but who wrote it
        was_seed=seeding.is_seed(claim) and claim.state == ClaimState.CLOSED,
        wrote_seed=seeding.wrote(session, claim, me.staff_id),
        taken_by=everyone.get(claim.lease_staff_id or 0) if leased and not mine else None,
        mine_until=claim.lease_until if mine else None,
    )


def _visible_reviews(
    session: Session, claim: Claim, me: SignedIn, everyone: dict[int, str]
) -> list[ShownReview]:
    """The opinions that this person may see now.

    While a round is open nobody who reviews sees another's opinion or reason in it: the second works blind,
    and the first does not learn what the second thinks before the third has spoken. Earlier rounds stay
    hidden from those who decide an appeal until they have decided. Auditors read all.
    """
    query = select(Review).where(Review.claim_id == claim.id).order_by(Review.round, Review.id)
    settled = claim.state not in OPEN_STATES and claim.state != ClaimState.NEW
    shown = []
    for review in session.scalars(query):
        mine = review.staff_id == me.staff_id
        if mine or settled or me.role is Role.AUDITOR:
            shown.append(ShownReview(review, everyone.get(review.staff_id, "?"), mine))
    return shown


def _hidden(session: Session, claim: Claim, shown: Sequence[ShownReview]) -> int:
    """How many opinions of the present round this person may not see yet."""
    return len(round_reviews(session, claim)) - sum(one.review.round == claim.round for one in shown)


def mentions_of(session: Session, claim_id: int) -> list[ShownMention]:
    """The newest mentions of a claim as everybody who judges it sees them."""
    rows = session.execute(
        select(Mention, Item, Source)
        .join(Item, Item.id == Mention.item_id)
        .outerjoin(Source, Source.id == Item.source_id)
        .where(Mention.claim_id == claim_id)
        .order_by(Mention.day.desc(), Mention.id)
        .limit(MENTIONS)
    )
    return [_mention(mention, item, source) for mention, item, source in rows]


def _mention(mention: Mention, item: Item, source: Source | None) -> ShownMention:
    if item.kind == ItemKind.TIP or source is None:
        return ShownMention(mention.text, True, None, None, None, None, False)
    return ShownMention(
        mention.text, False, source.name, source.kind, item.url, item.published_day or item.day, item.is_local
    )


def _matches(session: Session, claim_id: int) -> list[ShownMatch]:
    rows = session.execute(
        select(KnownClaim, ClaimMatch)
        .join(ClaimMatch, ClaimMatch.known_id == KnownClaim.id)
        .where(ClaimMatch.claim_id == claim_id)
        .order_by(ClaimMatch.score.desc())
    )
    return [ShownMatch(known, match.score, match.differs) for known, match in rows]


def _dead_since(session: Session, claim_id: int) -> dict[int, date]:
    """The evidence whose address is dead, and since when."""
    mine = select(EvidenceLink.evidence_id, EvidenceLink.dead_day).join(Evidence)
    rows = session.execute(mine.where(Evidence.claim_id == claim_id, EvidenceLink.dead_day.is_not(None)))
    return {evidence_id: day for evidence_id, day in rows if day is not None}


def _tokens(session: Session, claim_id: int) -> list[ShownToken]:
    mine = (
        select(MentionToken.token, MentionToken.kind, MentionToken.last_two)
        .join(Mention, Mention.id == MentionToken.mention_id)
        .where(Mention.claim_id == claim_id)
        .distinct()
    )
    found = []
    for token, kind, last_two in session.execute(mine):
        claims, mentions = session.execute(
            select(func.count(distinct(Mention.claim_id)), func.count(Mention.id))
            .join(MentionToken, MentionToken.mention_id == Mention.id)
            .where(MentionToken.token == token, Mention.claim_id != claim_id)
        ).one()
        found.append(ShownToken(kind, last_two, claims, mentions))
    return sorted(found, key=lambda one: (-one.other_claims, -one.other_mentions, one.kind, one.last_two))


def _open_appeals(session: Session, claim_id: int) -> Sequence[Appeal]:
    query = (
        select(Appeal)
        .join(Correction, Correction.id == Appeal.correction_id)
        .where(Correction.claim_id == claim_id, Appeal.state == AppealState.OPEN)
    )
    return session.scalars(query.order_by(Appeal.id)).all()


def _log(session: Session, claim: Claim) -> Sequence[AuditEntry]:
    """What was done with this claim and when; the log holds no opinion and no words."""
    subjects = [f"claim:{claim.public_id}"]
    slug = session.scalar(select(Correction.slug).where(Correction.claim_id == claim.id))
    if slug is not None:
        subjects.append(f"correction:{slug}")
    query = select(AuditEntry).where(AuditEntry.subject.in_(subjects)).order_by(AuditEntry.seq.desc())
    return session.scalars(query.limit(50)).all()
