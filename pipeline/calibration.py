"""Are the scores true chances? Scores against what people found, on what was drawn at random.

Flagged claims alone would say nothing: only the audit draws, each weighted by 1 / its chance of being drawn,
stand for the whole week. Claims known to be false before the draw are in no draw; they are all there, and
count once each. Scores are those of the moment of the draw. Shown, never a gate: with ten bins and few false
claims even true chances have an error above nought.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from models.claims import FrameUnit
from models.weeks import iso_week, week_days
from pipeline.compose import Desk
from pipeline.figures import ALARM, LEVEL, QUIET, Figure, missing
from pipeline.frame import KNOWN, claim_ref
from pipeline.outcomes import Settled, erased_public_ids, settled
from pipeline.shares import MIN_CASES
from pipeline.statistics import ALPHA, wilson
from pipeline.tally import is_closed

WEEKS = 13
BINS = 10
MIN_POSITIVES = 10
MIN_JUDGED = BINS * MIN_CASES  # so that no bin of the table holds under eleven claims (R11)
SCORES_KEPT = 14  # weeks
TOLERATED = 0.05  # a bias that lies wholly beyond it rings the alarm
ECE_METHOD = "expected calibration error, 10 equal-count bins, weighted 1/p, 13 weeks; shown, never a gate"
BIAS_METHOD = "calibration in the large, weighted 1/p, 13 weeks, linearised variance"

Numbers = NDArray[np.float64]
Row = tuple[float, bool, float, bool]  # score, found false, chance of being drawn, drawn


@dataclass(frozen=True)
class Judged:
    """What was judged, one row a claim, lowest score first: scores, what was found, chances of the draw."""

    scores: Numbers
    false: Numbers  # 1 found false, 0 not
    chances: Numbers
    drawn: Numbers  # 1 drawn, 0 known to be false before the draw

    @property
    def weights(self) -> Numbers:
        """How many claims each stands for."""
        return 1 / self.chances

    @property
    def positives(self) -> int:
        """How many of the drawn were found false."""
        return int((self.false * self.drawn).sum())

    @property
    def n(self) -> int:
        """How many were judged."""
        return int(self.scores.size)


class Bin(NamedTuple):
    """One bin of the reliability table: mean score, share found false with its interval, and how many."""

    score: float
    share: float
    low: float
    high: float
    n: int


def calibration_figures(session: Session, desk: Desk, week: str, claims: Sequence[Settled]) -> list[Figure]:
    """Calibration error and bias of the 13 weeks up to a week; `claims` are the settled ones of the week."""
    found = judged(session, desk, week, claims)
    names = ("calibration_error", "calibration_bias")
    if not enough(found):
        why = (
            f"too few data: {found.positives} false among the draws judged in 13 weeks, "
            f"{MIN_POSITIVES} are needed, and {MIN_JUDGED} claims in all"
        )
        return [missing(name, week, found.n, why) for name in names]
    value, low, high = bias(found)
    word = ALARM if low > TOLERATED or high < -TOLERATED else QUIET
    return [
        Figure(names[0], week, error(found), None, None, LEVEL, found.n, ECE_METHOD, enough=True),
        Figure(names[1], week, value, low, high, LEVEL, found.n, f"{word}: {BIAS_METHOD}", enough=True),
    ]


def reliability(desk: Desk, week: str) -> list[Bin]:
    """The table behind the error, lowest scores first; empty where there is too little to say."""
    with desk.reading() as session:
        found = judged(session, desk, week, settled(session, week))
    return bins(found) if enough(found) else []


def enough(found: Judged) -> bool:
    """Whether anything can be said of the scores."""
    return found.positives >= MIN_POSITIVES and found.n >= MIN_JUDGED


def judged(session: Session, desk: Desk, week: str, claims: Sequence[Settled]) -> Judged:
    """What was judged in the closed weeks among the 13 up to a week, and in that week so far."""
    monday = week_days(week)[0]
    weeks = [iso_week(monday - timedelta(weeks=back)) for back in range(WEEKS)]
    kept = select(FrameUnit.score, FrameUnit.is_false, FrameUnit.probability, FrameUnit.drawn).where(
        # that there is a score is asked below: asked here, SQLite would walk the index of all scores
        FrameUnit.week.in_(weeks),
        FrameUnit.is_false.is_not(None),
        or_(FrameUnit.drawn, FrameUnit.stratum == KNOWN),
    )
    rows = [
        (score, bool(false), chance, drawn)
        for score, false, chance, drawn in session.execute(kept)
        if score is not None
    ]
    if not is_closed(session, week):
        rows += _so_far(session, desk, week, claims)
    return as_judged(rows)


def _stands_for_the_week() -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return or_(FrameUnit.drawn, FrameUnit.stratum == KNOWN), FrameUnit.score.is_not(None)


def _so_far(session: Session, desk: Desk, week: str, claims: Sequence[Settled]) -> list[Row]:
    query = select(FrameUnit.claim_ref, FrameUnit.score, FrameUnit.probability, FrameUnit.drawn)
    units = session.execute(query.where(FrameUnit.week == week, *_stands_for_the_week())).all()
    if not units:
        return []
    key = desk.keys.sampling
    # found not ours by a person: judged, not false
    false = {claim_ref(key, public_id): False for public_id in erased_public_ids(session, week)}
    false |= {claim_ref(key, one.public_id): one.is_false for one in claims}
    return [(score or 0.0, false[ref], chance, drawn) for ref, score, chance, drawn in units if ref in false]


def as_judged(rows: Sequence[Row]) -> Judged:
    """The rows in an order that does not depend on theirs."""
    table = np.array(sorted(rows), dtype=np.float64).reshape(-1, 4)
    return Judged(*table.T)


def bins(found: Judged) -> list[Bin]:
    """Ten bins of as many claims each; the interval is Wilson's with Kish's effective number."""
    return [_bin(found, rows) for rows in np.array_split(np.arange(found.n), BINS)]


def _bin(found: Judged, rows: NDArray[np.intp]) -> Bin:
    weights = found.weights[rows]
    share = float(np.average(found.false[rows], weights=weights))
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    low, high = wilson(share * effective, effective)
    score = float(np.average(found.scores[rows], weights=weights))
    return Bin(score, share, low, high, int(rows.size))


def error(found: Judged) -> float:
    """Expected calibration error: the mean distance of score and share over the bins, by weight."""
    groups = np.array_split(np.arange(found.n), BINS)
    weights = [float(found.weights[rows].sum()) for rows in groups]
    gaps = [abs(one.score - one.share) for one in bins(found)]
    return float(np.average(gaps, weights=weights))


def bias(found: Judged) -> tuple[float, float, float]:
    """Mean score minus share found false, with its 95 % interval.

    The variance is that of a weighted mean, linearised; claims that were sure to be seen add nothing to it.
    """
    gaps = found.scores - found.false
    value = float(np.average(gaps, weights=found.weights))
    residuals = found.weights * (gaps - value) / found.weights.sum()
    normal = NormalDist().inv_cdf(1 - ALPHA / 2)
    spread = normal * float(np.sqrt(((1 - found.chances) * residuals**2).sum()))
    return value, value - spread, value + spread


def forget_scores(session: Session, closed: str) -> None:
    """Empty the scores of the frame that no later figure needs, fourteen weeks before the one just closed."""
    old = iso_week(week_days(closed)[0] - timedelta(weeks=SCORES_KEPT))
    session.execute(update(FrameUnit).where(FrameUnit.week == old).values(score=None))
