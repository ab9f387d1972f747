"""Has anything changed? The audit's alarm for missed claims, and the distance of the scores from before.

The alarm is an e-Shiryaev-Roberts procedure (e-detectors: Shin, Ramdas and Rinaldo) over the weeks in the
order in which they were closed: under the tolerated miss rate it rings once in 52 weeks or less often. After
it rang it starts anew. The distance of the scores is shown and never relied on: it does not see harder or
commoner false claims, and a new model shows in it as well.
"""

from collections.abc import Sequence
from datetime import timedelta
from math import exp, log, log1p

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.claims import Claim, FrameUnit
from models.desk import WeeklyFigure
from models.vocabulary import Topic
from models.weeks import iso_week, week_days
from pipeline.figures import ALARM, LEVEL, QUIET, Figure, missing
from pipeline.frame import SCORE_DIGITS

FACTORS = (1.5, 2.0, 3.0)  # how many times the tolerated miss rate the alarm looks for
RINGS_AT = 52.0  # weeks between false alarms, at least
PER_ANSWERED = 9  # at 90 % recall one false claim is missed for nine that are answered
REMEMBERED = 26  # weeks back in which the last closed one is looked for
SR_METHOD = "e-Shiryaev-Roberts over closed weeks, rings at 52"
BEFORE = 4
MIN_SCORES = 30
DRIFT_ALPHA = 0.01
FAR = 0.15
MIN_CLAIMS = 50
INPUT_METHOD = "chi-squared of topics against four closed weeks before"
_TOPIC_PARTS = tuple(f"claims_in_scope_{topic.value}" for topic in Topic)


def drift_figures(session: Session, week: str, figures: Sequence[Figure]) -> list[Figure]:
    """The alarms of a week; `figures` are those of its audit and its claims, reckoned before."""
    return [
        audit_alarm(session, week, figures),
        score_drift(session, week),
        input_drift(session, week, figures),
    ]


def audit_alarm(session: Session, week: str, figures: Sequence[Figure]) -> Figure:
    """The alarm's statistic with this week in it; a week without a judged audit leaves it as it was."""
    name = "audit_alarm"
    counts = {one.name: int(one.value or 0) for one in figures}
    judged = counts.get("audit_judged", 0)
    value = e_value(
        counts.get("known_answered", 0), counts.get("audit_frame", 0), judged, counts.get("audit_false", 0)
    )
    before = _before(session, week)
    if value is None:
        if before is None:
            return missing(name, week, judged, "too few data: no audit has been judged yet")
        method = f"{_word(before)}: {SR_METHOD}; nothing to add this week"
        return Figure(name, week, before, None, None, LEVEL, judged, method, enough=True)
    now = step(before or 0.0, value)
    method = f"{_word(now)}: {SR_METHOD}"
    return Figure(name, week, now, None, None, LEVEL, judged, method, enough=True)


def _word(value: float) -> str:
    return ALARM if value >= RINGS_AT else QUIET


def e_value(answered: int, frame: int, judged: int, false: int) -> float | None:
    """The week's evidence that more is missed than 90 % recall tolerates: its mean is at most 1 if not.

    None if the week says nothing: no claim answered, nothing judged, or a tolerated rate beyond every factor.
    """
    if not (answered and frame and judged):
        return None
    tolerated = answered / (PER_ANSWERED * frame)
    factors = [one for one in FACTORS if one * tolerated < 1]
    if not factors:
        return None
    logs = [
        false * log(one) + (judged - false) * (log1p(-one * tolerated) - log1p(-tolerated)) for one in factors
    ]
    return sum(exp(min(one, 700.0)) for one in logs) / len(logs)


def step(before: float, value: float) -> float:
    """S <- (S + 1) E, from nought again after an alarm."""
    start = 0.0 if before >= RINGS_AT else before
    return min((start + 1) * value, 1e300)


def _before(session: Session, week: str) -> float | None:
    """The statistic of the week that was closed last."""
    first = iso_week(week_days(week)[0] - timedelta(weeks=REMEMBERED))
    query = select(WeeklyFigure.value).where(
        WeeklyFigure.week >= first, WeeklyFigure.name == "audit_alarm", WeeklyFigure.enough
    )
    return session.scalar(query.order_by(WeeklyFigure.computed_at.desc(), WeeklyFigure.week.desc()).limit(1))


