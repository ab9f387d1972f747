"""A tip comes in, is followed by its receipt and taken back: whoever holds the receipt may, nobody else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from models import parking, readings
from models.claims import Claim
from models.decisions import Correction, CorrectionText
from models.errors import NotFoundError
from models.gathered import Item, Mention, Tip
from models.retention import erase_claim
from models.sealed import SealedTip
from models.vocabulary import ClaimState, Language
from pipeline import seals
from pipeline.clustering import recount
from pipeline.compose import Desk

if TYPE_CHECKING:
    from crawlers.intake import TipReceipt
    from crawlers.sealed import Seal


@dataclass(frozen=True)
class TipClaim:
    """What became of one claim of a tip: its topic, where it stands, and the answer if there is one."""

    topic: str
    state: ClaimState
    slug: str | None


@dataclass(frozen=True)
class TipStatus:
    """What became of a tip; never its words."""

    day: date
    answered_day: date | None
    claims: Sequence[TipClaim]
    sealed: bool = False
    """Whether it is kept so that this machine cannot read it."""


def take(desk: Desk, text: str, receipt: str | None = None) -> "TipReceipt":
    """Take one tip of the public form; what is not ours is dropped in memory.

    A channel gives the `receipt`, made of its message, so that the same message is taken once.
    """
    from classify.near import similarity
    from crawlers.intake import take_tip

    return take_tip(
        desk.sessions,
        desk.reader,
        text,
        desk.clock,
        desk.keys.receipt,
        receipt=receipt,
        similarity=similarity,
        seal=_seal(desk),
    )


def are_sealed(desk: Desk) -> bool:
    """Whether tips are kept so that this machine cannot read them."""
    return bool(desk.settings.text(seals.SETTING))


def _seal(desk: Desk) -> "Seal | None":
    key = seals.public_key(desk.settings.text(seals.SETTING))
    return (lambda plain: seals.seal(plain, key)) if key else None


def follow(desk: Desk, receipt: str) -> TipStatus:
    """What became of the tip of this receipt; raises `NotFoundError` alike for unknown and erased ones."""
    with desk.reading() as session:
        kept = _sealed(session, desk, receipt)
        if kept is not None:
            return TipStatus(kept.day, None, [], sealed=True)
        tip = _tip(session, desk, receipt)
        rows = session.execute(
            select(Claim.topic, Claim.state, Correction.slug)
            .join(Mention, Mention.claim_id == Claim.id)
            .outerjoin(Correction, Correction.claim_id == Claim.id)
            .where(Mention.item_id == tip.item_id)
            .distinct()
            .order_by(Correction.slug, Claim.topic)
        )
        claims = [TipClaim(topic, ClaimState(state), slug) for topic, state, slug in rows]
        return TipStatus(tip.day, tip.answered_day, claims)


def withdraw(desk: Desk, receipt: str) -> None:
    """Erase a tip and all that was kept of it, and a claim that only it carried unless it is answered."""
    with desk.sessions.begin() as session:
        kept = _sealed(session, desk, receipt)
        if kept is not None:
            session.delete(kept)
            return
        tip = _tip(session, desk, receipt)
        mentions = list(session.scalars(select(Mention).where(Mention.item_id == tip.item_id)))
        words = {mention.claim_id: mention.key for mention in mentions if mention.claim_id is not None}
        session.delete(session.get_one(Item, tip.item_id))
        session.flush()
        for claim_id, key in words.items():
            _without(session, session.get_one(Claim, claim_id), key)
        parking.forget_gone(session)


def _hash(desk: Desk, receipt: str) -> str:
    from crawlers.intake import receipt_hash

    return receipt_hash(receipt[:200], desk.keys.receipt)


def _sealed(session: Session, desk: Desk, receipt: str) -> SealedTip | None:
    return session.scalar(select(SealedTip).where(SealedTip.receipt_key == _hash(desk, receipt)))


def _tip(session: Session, desk: Desk, receipt: str) -> Tip:
    tip = session.scalar(select(Tip).where(Tip.receipt_key == _hash(desk, receipt)))
    if tip is None:
        raise NotFoundError("receipt: there is no tip of this receipt, or it was erased")
    return tip


def _without(session: Session, claim: Claim, key: str) -> None:
    """A claim after one of its mentions has gone."""
    left = session.scalars(select(Mention).where(Mention.claim_id == claim.id).order_by(Mention.id)).all()
    answered = session.scalar(select(exists().where(Correction.claim_id == claim.id)))
    if not left and not answered:
        erase_claim(session, claim.id)
        return
    if claim.key == key and not any(mention.key == key for mention in left):
        _reword(session, claim, left)
        session.flush()
        readings.forget(session, [claim.id])
    if left:
        recount(session, claim.id)
    else:
        claim.n_mentions = claim.n_stories = claim.n_sources = claim.n_tips = 0
        claim.ranked = 0


def _reword(session: Session, claim: Claim, left: Sequence[Mention]) -> None:
    """Put another's words, or the desk's own, where the tip's were."""
    claim.match_due, claim.ranked = True, 0
    taken = set(session.scalars(select(Claim.key).where(Claim.key.in_([mention.key for mention in left]))))
    free = [mention for mention in left if mention.key not in taken]
    if free:
        claim.key, claim.text = free[0].key, free[0].text
        return
    said = session.scalar(
        select(CorrectionText.said)
        .join(Correction, Correction.id == CorrectionText.correction_id)
        .where(Correction.claim_id == claim.id, CorrectionText.language == Language.VI)
        .order_by(CorrectionText.version.desc())
        .limit(1)
    )
    claim.key = f"withdrawn:{claim.public_id}"
    claim.text = said or left[0].text
