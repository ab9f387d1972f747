"""Who answers otherwise than what two people settle? Each reviewer's blind opinions against the outcome (M7).

Only claims that at least two people read blind count, so that a rogue cannot confirm himself. Of each person:
how often their opinion, false or not, was not the outcome; and the same of everybody else. The alarm is an
exact one-sided binomial test (mid-p) against the others' share, at `ALPHA` shared among the reviewers; at
`ALPHA` itself the person is to be watched. Hints that a lead should look, never a proof. Shown to leads and
auditors alone.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.claims import Claim
from models.decisions import Review, Verdict
from models.desk import Staff
from models.vocabulary import COUNTED_FALSE, ClaimState, Opinion, Rating
from models.weeks import NO_WEEK
from pipeline import labels as labelling
from pipeline import withdrawal
from pipeline.shares import MIN_CASES

WEEKS = 26
ALPHA = 0.05
FLOOR = 0.02
"""Everybody errs as often as this; a desk that never disagreed must not take one slip for an attack."""
LEAST_WRONG = 3
_FALSE = (Opinion.FALSE, Opinion.MISLEADING)
_CALM = (Opinion.TRUE, Opinion.NOT_A_CLAIM)


class Opined(NamedTuple):
    """One blind opinion of a claim that two people settled: by whom, and whether it was the outcome."""

    staff_id: int
    agrees: bool


@dataclass(frozen=True)
class Standing:
    """One reviewer: opinions that were settled, how many were overruled, the others' share, labels given."""

    staff_id: int
    judged: int
    overruled: int
    others: float
    p: float
    alarm: bool
    watch: bool = False
    labels: int = 0
    share: float = 0.0
    name: str = ""
    withdrawn: bool = False

    def as_dict(self) -> dict[str, object]:
        """Plain values for `models reviewers --json`."""
        return {
            "username": self.name,
            "judged": self.judged,
            "overruled": self.overruled,
            "others": self.others,
            "p": self.p,
            "alarm": self.alarm,
            "watch": self.watch,
            "labels": self.labels,
            "share": self.share,
            "withdrawn": self.withdrawn,
        }


def standings(opinions: Sequence[Opined]) -> list[Standing]:
    """Everybody who gave an opinion, by id; under eleven opinions nobody is suspected."""
    from scipy.stats import binom

    judged = Counter(one.staff_id for one in opinions)
    wrong = Counter(one.staff_id for one in opinions if not one.agrees)
    n, x = len(opinions), sum(wrong.values())
    found = []
    for who in sorted(judged):
        rest = n - judged[who]
        # one success and two cases more, as Agresti and Coull do it: with few cases nothing is sure
        others = max(FLOOR, (x - wrong[who] + 1) / (rest + 2)) if rest >= MIN_CASES else 1.0
        # mid-p: half of the chance of exactly this many, for counts are few
        p = float(binom.sf(wrong[who], judged[who], others) + binom.pmf(wrong[who], judged[who], others) / 2)
        often = judged[who] >= MIN_CASES and wrong[who] >= LEAST_WRONG
        alarm, watch = often and p < ALPHA / len(judged), often and p < ALPHA
        found.append(Standing(who, judged[who], wrong[who], others, p, alarm, watch))
    return found


def report(session: Session, now: datetime) -> list[Standing]:
    """The standing of every reviewer over the last 26 weeks, with their share of the labels that teach."""
    found = {one.staff_id: one for one in standings(opinions(session, now - timedelta(weeks=WEEKS)))}
    teaching = labelling.capped(labelling.without_copies(labelling.gather(session)))
    given = Counter(label.reviewer for label in teaching)
    gone = withdrawal.withdrawn(session)
    who = sorted({*found, *given, *gone})
    names = dict(session.execute(select(Staff.id, Staff.username).where(Staff.id.in_(who))).all())
    return [
        _named(found.get(one), one, names.get(one, "?"), given[one], len(teaching), one in gone)
        for one in who
    ]


def _named(
    known: Standing | None, staff_id: int, name: str, labels: int, total: int, withdrawn: bool
) -> Standing:
    base = known or Standing(staff_id, 0, 0, 0.0, 1.0, alarm=False)
    share = labels / total if total else 0.0
    return replace(base, labels=labels, share=share, name=name, withdrawn=withdrawn)


def opinions(session: Session, since: datetime) -> list[Opined]:
    """Blind opinions of claims with an outcome that at least two people read, false or not."""
    query = (
        select(Claim.id, Review.round, Review.staff_id, Review.opinion, Verdict.rating, Claim.state)
        .join(Claim, Claim.id == Review.claim_id)
        .outerjoin(Verdict, (Verdict.claim_id == Review.claim_id) & (Verdict.round == Review.round))
        .where(Review.at >= since, Claim.week != NO_WEEK)
        .order_by(Review.id)
    )
    outcomes: dict[tuple[int, int], bool | None] = {}
    given: dict[tuple[int, int], list[tuple[int, bool]]] = {}
    for claim_id, round_, staff_id, opinion, rating, state in session.execute(query):
        at = (claim_id, round_)
        outcomes[at] = _outcome(rating, state)
        if opinion in (*_FALSE, *_CALM):
            given.setdefault(at, []).append((staff_id, opinion in _FALSE))
    return [
        Opined(staff_id, says == outcomes[at])
        for at, read in given.items()
        if len(read) > 1 and outcomes[at] is not None
        for staff_id, says in read
    ]


def _outcome(rating: str | None, state: str) -> bool | None:
    if rating is not None and rating != Rating.UNPROVEN:
        return rating in COUNTED_FALSE
    return False if rating is None and state == ClaimState.CLOSED else None
