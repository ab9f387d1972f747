"""One claim as a reviewer sees it: mentions, matches, reasons, evidence; blind where it must be."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.claims import Claim, ClaimMatch, ClaimReason, KnownClaim
from models.decisions import Appeal, Correction, Evidence, EvidenceCopy, EvidenceLink, Review, Verdict
from models.desk import AuditEntry, Staff
from models.errors import ConflictError, NotFoundError
from models.gathered import Item, Mention, Source
from models.vocabulary import AppealState, ClaimState, ItemKind, Role
from models.weeks import local_day
from pipeline import answers, copies, drafts, groups, independent, ranking, seeding, undo
from pipeline.decisions import OPEN_STATES, holder, may_review, round_reviews
from pipeline.drafts import KeptDraft
from pipeline.proposals import SAME, Proposal, proposal_of
from pipeline.undo import Waiting
from review_ui.differences import sides
from review_ui.sessions import SignedIn
from review_ui.spreadchart import Spread, spread_of
from review_ui.tokens import ShownToken, tokens_of

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
    """A known claim beside this one, what differs marked; `open_claims`: how many open ones say the same."""

    known: KnownClaim
    score: float
    differs: str | None
    ours: Markup
    theirs: Markup
    open_claims: int


@dataclass(frozen=True)
class ShownReview:
    """An opinion that this person may see."""

    review: Review
    username: str
    mine: bool


@dataclass(frozen=True)
class ShownRound:
    """One round of review: what was said in it, as far as this person may see it, and what came of it."""

    number: int
    reviews: Sequence[ShownReview]
    verdicts: Sequence[Verdict]
    appeals: Sequence[Appeal]


@dataclass(frozen=True)
class Own:
    """What is this person's alone: the draft, a review that can be taken back, and what stands in the way."""

    can_review: bool
    wrote_seed: bool
    draft: KeptDraft | None
    waiting: Waiting | None
    mine_until: datetime | None


@dataclass(frozen=True)
class ClaimPage:
    """Everything on the page of one claim."""

    claim: Claim
    mentions: Sequence[ShownMention]
    spread: Spread | None
    matches: Sequence[ShownMatch]
    proposal: Proposal | None
    reasons: Sequence[ClaimReason]
    answered: AbstractSet[str]
    chance: float
    first_learned: int
    tokens: Sequence[ShownToken]
    evidence: Sequence[Evidence]
    dead_since: Mapping[int, date]
    copies: Mapping[int, EvidenceCopy]
    rounds: Sequence[ShownRound]
    hidden_reviews: int
    appeals: Sequence[Appeal]
    slug: str | None
    log: Sequence[AuditEntry]
    was_seed: bool
    taken: bool
    own: Own


def claim_of(session: Session, claim_id: int) -> Claim:
    """The claim of an address; raises `NotFoundError`."""
    claim = session.get(Claim, claim_id) if claim_id <= _MOST_IDS else None
    if claim is None:
        raise NotFoundError("this claim was erased or never existed")
    return claim


def claim_page(session: Session, claim_id: int, me: SignedIn, now: datetime) -> ClaimPage:
    """Everything on the page of one claim for one person.

    Raises `NotFoundError`, and `ConflictError` for an auditor who has to label the claim before reading it.
    """
    claim = claim_of(session, claim_id)
    if me.role is Role.AUDITOR and independent.hides(session, claim_id, me.staff_id):
        raise ConflictError("label this claim in the independent audit before you read it here")
    own = _own(session, claim, me, now)
    reviews = _visible_reviews(session, claim, me)
    appeals = _appeals(session, claim.id)
    reasons = select(ClaimReason).where(ClaimReason.claim_id == claim.id).order_by(ClaimReason.position)
    evidence = select(Evidence).where(Evidence.claim_id == claim.id).order_by(Evidence.id)
    return ClaimPage(
        claim=claim,
        mentions=mentions_of(session, claim.id),
        spread=spread_of(session, claim.id, local_day(now)),
        matches=_matches(session, claim),
        proposal=proposal_of(session, claim, local_day(now)) if own.can_review else None,
        reasons=session.scalars(reasons).all(),
        answered=answers.of_claim(session, claim.id, me.staff_id),
        chance=ranking.chance_in_order(claim),
        first_learned=answers.FIRST_LEARNED,
        tokens=tokens_of(session, claim.id),
        evidence=session.scalars(evidence).all(),
        dead_since=_dead_since(session, claim.id),
        copies=copies.of_claim(session, claim.id),
        rounds=_rounds(session, claim, reviews, appeals),
        hidden_reviews=_hidden(session, claim, reviews),
        appeals=[one for one in appeals if one.state == AppealState.OPEN],
        slug=session.scalar(select(Correction.slug).where(Correction.claim_id == claim.id)),
        log=_log(session, claim),
        # only once it is settled, and before that to nobody but who wrote it
        was_seed=seeding.is_seed(claim) and claim.state == ClaimState.CLOSED,
        taken=holder(claim, now) not in {None, me.staff_id},
        own=own,
    )


