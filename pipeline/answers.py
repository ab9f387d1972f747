"""A reviewer says that a reason of a claim's place does not hold, and why; the next training hears it.

The rule, in the open: the weight of a doubted reason is halved for every two claims on which somebody said
so, in the order alone. One person counts for two claims at most, so that one alone can halve a reason and
not remove it. A word is doubted in the learner too, where its feature is shrunk by the same factor.
"""

from collections import defaultdict

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import audit
from models.claims import Claim, ClaimReason
from models.desk import Staff
from models.errors import ConflictError, NotFoundError, UsageError
from models.ordering import RankAnswer
from models.session import insert_ignore
from models.vocabulary import Role
from pipeline.compose import Desk

FIRST_LEARNED = 100
"""Positions of a claim's reasons from which they come from learning between models."""
MOST_EACH = 2
MIN_WHY, MAX_WHY = 5, 300
_MOST_FEATURES = 500


def answer(desk: Desk, claim_id: int, staff_id: int, position: int, why: str) -> None:
    """Keep that one reason of one claim does not hold, and why.

    Raises `UsageError` for words that say nothing, `NotFoundError` where the reason is gone, `ConflictError`
    for who may not review or has said so already.
    """
    if not MIN_WHY <= len(why.strip()) <= MAX_WHY:
        raise UsageError(f"why: write {MIN_WHY} to {MAX_WHY} characters")
    kept = desk.masker.mask(why.strip()).text
    with desk.sessions.begin() as session:
        staff = session.get(Staff, staff_id)
        if staff is None or staff.disabled or staff.role not in {Role.ANALYST, Role.LEAD}:
            raise ConflictError("this account may not review")
        claim = session.get(Claim, claim_id)
        reason = session.get(ClaimReason, (claim_id, position))
        if claim is None or reason is None:
            raise NotFoundError("this reason is not shown any more")
        row = {"claim_id": claim_id, "staff_id": staff_id, "feature": reason.feature, "why": kept}
        row["at"] = desk.clock()
        if not insert_ignore(session, RankAnswer, [row], ["claim_id", "staff_id", "feature"]):
            raise ConflictError("you have answered this reason already")
        detail = {"feature": reason.feature, "why": kept}
        audit.append(
            session, desk.clock, f"staff:{staff_id}", "reason_answer", f"claim:{claim.public_id}", detail
        )


def factors(session: Session) -> dict[str, float]:
    """By what factor the weight of each doubted reason is shrunk, 0..1."""
    query = select(RankAnswer.feature, RankAnswer.staff_id, func.count()).group_by(
        RankAnswer.feature, RankAnswer.staff_id
    )
    doubts: defaultdict[str, int] = defaultdict(int)
    for feature, _, n in session.execute(query.order_by(RankAnswer.feature).limit(_MOST_FEATURES)):
        doubts[feature] += min(n, MOST_EACH)
    return {feature: 0.5 ** (n / 2) for feature, n in doubts.items()}


def words(doubted: dict[str, float]) -> dict[str, float]:
    """The doubted reasons that are words, without what is written round them."""
    return {
        feature.removeprefix("từ “").removesuffix("”"): factor
        for feature, factor in doubted.items()
        if feature.startswith("từ “")
    }


def corrections(session: Session, doubted: dict[str, float]) -> dict[int, float]:
    """By how much the log odds of each claim change whose promoted reasons are doubted."""
    if not doubted:
        return {}
    query = select(ClaimReason.claim_id, ClaimReason.feature, ClaimReason.weight).where(
        ClaimReason.feature.in_(sorted(doubted)), ClaimReason.position < FIRST_LEARNED
    )
    found: defaultdict[int, float] = defaultdict(float)
    for claim_id, feature, weight in session.execute(query):
        found[claim_id] -= (1 - doubted[feature]) * weight
    return dict(found)


def of_claim(session: Session, claim_id: int, staff_id: int) -> set[str]:
    """Which reasons of a claim somebody has answered."""
    mine = select(RankAnswer.feature).where(RankAnswer.claim_id == claim_id, RankAnswer.staff_id == staff_id)
    return set(session.scalars(mine))
