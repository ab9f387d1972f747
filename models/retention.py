"""Short memory (rule 9): what is erased when, rows and everything that hangs on them.

Unflagged claims go after 30 days, queued ones that nobody verified after 180, tips 30 days after their
answer, sealed ones 90 after they came. Of a decided claim only the correction lives on: its mentions go and
its text becomes the desk's own paraphrase. Fetched addresses are forgotten after 30 days even as keyed
hashes, drafts of corrections after 14.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import Engine, delete, exists, func, select, update
from sqlalchemy.orm import Session

from models import due, parking, readings
from models.claims import Claim, KnownClaim
from models.decisions import Appeal, Correction, CorrectionText
from models.editing import CorrectionDraft
from models.gathered import FrontierPage, Item, Mention, Tip
from models.sealed import SealedTip
from models.searching import ClaimWord
from models.vocabulary import ClaimState, Language
from models.weeks import ZONE
from models.workbench import Draft

UNFLAGGED_DAYS = 30
QUEUED_DAYS = 180
ANSWERED_TIP_DAYS = 30
SEALED_TIP_DAYS = 90
FRONTIER_DAYS = 30
DRAFT_DAYS = 14
CORRECTION_DRAFT_DAYS = 14
_TOGETHER = 500

_OPEN = (ClaimState.QUEUED, ClaimState.SECOND, ClaimState.THIRD, ClaimState.AGREED)
_SETTLED = (ClaimState.DECIDED, ClaimState.CLOSED)


def erase(session: Session, today: date) -> dict[str, int]:
    """Erase everything over age; gives how many rows of each kind went."""
    counts = {
        "frontier_page": _frontier(session, today),
        "claim_unflagged": _claims(session, today, (ClaimState.NEW,), UNFLAGGED_DAYS),
        "claim_queued": _claims(session, today, _OPEN, QUEUED_DAYS),
        "claim_closed": _claims(session, today, (ClaimState.CLOSED,), UNFLAGGED_DAYS),
        "claim_text": _paraphrase(session, today),
        "mention": _mentions(session, today),
        "tip": _tips(session, today),
        "sealed_tip": _sealed_tips(session, today),
        "item": _items(session, today),
        "appeal_words": _appeals(session, today),
        "draft": _drafts(session, today),
        "correction_draft": _corrections_begun(session, today),
    }
    parking.forget_gone(session)
    session.flush()
    return counts


def erase_claim(session: Session, claim_id: int) -> None:
    """Erase one claim at once with its mentions and the items nothing else is kept of (`not_ours`)."""
    _erase_claims(session, [claim_id])
    parking.forget_gone(session)


def _erase_claims(session: Session, claim_ids: Sequence[int]) -> None:
    mine = Mention.claim_id.in_(claim_ids)
    items = list(session.scalars(select(Mention.item_id).where(mine).distinct()))
    session.execute(delete(Mention).where(mine))
    due.known_leave(session, claim_ids)
    session.execute(delete(Claim).where(Claim.id.in_(claim_ids)))
    for some in _in_parts(items):
        bare = Item.id.in_(some) & ~exists().where(Mention.item_id == Item.id)
        session.execute(delete(Item).where(bare))


def compact(engine: Engine) -> None:
    """Rebuild a SQLite file so that erased bytes leave it; PostgreSQL vacuums by itself."""
    if engine.dialect.name != "sqlite":
        return
    raw = engine.raw_connection()  # VACUUM cannot run inside the transaction that a session opens
    try:
        for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            raw.cursor().execute(statement)
    finally:
        raw.close()


def fold(engine: Engine) -> None:
    """Fold SQLite's write-ahead log into the file, so that what was overwritten does not linger there."""
    if engine.dialect.name != "sqlite":
        return
    with engine.connect().execution_options(read_only=True, isolation_level="AUTOCOMMIT") as connection:
        # best effort: a reader that is under way keeps its part of the log until the next time
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _frontier(session: Session, today: date) -> int:
    old = FrontierPage.seen_day < today - timedelta(days=FRONTIER_DAYS)
    return _deleted(session, delete(FrontierPage).where(old))


def _claims(session: Session, today: date, states: tuple[ClaimState, ...], days: int) -> int:
    # a claim that an appeal has reopened is published: it lives on, whatever its state
    published = exists().where(Correction.claim_id == Claim.id)
    old = select(Claim.id).where(
        Claim.state.in_(states), Claim.last_day < today - timedelta(days=days), ~published
    )
    claim_ids = list(session.scalars(old))
    for some in _in_parts(claim_ids):
        _erase_claims(session, some)
    return len(claim_ids)