def _waiting(session: Session, claim: Claim, me: SignedIn, now: datetime) -> Waiting | None:
    """One's own review of the claim that has not been recorded yet."""
    mine = (one for one in undo.waiting(session, me.staff_id, now) if one.claim_id == claim.id)
    return next(mine, None)


def _own(session: Session, claim: Claim, me: SignedIn, now: datetime) -> Own:
    reviews = me.role in {Role.ANALYST, Role.LEAD} and claim.state in OPEN_STATES
    waiting = undo.pending_of(session, me.staff_id, [claim.id])
    return Own(
        can_review=reviews and not waiting and may_review(session, claim, me.staff_id),
        wrote_seed=seeding.wrote(session, claim, me.staff_id),
        draft=drafts.of(session, claim.id, me.staff_id),
        waiting=_waiting(session, claim, me, now) if waiting else None,
        mine_until=claim.lease_until if holder(claim, now) == me.staff_id else None,
    )


def _visible_reviews(session: Session, claim: Claim, me: SignedIn) -> list[ShownReview]:
    """The opinions that this person may see now.

    While a round is open nobody who reviews sees another's opinion or reason in it: the second works blind,
    and the first does not learn what the second thinks before the third has spoken. Earlier rounds stay
    hidden from those who decide an appeal until they have decided. Auditors read all.
    """
    query = (
        select(Review, Staff.username)
        .join(Staff, Staff.id == Review.staff_id)
        .where(Review.claim_id == claim.id)
        .order_by(Review.round, Review.id)
    )
    settled = claim.state not in OPEN_STATES and claim.state != ClaimState.NEW
    shown = []
    for review, username in session.execute(query):
        mine = review.staff_id == me.staff_id
        if mine or settled or me.role is Role.AUDITOR:
            shown.append(ShownReview(review, username, mine))
    return shown


def _rounds(
    session: Session, claim: Claim, reviews: Sequence[ShownReview], appeals: Sequence[Appeal]
) -> list[ShownRound]:
    """What happened round by round; a round of which this person may see nothing yet is left out."""
    verdicts = session.scalars(select(Verdict).where(Verdict.claim_id == claim.id).order_by(Verdict.id)).all()
    rounds = [
        ShownRound(
            number,
            [one for one in reviews if one.review.round == number],
            [one for one in verdicts if one.round == number],
            [one for one in appeals if one.round == number and one.state != AppealState.OPEN],
        )
        for number in range(1, claim.round + 1)
    ]
    return [one for one in rounds if one.reviews or one.verdicts or one.appeals]


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


def _matches(session: Session, claim: Claim) -> list[ShownMatch]:
    rows = session.execute(
        select(KnownClaim, ClaimMatch)
        .join(ClaimMatch, ClaimMatch.known_id == KnownClaim.id)
        .where(ClaimMatch.claim_id == claim.id)
        .order_by(ClaimMatch.score.desc())
    ).all()
    same = [known.id for known, match in rows if match.score >= SAME and match.differs is None]
    sizes = groups.sizes(session, same)
    found = []
    for known, match in rows:
        ours, theirs = sides(claim.text, known.text, match.differs)
        found.append(ShownMatch(known, match.score, match.differs, ours, theirs, sizes.get(known.id, 0)))
    return found


def _dead_since(session: Session, claim_id: int) -> dict[int, date]:
    """The evidence whose address is dead, and since when."""
    mine = select(EvidenceLink.evidence_id, EvidenceLink.dead_day).join(Evidence)
    rows = session.execute(mine.where(Evidence.claim_id == claim_id, EvidenceLink.dead_day.is_not(None)))
    return {evidence_id: day for evidence_id, day in rows if day is not None}


def _appeals(session: Session, claim_id: int) -> Sequence[Appeal]:
    query = (
        select(Appeal)
        .join(Correction, Correction.id == Appeal.correction_id)
        .where(Correction.claim_id == claim_id)
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