def score_drift(session: Session, week: str) -> Figure:
    """Two-sample Kolmogorov-Smirnov distance of this week's scores from those of the four weeks before."""
    import numpy as np
    from scipy.stats import ks_2samp

    name = "score_drift"
    now = _frozen(session, [week]) or _live(session, week)
    monday = week_days(week)[0]
    past = _frozen(session, [iso_week(monday - timedelta(weeks=back)) for back in range(1, BEFORE + 1)])
    n, m = sum(now.values()), sum(past.values())
    if min(n, m) < MIN_SCORES:
        why = f"too few data: {n} scores this week and {m} in the four weeks before, {MIN_SCORES} are needed"
        return missing(name, week, n, why)
    samples = [np.repeat(sorted(one), [one[score] for score in sorted(one)]) for one in (now, past)]
    found = ks_2samp(*samples, method="asymp")
    word = ALARM if found.pvalue < DRIFT_ALPHA else QUIET
    method = f"{word} at 1 %: two-sample Kolmogorov-Smirnov, p = {found.pvalue:.2g}; never relied on"
    return Figure(name, week, float(found.statistic), None, None, LEVEL, n, method, enough=True)


def _frozen(session: Session, weeks: Sequence[str]) -> dict[float, int]:
    """{score: claims} of the frozen frames; scores were rounded then, so that there are at most 1,001."""
    query = select(FrameUnit.score, func.count()).where(
        FrameUnit.week.in_(weeks), FrameUnit.score.is_not(None)
    )
    return {score: n for score, n in session.execute(query.group_by(FrameUnit.score)) if score is not None}


def _live(session: Session, week: str) -> dict[float, int]:
    """{score: claims} of a week whose frame is not frozen yet."""
    query = select(Claim.score, func.count()).where(Claim.week == week, Claim.score.is_not(None))
    found: dict[float, int] = {}
    for score, n in session.execute(query.group_by(Claim.score)):
        if score is not None:
            rounded = round(score, SCORE_DIGITS)
            found[rounded] = found.get(rounded, 0) + n
    return found


def input_drift(session: Session, week: str, figures: Sequence[Figure]) -> Figure:
    """Total variation of the topics of a week's claims from those of the closed weeks before.

    It rings where the chi-squared test rules chance out and the distance is large; topics with too few claims
    to be told are left out on both sides.
    """
    name = "input_drift"
    now = {one.name: one.value or 0.0 for one in figures if one.name in _TOPIC_PARTS and one.enough}
    past = _claims_before(session, week)
    parts = sorted(now.keys() & past.keys())
    sides = [[side[part] for part in parts] for side in (now, past)]
    n = int(sum(sides[0]))
    if len(parts) < 2 or min(sum(side) for side in sides) < MIN_CLAIMS:
        why = f"too few data: {MIN_CLAIMS} cases are needed"
        return missing(name, week, n, why)
    far, p = _distance(sides)
    word = ALARM if far >= FAR and p < DRIFT_ALPHA else QUIET
    method = f"{word} at 1 %: {INPUT_METHOD}, p = {p:.2g}"
    return Figure(name, week, far, None, None, LEVEL, n, method, enough=True)


def _distance(sides: Sequence[Sequence[float]]) -> tuple[float, float]:
    """Total variation of two counts over the same parts, and the p-value that they are one distribution."""
    import numpy as np
    from scipy.stats import chi2_contingency

    table = np.array(sides)
    shares = table / table.sum(axis=1, keepdims=True)
    return float(np.abs(shares[0] - shares[1]).sum() / 2), float(chi2_contingency(table).pvalue)


def _claims_before(session: Session, week: str) -> dict[str, float]:
    """The claims by part of the last closed weeks before, summed."""
    first = iso_week(week_days(week)[0] - timedelta(weeks=REMEMBERED))
    closed = (
        select(WeeklyFigure.week)
        .where(WeeklyFigure.week >= first, WeeklyFigure.week < week, WeeklyFigure.name == "audit_alarm")
        .order_by(WeeklyFigure.week.desc())
        .limit(BEFORE)
    )
    weeks = list(session.scalars(closed))
    query = select(WeeklyFigure.name, func.sum(WeeklyFigure.value)).where(
        WeeklyFigure.week.in_(weeks),
        WeeklyFigure.name.in_(_TOPIC_PARTS),
        WeeklyFigure.enough,
    )
    return {name: float(n or 0.0) for name, n in session.execute(query.group_by(WeeklyFigure.name))}
