"""A reviewer says that a reason of a claim's place does not hold, and why; the next training hears it.

The rule, in the open: the weight of a doubted reason is halved for every two claims on which somebody said
so. One person counts for two claims at most, so that one alone can halve a reason in the order and not
remove it. A word is doubted in the learner too, where its feature is shrunk by the same factor. A trained
model serves everybody, so there one person alone changes nothing: only words that two people doubted count,
the `MOST_WORDS` that most people doubted, and none falls below `LEAST_FACTOR` (rule 10).
"""

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import audit
from models.claims import Claim, ClaimReason
from models.desk import Staff
from models.errors import ConflictError, NotFoundError, UsageError
from models.ordering import RankAnswer
from models.session import insert_ignore
from models.vocabulary import Role
from pipeline import withdrawal

if TYPE_CHECKING:
    from pipeline.compose import Desk

FIRST_LEARNED = 100
"""Positions of a claim's reasons from which they come from learning between models."""
MOST_EACH = 2
MIN_WHY, MAX_WHY = 5, 300
_MOST_FEATURES = 500
LEAST_PEOPLE = 2
MOST_WORDS = 20
LEAST_FACTOR = 0.25


def answer(desk: "Desk", claim_id: int, staff_id: int, position: int, why: str) -> None:
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
    return {feature: _factor(by_person) for feature, by_person in _doubts(session).items()}


def taught(session: Session) -> dict[str, float]:
    """By what factor the next model is to shrink each word: what two people or more doubted.

    What somebody said whose labels a lead has withdrawn does not count.
    """
    gone = withdrawal.withdrawn(session)
    kept = {
        feature: {who: n for who, n in by_person.items() if who not in gone}
        for feature, by_person in _doubts(session).items()
    }
    shared = [pair for pair in kept.items() if len(pair[1]) >= LEAST_PEOPLE]
    first = sorted(shared, key=lambda pair: (-len(pair[1]), _factor(pair[1]), pair[0]))
    found = words({feature: max(LEAST_FACTOR, _factor(by_person)) for feature, by_person in first})
    return dict(list(found.items())[:MOST_WORDS])


def _doubts(session: Session) -> dict[str, dict[int, int]]:
    """On how many claims each person doubted each reason."""
    query = select(RankAnswer.feature, RankAnswer.staff_id, func.count()).group_by(
        RankAnswer.feature, RankAnswer.staff_id
    )
    found: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for feature, who, n in session.execute(query.order_by(RankAnswer.feature).limit(_MOST_FEATURES)):
        found[feature][who] = n
    return found


def _factor(by_person: dict[int, int]) -> float:
    return float(0.5 ** (sum(min(n, MOST_EACH) for n in by_person.values()) / 2))


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