def _paraphrase(session: Session, today: date) -> int:
    """Put the desk's own words in place of the sentence of a source, once the claim is old."""
    said = (
        select(CorrectionText.said)
        .join(Correction, Correction.id == CorrectionText.correction_id)
        .where(Correction.claim_id == Claim.id, CorrectionText.language == Language.VI)
        .order_by(CorrectionText.version.desc())
        .limit(1)
        .scalar_subquery()
    )
    old = (Claim.state == ClaimState.DECIDED) & (Claim.last_day < today - timedelta(days=QUEUED_DAYS))
    answered = exists().where(Correction.claim_id == Claim.id)
    # the source's words leave the search with the sentence; the answer is found by its own
    replaced = session.scalars(select(Claim.id).where(old, answered, Claim.text != said)).all()
    for some in _in_parts(replaced):
        session.execute(delete(ClaimWord).where(ClaimWord.claim_id.in_(some)))
        session.execute(update(Claim).where(Claim.id.in_(some)).values(text=said))
        readings.forget(session, some)
    return len(replaced)


def _mentions(session: Session, today: date) -> int:
    settled = select(Claim.id).where(
        Claim.state.in_(_SETTLED), Claim.last_day < today - timedelta(days=UNFLAGGED_DAYS)
    )
    old = Mention.day < today - timedelta(days=UNFLAGGED_DAYS)
    orphans = Mention.claim_id.is_(None) & old
    return _deleted(session, delete(Mention).where(orphans | (old & Mention.claim_id.in_(settled))))


def _tips(session: Session, today: date) -> int:
    answered = Tip.answered_day < today - timedelta(days=ANSWERED_TIP_DAYS)
    unanswered = Tip.day < today - timedelta(days=QUEUED_DAYS)
    items = list(session.scalars(select(Tip.item_id).where(answered)))
    n = _deleted(session, delete(Tip).where(answered | unanswered))
    for some in _in_parts(items):
        session.execute(delete(Item).where(Item.id.in_(some)))
    return n


def _sealed_tips(session: Session, today: date) -> int:
    old = SealedTip.day < today - timedelta(days=SEALED_TIP_DAYS)
    return _deleted(session, delete(SealedTip).where(old))


def _appeals(session: Session, today: date) -> int:
    """A reader's words go with the decision; of an appeal that nobody decided, after the same 180 days."""
    old = Appeal.received_day < today - timedelta(days=QUEUED_DAYS)
    return _deleted(session, update(Appeal).where(old, Appeal.reason != "").values(reason=""))


def _corrections_begun(session: Session, today: date) -> int:
    """Drafts of corrections that nobody has touched for fourteen days."""
    oldest_kept = datetime.combine(today - timedelta(days=CORRECTION_DRAFT_DAYS), time(), ZONE)
    return _deleted(session, delete(CorrectionDraft).where(CorrectionDraft.saved_at < oldest_kept))


def _drafts(session: Session, today: date) -> int:
    """What a member of staff typed and left; of an erased claim it went with the claim."""
    oldest_kept = datetime.combine(today - timedelta(days=DRAFT_DAYS), time(0), ZONE)
    return _deleted(session, delete(Draft).where(Draft.saved_at < oldest_kept))


def _items(session: Session, today: date) -> int:
    old = Item.day < today - timedelta(days=UNFLAGGED_DAYS)
    return _deleted(session, delete(Item).where(old, ~exists().where(Mention.item_id == Item.id)))


def _in_parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Some at a time: a statement takes 32,766 values on SQLite and 65,535 on PostgreSQL."""
    return (ids[at : at + _TOGETHER] for at in range(0, len(ids), _TOGETHER))


def _deleted(session: Session, statement: object) -> int:
    result = session.execute(statement)  # type: ignore[call-overload]
    return int(result.rowcount)


def oldest(session: Session) -> dict[str, date | None]:
    """The oldest day still held of each kind, for `doctor` and the public retention figure."""
    return {
        "frontier_page": session.scalar(select(func.min(FrontierPage.seen_day))),
        "item": session.scalar(select(func.min(Item.day))),
        "tip": session.scalar(select(func.min(Tip.day))),
        "sealed_tip": session.scalar(select(func.min(SealedTip.day))),
        "known_claim": session.scalar(select(func.min(KnownClaim.imported_day))),
    }
